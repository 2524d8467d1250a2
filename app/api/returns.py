"""Returns: a partner gives a purchase back, answers questions, and sees what became."""

from typing import Any

from marshmallow import fields

from app.api.doors import PARTNERS, Doors
from app.api.queries import Filters, state_of
from app.domain.people import Actor, Right
from app.domain.states import ReturnReason, ReturnStatus
from app.schemas import Choice, Strict, Text, Time, Truth, Whole, read_body
from app.services.own_returns import list_returns, return_of
from app.services.paging import Asked, Page
from app.services.purchases import purchase_of
from app.services.returns import answer_question, request_return

REASON = {"enum": list(ReturnReason.__members__)}


class ReturnBody(Strict):
    """Why a purchase is given back; the reason `other` needs a note."""

    reason_code = Text(required=True, metadata=REASON)
    note = Text(allow_none=True)


class AnswerBody(Strict):
    """What a partner tells of its return."""

    text = Text(required=True)


class MessageSchema(Strict):
    """What was said about a return, and by which side."""

    at = Time()
    # `from` cannot name an attribute.
    side = Text(attribute="from", data_key="from")
    text = Text()


class ReturnSchema(Strict):
    """A return; `confirmed` says what the house's own look at the lead proved."""

    id = Text()
    transaction_id = Text()
    lead_id = Text()
    campaign = Text()
    reason_code = Choice(ReturnReason)
    note = Text(allow_none=True)
    status = Choice(ReturnStatus)
    amount_cents = Whole()
    currency = Text()
    confirmed = Truth(allow_none=True)
    asked_at = Time()
    decided_at = Time(allow_none=True)
    decision_reason = Text(allow_none=True)
    messages = fields.List(fields.Nested(MessageSchema))


class ReturnQuery(Filters):
    """Returns by state, campaign and the time they were asked for."""

    status = state_of(ReturnStatus)


RETURN = ReturnSchema()
doors = Doors("returns_api", PARTNERS)


@doors.post(
    "/api/purchases/<transaction_id>/returns",
    Right.buy,
    RETURN,
    ReturnBody(),
    refuses={409},
)
def give_back(actor: Actor, transaction_id: str) -> dict[str, Any]:
    """Ask to give a purchase back; a rule may approve it at once."""
    # Whose it is comes before what was sent.
    purchase_of(actor, transaction_id)
    body = read_body(ReturnBody())
    code, note = body["reason_code"], body.get("note")
    made = request_return(actor, transaction_id, code, note)
    return return_of(actor, str(made.public_id))


@doors.list("/api/returns", RETURN, ReturnQuery())
def returns(actor: Actor, asked: Asked, **filters: Any) -> Page[dict[str, Any]]:  # noqa: ANN401
    """List the returns of one's partner, newest first."""
    return list_returns(actor, asked, **filters)


@doors.get("/api/returns/<return_id>", RETURN)
def one_return(actor: Actor, return_id: str) -> dict[str, Any]:
    """Tell one return, with what was said about it."""
    return return_of(actor, return_id)


@doors.post(
    "/api/returns/<return_id>/messages",
    Right.buy,
    RETURN,
    AnswerBody(),
    refuses={409},
)
def answer(actor: Actor, return_id: str) -> dict[str, Any]:
    """Tell more about a return that is not decided; it is open again."""
    return_of(actor, return_id)
    answer_question(actor, return_id, read_body(AnswerBody())["text"])
    return return_of(actor, return_id)
