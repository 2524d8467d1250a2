"""The review queue: leads that wait for a person, decided one by one or together."""

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response

from app.domain.errors import LeadNexusError
from app.domain.states import LeadStatus
from app.models.lead import Lead
from app.security import current_actor
from app.services.review import approve_lead, reject_lead
from app.views.formats import reason
from app.views.leads import campaign_choices
from app.views.screens import Screen
from app.views.service_interface import ServiceInterface

MOST = 100


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
    include_route_methods = {"list", "decide"}
    base_filters = [["status", FilterEqual, LeadStatus.review]]
    base_order = ("id", "asc")
    bulk = True
    list_template = "screens/review.html"
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
    order_columns = ["received_at"]
    search_columns = ["validation_status"]
    row_filters = {"campaign_id": campaign_choices}
    label_columns = {"id": "Lead"}
    formatters_columns = {"reason": reason, "id": "Lead {}".format}

    def row_url(self, pk: int) -> str | None:
        """Open a lead on its own page."""
        return str(url_for("LeadScreen.show", pk=pk))

    @expose("/decide", methods=["POST"])
    @has_access
    def decide(self) -> Response:
        """Approve or reject the chosen leads, those still in review alone."""
        approve = request.form.get("decision") == "approve"
        done, refused = 0, []
        for pk in request.form.getlist("rowid")[:MOST]:
            lead = self.get_or_404(pk)
            try:
                if approve:
                    approve_lead(lead.id, current_actor())
                else:
                    reject_lead(lead.id, None, current_actor())
                done += 1
            except LeadNexusError as refusal:
                refused.append(f"Lead {pk}: {refusal.message}")
        verb = "approved" if approve else "rejected"
        flash(f"{done} {verb}." if done else "Choose leads first.", "success")
        for text in refused:
            flash(text, "danger")
        return redirect(url_for(f"{self.endpoint}.list"))
