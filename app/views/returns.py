"""Returns: what partners give back, oldest first, decided one by one or together."""

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.domain.errors import LeadNexusError
from app.domain.people import Actor
from app.domain.states import Afterwards, ReturnStatus
from app.models.lead_return import LeadReturn
from app.security import current_actor
from app.services.idempotency import Answer
from app.services.money_orders import PENDING
from app.services.return_decisions import (
    MAX_REASON,
    MAX_TEXT,
    approve_return,
    ask_partner,
    deny_return,
)
from app.views.bulk import BulkAction
from app.views.entries import known_names
from app.views.formats import NOTHING, chip, moment, money
from app.views.listing import Listing
from app.views.returning import REASONS, age, proof
from app.views.screens import READ, WAITS, Screen
from app.views.service_interface import ServiceInterface

PEOPLE = ("asked_by", "agreed_by", "decided_by")
WAITING = (ReturnStatus.open, ReturnStatus.needs_info)
SAY = InputRequired("Say it in a few words.")
BULK_DENIAL = "Not accepted."
LEAD_GOES = [
    SelectChoice("", "As the policy says"),
    SelectChoice(Afterwards.market.name, "Back on sale"),
    SelectChoice(Afterwards.withdrawn.name, "Withdrawn, never sold again"),
]


class ApproveForm(DynamicForm):
    """What becomes of the lead."""

    afterwards = SelectField("The lead", choices=LEAD_GOES)
    reason = StringField(
        "Note",
        description="The partner reads it. May stay empty.",
        validators=[Length(max=MAX_REASON)],
    )


class DenyForm(DynamicForm):
    """Why a return is denied."""

    reason = StringField(
        "Reason",
        description="The partner reads it.",
        validators=[SAY, Length(max=MAX_REASON)],
    )


class QuestionForm(DynamicForm):
    """What the partner is asked."""

    text = TextAreaField("Question", validators=[SAY, Length(max=MAX_TEXT)])


def approve_one(number: int, actor: Actor) -> None:
    """Approve one of many; raises where it waits for a second person."""
    if not approve_return(number, actor).is_decided:
        raise LeadNexusError(WAITS)


class ReturnScreen(Screen):
    """All returns; those that wait, unless something else is asked for."""

    datamodel = ServiceInterface(LeadReturn)
    route_base = "/returns"
    class_permission_name = "Return"
    noun = "return"
    about = "Leads that partners give back. Those that wait stand here, oldest first."
    empty_title = "Nothing waits for you"
    empty_text = "Choose a status to see the returns that were decided."
    include_route_methods = READ | {"bulk", "approve", "deny", "question"}
    base_order = ("id", "asc")
    bulk_actions = (
        BulkAction(
            "approve",
            "Approve",
            "approved",
            approve_one,
            "They are refunded, and their vendors charged back.",
        ),
        BulkAction(
            "deny",
            "Deny",
            "denied",
            lambda number, actor: deny_return(number, BULK_DENIAL, actor),
            f"Their partners read: {BULK_DENIAL}",
            "danger",
        ),
    )
    list_columns = [
        "age",
        "partner.name",
        "campaign.name",
        "reason_code",
        "confirmed",
        "amount_cents",
        "status",
    ]
    search_columns = ["status", "reason_code"]
    row_filters = {"partner_id": None, "campaign_id": None, "vendor_id": None}
    show_columns = [
        "status",
        "reason_code",
        "note",
        "amount_cents",
        "partner.name",
        "campaign.name",
        "vendor.name",
        "asked_at",
        "asked_by",
        "agreed_by",
        "decided_at",
        "decided_by",
        "decision_reason",
        "afterwards",
        "public_id",
    ]
    label_columns = {
        "age": "Waits",
        "reason_code": "Reason",
        "confirmed": "Proof",
        "note": "The partner says",
        "amount_cents": "Amount",
        "asked_at": "Asked",
        "decided_at": "Decided",
        "decision_reason": "Decision",
        "asked_by": "Asked by",
        "agreed_by": "Agreed first",
        "decided_by": "Decided by",
        "afterwards": "The lead",
    }
    formatters_columns = {"reason_code": REASONS.get}
    show_template = "screens/return.html"

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep those that wait where nothing is asked for."""
        if listing.is_filtered:
            return query
        return query.filter(LeadReturn.status.in_(WAITING))

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a return
        """Return a value; how long it waits, and whether its reason is proved."""
        if name == "age":
            return age(item.asked_at) if not item.is_decided else "Decided"
        if name == "status" and item.agreed_by and not item.is_decided:
            return chip("half_agreed")
        if name in PEOPLE:
            labels = filter(None, (getattr(item, one) for one in PEOPLE))
            return known_names(labels).get(getattr(item, name), NOTHING)
        if name == "confirmed":
            return {True: "Confirmed", False: "Against it"}.get(
                item.evidence.get("confirmed"), "None"
            )
        return super().cell(item, name)

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a return
        """Name the return by its partner and amount."""
        return f"{money(item.amount_cents, item.currency)} from {item.partner.name}"

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a return
        """Return its evidence, the lead's consent and what was said."""
        contact = item.lead.contact
        return {
            "proof": proof(item.evidence),
            "consent": contact.consent if contact else None,
            "chip": chip,
            "moment": moment,
        }

    @expose("/approve/<pk>", methods=["GET", "POST"])
    @has_access
    def approve(self, pk: str) -> str | Response:
        """Refund the sale and free its lead."""
        found = self.get_or_404(pk)
        form, actor = ApproveForm(), current_actor()

        def run() -> Answer:
            then = Afterwards.__members__.get(form.afterwards.data)
            why = form.reason.data
            done = approve_return(found.id, actor, afterwards=then, reason=why)
            waits = {"status": PENDING} if not done.is_decided else {}
            return 200, {"id": found.id, **waits}

        return self.ask(
            form,
            found,
            run,
            title=f"Approve: {self.title_of(found)}",
            button="Approve",
            said="Approved and refunded.",
            about="The price goes back to the partner, and the vendor's part with it.",
        )

    @expose("/deny/<pk>", methods=["GET", "POST"])
    @has_access
    def deny(self, pk: str) -> str | Response:
        """Deny a return with a reason."""
        found = self.get_or_404(pk)
        form, actor = DenyForm(), current_actor()

        def run() -> Answer:
            deny_return(found.id, form.reason.data, actor)
            return 200, {"id": found.id}

        title = f"Deny: {self.title_of(found)}"
        return self.ask(form, found, run, title=title, button="Deny", said="Denied.")

    @expose("/question/<pk>", methods=["GET", "POST"])
    @has_access
    def question(self, pk: str) -> str | Response:
        """Ask the partner for more."""
        found = self.get_or_404(pk)
        form, actor = QuestionForm(), current_actor()

        def run() -> Answer:
            ask_partner(found.id, form.text.data, actor)
            return 200, {"id": found.id}

        title = f"Ask {found.partner.name}"
        said = "Asked. The return waits for the answer."
        return self.ask(form, found, run, title=title, button="Ask", said=said)
