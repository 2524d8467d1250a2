"""Refused posts: what came and was not taken, with the contact masked."""

from app.models.lead import Refusal
from app.views.formats import words
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


class RefusalScreen(Screen):
    """All refused posts."""

    datamodel = ServiceInterface(Refusal)
    route_base = "/refused"
    class_permission_name = "Refusal"
    noun = "refused post"
    about = "Posts that were not taken in, and why. Contact data is masked."
    empty_title = "Nothing was refused"
    empty_text = (
        "A post with bad fields, or a duplicate, is kept here with its reasons."
    )
    include_route_methods = READ
    history = False
    list_columns = ["at", "code", "status", "campaign.name", "source.name", "errors"]
    search_columns = ["code", "at"]
    row_filters = {"campaign_id": None, "source_id": None}
    show_columns = [
        "at",
        "code",
        "status",
        "campaign.name",
        "source.name",
        "errors",
        "masked",
    ]
    label_columns = {"status": "Answer"}
    formatters_columns = {"code": words}
