"""A vendor's posts that were not taken: why not, contact data masked."""

from typing import Any

from app.models.lead import Refusal
from app.views.formats import words
from app.views.portal.dates import DatedScreen
from app.views.portal.own import (
    OfAccount,
    own_vendor,
    supplied_campaigns,
    supplied_sources,
)
from app.views.screens import READ
from app.views.service_interface import ServiceInterface


class SellingRefusalScreen(DatedScreen):
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
    list_columns = ["at", "code", "status", "campaign.name", "source.name", "wrong"]
    row_filters = {"campaign_id": supplied_campaigns, "source_id": supplied_sources}
    show_columns = [
        "at",
        "code",
        "status",
        "campaign.name",
        "source.name",
        "wrong",
        "masked",
    ]
    label_columns = {
        "status": "Answer",
        "wrong": "What was wrong",
        "source_id": "Source",
    }
    formatters_columns = {"code": words, "status": "HTTP {}".format}

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a refusal
        """Name the post by its reason and source."""
        return f"{words(item.code)}: {item.source.name}"

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value; its bad fields, with the reason of each."""
        if name == "masked":
            return ", ".join(map(str, (item.masked or {}).values()))
        if name != "wrong":
            return super().cell(item, name)
        errors = item.errors or []
        return ", ".join(f"{e['field']}: {words(e['code']).lower()}" for e in errors)
