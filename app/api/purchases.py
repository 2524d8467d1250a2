"""`/api/purchases`: what a partner bought, as JSON or CSV."""

from typing import Any

from marshmallow import fields

from app.api.doors import PARTNERS, Doors
from app.api.queries import Filters, state_of
from app.domain.fields import CONTACT
from app.domain.people import Actor
from app.domain.states import DeliveryStatus, TransactionStatus
from app.schemas import Choice, Fraction, Strict, Text, Time, Truth, Whole
from app.services.paging import Asked, Page
from app.services.purchases import list_purchases, purchase_of

ContactSchema = Strict.from_dict(
    {name: Text(allow_none=True) for name in CONTACT}, name="Contact"
)


class DeliverySchema(Strict):
    """The hand-over of a purchase."""

    status = Choice(DeliveryStatus)
    tries = Whole()
    endpoint_id = Whole(allow_none=True)
    due_at = Time(allow_none=True)
    ended_at = Time(allow_none=True)
    reason = Text(allow_none=True)


class SourceSchema(Strict):
    """Where a lead came from."""

    id = Whole()
    sub_id = Text(allow_none=True)


class PurchaseSchema(Strict):
    """A lead that was bought, or is held for its partner."""

    transaction_id = Text()
    lead_id = Text()
    campaign = Text()
    subscription_id = Whole(allow_none=True)
    status = Choice(TransactionStatus)
    price_cents = Whole()
    charged_cents = Whole()
    refunded_cents = Whole()
    currency = Text()
    held_at = Time()
    captured_at = Time(allow_none=True)
    submitted_at = Time()
    score = Fraction(allow_none=True)
    test = Truth()
    source = fields.Nested(SourceSchema)
    contact = fields.Nested(ContactSchema, allow_none=True)
    # `fields` is what a schema calls its own.
    answers = fields.Dict(attribute="fields", data_key="fields", allow_none=True)
    consent = fields.Dict(allow_none=True)
    delivery = fields.Nested(DeliverySchema, allow_none=True)


class PurchaseQuery(Filters):
    """Purchases by state, campaign and time of the sale."""

    status = state_of(TransactionStatus)


doors = Doors("purchases", PARTNERS)


@doors.list("/api/purchases", PurchaseSchema(), PurchaseQuery())
def purchases(actor: Actor, asked: Asked, **filters: Any) -> Page[dict[str, Any]]:  # noqa: ANN401
    """List what one's partner bought, newest first; contact data of what is bought."""
    return list_purchases(actor, asked, **filters)


@doors.get("/api/purchases/<transaction_id>", PurchaseSchema())
def purchase(actor: Actor, transaction_id: str) -> dict[str, Any]:
    """Tell one purchase."""
    return purchase_of(actor, transaction_id)
