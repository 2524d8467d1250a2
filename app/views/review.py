"""The review queue: leads that wait for a person, decided one by one or together."""

from flask import url_for
from flask_appbuilder.models.sqla.filters import FilterEqual

from app.domain.states import LeadStatus
from app.models.lead import Lead
from app.services.review import approve_lead, reject_lead
from app.views.bulk import BulkAction
from app.views.formats import reason
from app.views.screens import Screen
from app.views.service_interface import ServiceInterface


class ReviewScreen(Screen):
    """Leads that wait for review."""

    datamodel = ServiceInterface(Lead)
    route_base = "/review"
    class_permission_name = "Review"
    noun = "lead"
    list_title = "Review"
    about = "Leads that wait for a person: in doubt, or their campaign asks for it."
    empty_title = "Nothing waits for you"
    empty_text = "Leads in doubt come here, oldest promise first."
    include_route_methods = {"list", "bulk"}
    base_filters = [["status", FilterEqual, LeadStatus.review]]
    base_order = ("id", "asc")
    bulk_actions = (
        BulkAction("approve", "Approve", "approved", approve_lead),
        BulkAction(
            "reject",
            "Reject",
            "rejected",
            lambda number, actor: reject_lead(number, None, actor),
            "They are not sold.",
            "danger",
        ),
    )
    list_columns = [
        "id",
        "campaign.name",
        "source.name",
        "validation_status",
        "reason",
        "score",
        "received_at",
    ]
    show_columns = ["public_id"]
    order_columns = ["id"]
    search_columns = ["validation_status", "received_at"]
    row_filters = {"campaign_id": None, "source_id": None}
    label_columns = {"id": "Lead"}
    formatters_columns = {"reason": reason, "id": "Lead {}".format}

    def row_url(self, pk: int) -> str | None:
        """Open a lead on its own page."""
        return str(url_for("LeadScreen.show", pk=pk))
