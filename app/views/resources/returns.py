"""Returns: read, and what staff decide about one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import Response
from marshmallow import fields

from app.domain.states import Afterwards
from app.models.lead_return import LeadReturn, ReturnMessage
from app.schemas import Choice, Strict, Text, read_body, schema_of
from app.security import current_actor
from app.services.money_orders import PENDING
from app.services.return_decisions import approve_return, ask_partner, deny_return
from app.views.resources.base import READ, ReadOnlyApi
from app.views.resources.commands import command
from app.views.resources.money import WAITS
from app.views.service_interface import ServiceInterface

RETURN = [
    "id",
    "public_id",
    "transaction_id",
    "lead_id",
    "campaign_id",
    "subscription_id",
    "partner_id",
    "vendor_id",
    "amount_cents",
    "currency",
    "reason_code",
    "note",
    "evidence",
    "status",
    "asked_at",
    "asked_by",
    "agreed_by",
    "decided_at",
    "decided_by",
    "decision_reason",
    "afterwards",
    "entry_id",
]
SAID = schema_of(ReturnMessage, "Said", ("at", "is_partners", "by", "text"))


class Approval(Strict):
    """What becomes of the lead, the policy's where it is left out, and why."""

    afterwards = Choice(Afterwards)
    reason = Text(allow_none=True)


class Denial(Strict):
    """Why a return is denied; the partner reads it."""

    reason = Text(required=True)


class Question(Strict):
    """What the partner is asked."""

    text = Text(required=True)


class ReturnResource(ReadOnlyApi):
    """What partners wish to give back; one shows what was said about it."""

    datamodel = ServiceInterface(LeadReturn)
    resource_name = "returns"
    class_permission_name = "Return"
    extra_shown: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "messages": fields.List(fields.Nested(SAID))
    }
    include_route_methods = {*READ, "approve", "deny", "question"}
    list_columns = show_columns = RETURN
    search_columns = [
        "id",
        "public_id",
        "transaction_id",
        "lead_id",
        "campaign_id",
        "subscription_id",
        "partner_id",
        "vendor_id",
        "reason_code",
        "status",
        "asked_at",
        "decided_at",
    ]
    order_columns = ["id"]

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a return
        """Return the return with what was said about it."""
        said = [SAID.dump(message) for message in item.messages]
        return {**super().show(item), "messages": said}

    @command("/<pk>/approve", "item", body=Approval(), needs_body=False, others=WAITS)
    def approve(self, pk: str) -> Response:
        """Refund the sale, charge the vendor back, and free the lead's slot."""
        found, body = self.find(pk), read_body(Approval(), optional=True)
        done = approve_return(found.id, current_actor(), **body)
        return self._answer(done) if done.is_decided else self._waits(done)

    @command("/<pk>/deny", "item", body=Denial())
    def deny(self, pk: str) -> Response:
        """Deny a return with a reason."""
        found, body = self.find(pk), read_body(Denial())
        return self._answer(deny_return(found.id, body["reason"], current_actor()))

    @command("/<pk>/ask", "item", body=Question())
    def question(self, pk: str) -> Response:
        """Ask the partner for more; the return waits for its answer."""
        found, body = self.find(pk), read_body(Question())
        return self._answer(ask_partner(found.id, body["text"], current_actor()))

    def _waits(self, found: LeadReturn) -> Response:
        amount, currency = found.amount_cents, found.currency
        told = {"status": PENDING, "amount_cents": amount, "currency": currency}
        return self.answer(202, id=found.id, **told)

    def _answer(self, found: LeadReturn) -> Response:
        return self.answer(200, id=found.id, result=self.show(found))
