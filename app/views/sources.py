"""Sources: the tracked channels into campaigns; a posting key is shown once."""

from flask_appbuilder.forms import DynamicForm

from app.models.source import Source
from app.services.policy import policy
from app.views.reading import Related
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface


class SourceScreen(Screen):
    """All sources."""

    datamodel = ServiceInterface(Source)
    route_base = "/sources"
    class_permission_name = "Source"
    noun = "source"
    about = "Each channel into a campaign, with the key that it posts with."
    empty_title = "No source yet"
    empty_text = "A source is one tracked channel: a vendor's posts, or your own."
    secret_heading = "Posting key"  # noqa: S105 - a heading
    include_route_methods = WRITE
    list_columns = [
        "name",
        "campaign.name",
        "vendor.name",
        "kind",
        "status",
        "key_prefix",
    ]
    order_columns = ["name", "status"]
    search_columns = ["name", "kind", "status"]
    row_filters = {"campaign_id": None, "vendor_id": None}
    related = (
        Related("LeadScreen", "source_id", "Leads"),
        Related("RefusalScreen", "source_id", "Refused posts"),
    )
    add_columns = ["name", "campaign_id", "vendor_id", "per_minute"]
    edit_columns = ["name", "status", "per_minute"]
    show_columns = [
        "name",
        "campaign.name",
        "vendor.name",
        "kind",
        "status",
        "per_minute",
        "key_prefix",
        "created_at",
    ]
    formatters_columns = {"key_prefix": lambda prefix: f"{prefix}…"}

    def prefill_add(self, form: DynamicForm) -> None:
        """Begin with what the platform gives a new source."""
        super().prefill_add(form)
        form.per_minute.data = policy.source_per_minute
