"""Leads: read, and what staff decide about one."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name
from marshmallow import fields

from app.db import db
from app.domain.errors import InvalidInput
from app.domain.fields import CONTACT
from app.models.lead import Lead, LeadContact
from app.models.sale import Transaction
from app.schemas import Strict, Text, Time, Truth, Whole, read_body, schema_of
from app.security import current_actor
from app.services.review import approve_lead, reject_lead, reprocess_lead
from app.services.routing import sell_lead
from app.services.selling import order_for
from app.services.trace import trace_of
from app.views.resources.base import READ, ReadOnlyApi
from app.views.resources.commands import command
from app.views.resources.document import told
from app.views.service_interface import ServiceInterface

LEAD = [
    "id",
    "public_id",
    "campaign_id",
    "source_id",
    "vendor_id",
    "status",
    "validation_status",
    "approval_status",
    "score",
    "score_reasons",
    "is_test",
    "sub_id",
    "industry",
    "received_at",
    "due_at",
    "delivered_at",
    "sold_count",
    "max_sales",
    "reason",
]


SOLD = schema_of(
    Transaction,
    "Sold",
    (
        "id",
        "public_id",
        "lead_id",
        "subscription_id",
        "partner_id",
        "status",
        "price_cents",
        "currency",
    ),
)


class Rejection(Strict):
    """Why a lead is rejected."""

    reason = Text(allow_none=True)


class ByHand(Strict):
    """Whom a lead is sold to by hand: a subscription, or a partner that has but one.

    `price_cents` is what the caller was shown; where it costs something else by now,
    nothing is sold.
    """

    subscription_id = Whole()
    partner_id = Whole()
    price_cents = Whole()


class Event(Strict):
    """One step of a lead's way."""

    at = Time()
    kind = Text()
    detail = fields.Dict()


class Decision(Strict):
    """What a run of the router decided on one subscription."""

    run = Whole()
    at = Time()
    subscription_id = Whole()
    partner_id = Whole()
    eligible = Truth()
    reason = Text(allow_none=True)
    rank = Whole(allow_none=True)
    price_cents = Whole(allow_none=True)
    bid_cents = Whole(allow_none=True)
    taken = Truth()


class Ping(Strict):
    """What a partner bid for the lead, or why it did not."""

    at = Time()
    subscription_id = Whole()
    partner_id = Whole()
    endpoint_id = Whole()
    elapsed_ms = Whole()
    status_code = Whole(allow_none=True)
    bid_cents = Whole(allow_none=True)
    reason = Text(allow_none=True)
    won = Truth()


class Trace(Strict):
    """Every step of a lead, and why each subscription got it or not."""

    events = fields.List(fields.Nested(Event))
    decisions = fields.List(fields.Nested(Decision))
    pings = fields.List(fields.Nested(Ping))


class LeadResource(ReadOnlyApi):
    """One consumer's enquiry each; contact data is shown of one lead at a time."""

    datamodel = ServiceInterface(Lead)
    resource_name = "leads"
    class_permission_name = "Lead"
    extra_shown: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "contact": fields.Dict(keys=Text(), values=Text(), allow_none=True),
        # `fields` is what a schema calls its own.
        "answers": fields.Dict(data_key="fields", allow_none=True),
        "consent": fields.Dict(allow_none=True),
        "extra": fields.Dict(allow_none=True),
    }
    include_route_methods = {*READ, "approve", "reject", "reprocess", "sell", "trace"}
    list_columns = show_columns = LEAD
    search_columns = [
        "id",
        "public_id",
        "campaign_id",
        "source_id",
        "vendor_id",
        "status",
        "validation_status",
        "approval_status",
        "is_test",
        "received_at",
        "due_at",
        "delivered_at",
    ]
    order_columns = ["id", "received_at"]

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a lead
        """Return the lead with its contact data, answers and consent."""
        return {**super().show(item), **_known_of(item.id)}

    @command("/<pk>/approve", "item")
    def approve(self, pk: str) -> Response:
        """Approve a lead that waits for it."""
        lead = self.find(pk)
        approve_lead(lead.id, current_actor())
        return self._answer(lead)

    @command("/<pk>/reject", "item", body=Rejection(), needs_body=False)
    def reject(self, pk: str) -> Response:
        """Reject a lead that waits for review."""
        lead, body = self.find(pk), read_body(Rejection(), optional=True)
        reject_lead(lead.id, body.get("reason"), current_actor())
        return self._answer(lead)

    @command("/<pk>/reprocess", "item")
    def reprocess(self, pk: str) -> Response:
        """Check and route a lead anew."""
        lead = self.find(pk)
        reprocess_lead(lead.id, current_actor())
        return self._answer(lead)

    @command("/<pk>/sell", SOLD, status=201, body=ByHand())
    def sell(self, pk: str) -> Response:
        """Sell a lead by hand to `{"subscription_id"}` or `{"partner_id"}`."""
        lead, body = self.find(pk), read_body(ByHand())
        price = body.pop("price_cents", None)
        if len(body) != 1:
            message = "Send subscription_id or partner_id, one of the two."
            raise InvalidInput.one("subscription_id", "required", message)
        [(name, wanted)] = body.items()
        if wanted <= 0:
            raise InvalidInput.one(name, "unknown", "There is no such row.")
        actor = current_actor()
        if name == "partner_id":
            wanted = order_for(lead.id, wanted, actor)
        sale = sell_lead(lead.id, wanted, actor, price)
        return self.answer(201, **SOLD.dump(sale))

    @expose("/<pk>/trace", methods=["GET"])
    @protect()
    @permission_name("get")
    @told(Trace())
    def trace(self, pk: str) -> Response:
        """Tell every step of a lead, and why each subscription got it or not."""
        return self.answer(200, **trace_of(self.find(pk).id))

    def _answer(self, lead: Lead) -> Response:
        db.session.refresh(lead)
        return self.answer(200, id=lead.id, result=self.show(lead))


def _known_of(lead_id: int) -> dict[str, Any]:
    contact = db.session.get(LeadContact, lead_id)
    if contact is None:
        return {"contact": None, "fields": None, "consent": None, "extra": None}
    return {
        "contact": {name: getattr(contact, name) for name in CONTACT},
        "fields": contact.fields,
        "consent": contact.consent,
        "extra": contact.extra,
    }
