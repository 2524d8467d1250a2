"""A vendor's posts that were not taken: why not, contact data masked."""

from app.models.lead import Refusal
from app.views.portal.dates import DatedScreen
from app.views.portal.own import (
    OfAccount,
    own_vendor,
    supplied_campaigns,
    supplied_sources,
)
from app.views.refusals import RefusalWords
from app.views.screens import READ
from app.views.service_interface import ServiceInterface


class SellingRefusalScreen(RefusalWords, DatedScreen):
    """The posts of the reader's vendor that were not taken, contact data masked."""

    datamodel = ServiceInterface(Refusal)
    route_base = "/portal/refused"
    class_permission_name = "SellingRefusal"
    noun = "refused post"
    about = "Posts that were not taken in, and why. Contact data is masked."
    empty_title = "Nothing was refused"
    empty_text = (
        "A post with bad fields, or a duplicate, is kept here with its reasons."
    )
    include_route_methods = READ
    base_filters = [["vendor_id", OfAccount, own_vendor]]
    date_column = "at"
    list_columns = ["at", "code", "status", "campaign.name", "source.name", "errors"]
    row_filters = {"campaign_id": supplied_campaigns, "source_id": supplied_sources}
    show_columns = [
        "at",
        "code",
        "status",
        "campaign.name",
        "source.name",
        "errors",
        "masked",
    ]
