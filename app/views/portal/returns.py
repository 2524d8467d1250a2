"""A partner's returns: what it gave back, what was asked about it, how it ended."""

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.models.lead_return import LeadReturn
from app.security import current_actor
from app.services.idempotency import Answer
from app.services.return_decisions import MAX_TEXT
from app.services.returns import answer_question
from app.views.formats import chip, moment
from app.views.portal.dates import DatedScreen
from app.views.portal.own import OfAccount, ordered_campaigns, own_partner
from app.views.returning import REASONS
from app.views.screens import READ
from app.views.service_interface import ServiceInterface

SHORT = Length(max=MAX_TEXT, message=f"At most {MAX_TEXT} characters.")


class ReturnForm(DynamicForm):
    """Why a lead is given back."""

    reason_code = SelectField("Reason", validators=[InputRequired("Choose a reason.")])
    note = TextAreaField(
        "What happened",
        description="When you tried, and what you found. It helps who decides.",
        validators=[SHORT],
    )


class AnswerForm(DynamicForm):
    """What a partner tells of its return."""

    text = TextAreaField(
        "Your answer", validators=[InputRequired("Enter this, please."), SHORT]
    )


class BuyingReturnScreen(DatedScreen):
    """The returns of the reader's partner."""

    datamodel = ServiceInterface(LeadReturn)
    route_base = "/portal/returns"
    class_permission_name = "BuyingReturn"
    noun = "return"
    about = "Leads that you gave back. Open a lead under “Leads received” to return it."
    empty_title = "Nothing returned"
    empty_text = "A lead that is not what you bought can be returned from its page."
    include_route_methods = READ | {"answer"}
    base_filters = [["partner_id", OfAccount, own_partner]]
    date_column = "asked_at"
    list_columns = [
        "campaign.name",
        "reason_code",
        "status",
        "amount_cents",
        "asked_at",
        "decided_at",
    ]
    search_columns = ["status"]
    row_filters = {"campaign_id": ordered_campaigns}
    load_options = [joinedload(LeadReturn.campaign)]
    show_columns = [
        "status",
        "reason_code",
        "note",
        "amount_cents",
        "asked_at",
        "decided_at",
        "decision_reason",
    ]
    label_columns = {
        "reason_code": "Reason",
        "note": "What you said",
        "amount_cents": "Amount",
        "asked_at": "Asked",
        "decided_at": "Decided",
        "decision_reason": "Why",
    }
    formatters_columns = {"reason_code": REASONS.get}
    show_template = "portal/return.html"

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a return
        """Name the return by its reason and campaign."""
        return f"{REASONS[item.reason_code]}: {item.campaign.name}"

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002
        """Return what its page needs besides."""
        return {"chip": chip, "moment": moment}

    @expose("/answer/<pk>", methods=["GET", "POST"])
    @has_access
    def answer(self, pk: str) -> str | Response:
        """Tell the platform more about a return."""
        found = self.get_or_404(pk)
        form, actor, reference = AnswerForm(), current_actor(), str(found.public_id)

        def run() -> Answer:
            answer_question(actor, reference, form.text.data)
            return 200, {"id": found.id}

        return self.ask(
            form,
            found,
            run,
            title="Answer about this return",
            button="Send",
            said="Sent. The return is looked at again.",
        )
