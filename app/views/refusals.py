"""Refused posts: what came and was not taken, with the contact masked."""

from collections.abc import Mapping
from typing import Any

from app.models.lead import Refusal
from app.views.formats import NOTHING, words
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


class RefusalWords:
    """What was wrong with a post, in words; stands left of a screen."""

    label_columns: Mapping[str, str] = {"status": "Answer", "source_id": "Source"}
    formatters_columns = {"code": words, "status": "HTTP {}".format}

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a refusal
        """Name the post by its reason and source."""
        return f"{words(item.code)}: {item.source.name}"

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value; its bad fields, with the reason of each."""
        if name == "masked":
            return ", ".join(map(str, (item.masked or {}).values())) or NOTHING
        if name != "errors":
            base: Any = super()
            return base.cell(item, name)
        errors = item.errors or []
        said = [f"{one['field']}: {words(one['code']).lower()}" for one in errors]
        return ", ".join(said) or NOTHING


class RefusalScreen(RefusalWords, Screen):
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
