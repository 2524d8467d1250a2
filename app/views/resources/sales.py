"""Transactions and deliveries: read, refunds, and other prices."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from flask import Response, request
from marshmallow import fields
from sqlalchemy import select

from app.db import db
from app.domain.states import TransactionStatus
from app.models.sale import Attempt, Delivery, Transaction
from app.schemas import Choice, Strict, Text, Time, Whole, write_body
from app.security import current_actor
from app.services.idempotency import Answer, answer_once
from app.services.money_orders import order_override, order_refund
from app.views.resources.base import READ, ReadOnlyApi
from app.views.resources.commands import command
from app.views.resources.money import WAITS
from app.views.service_interface import ServiceInterface

TRANSACTION = [
    "id",
    "public_id",
    "lead_id",
    "campaign_id",
    "partner_id",
    "subscription_id",
    "vendor_id",
    "price_cents",
    "slots",
    "currency",
    "commission_bp",
    "commission_cents",
    "status",
    "override_cents",
    "refunded_cents",
    "held_at",
    "captured_at",
    "released_at",
    "reason",
]
DELIVERY = [
    "id",
    "transaction_id",
    "lead_id",
    "partner_id",
    "endpoint_id",
    "status",
    "tries",
    "due_at",
    "breached_at",
    "ended_at",
    "reason",
]


class Refund(Strict):
    """How much goes back, the whole where it is left out, and why."""

    amount_cents = Whole(allow_none=True)
    reason = Text(required=True)


class Refunded(Strict):
    """What went back, and what went back in all."""

    id = Whole()
    transaction_id = Whole()
    amount_cents = Whole()
    refunded_cents = Whole()
    currency = Text()
    status = Choice(TransactionStatus)


class Override(Strict):
    """What a sale is to cost instead, and why."""

    price_cents = Whole(required=True)
    reason = Text(required=True)


class Overridden(Strict):
    """What the wallet got (negative: paid), and what the sale costs by now."""

    id = Whole()
    transaction_id = Whole()
    amount_cents = Whole()
    charged_cents = Whole()
    currency = Text()
    status = Choice(TransactionStatus)


class AttemptSchema(Strict):
    """One try at a hand-over."""

    number = Whole()
    at = Time()
    elapsed_ms = Whole(allow_none=True)
    verdict = Text(allow_none=True)
    reason = Text(allow_none=True)
    status_code = Whole(allow_none=True)
    failure = Text(allow_none=True)


class TransactionResource(ReadOnlyApi):
    """Leads sold to partners at frozen prices."""

    datamodel = ServiceInterface(Transaction)
    resource_name = "transactions"
    class_permission_name = "Transaction"
    include_route_methods = {*READ, "refund", "override"}
    list_columns = show_columns = TRANSACTION
    search_columns = [
        "id",
        "public_id",
        "lead_id",
        "campaign_id",
        "partner_id",
        "subscription_id",
        "vendor_id",
        "status",
        "currency",
        "held_at",
        "captured_at",
        "released_at",
    ]
    order_columns = ["id", "captured_at"]

    @command("/<pk>/refund", Refunded(), body=Refund(), others=WAITS, keeps_key=True)
    def refund(self, pk: str) -> Response:
        """Refund a captured transaction, whole or in part; a key makes it once."""
        sale_id, actor = self.find(pk).id, current_actor()
        is_keyed = "Idempotency-Key" in request.headers

        def run(body: Mapping[str, Any]) -> Answer:
            amount, reason = body.get("amount_cents"), body.get("reason")
            return order_refund(sale_id, amount, reason, actor, is_keyed=is_keyed)

        return self._once(Refund(), f"refund:{sale_id}", run)

    @command(
        "/<pk>/override",
        Overridden(),
        body=Override(),
        others=WAITS,
        keeps_key=True,
    )
    def override(self, pk: str) -> Response:
        """Charge another price for a captured transaction; a key makes it once."""
        sale_id, actor = self.find(pk).id, current_actor()

        def run(body: Mapping[str, Any]) -> Answer:
            price, reason = body.get("price_cents"), body.get("reason")
            return order_override(sale_id, price, reason, actor)

        return self._once(Override(), f"override:{sale_id}", run)

    def _once(
        self, schema: Strict, what: str, run: Callable[[Mapping[str, Any]], Answer]
    ) -> Response:
        """Run what the body asks for, once per caller and key."""
        key = request.headers.get("Idempotency-Key")
        caller = f"{current_actor().label}:{what}"

        def write(body: Mapping[str, Any]) -> Answer:
            return answer_once(caller, key, request.get_data(), lambda: run(body))

        status, answer = write_body(schema, write, partial=False, shown=())
        return self.answer(status, **answer)


class DeliveryResource(ReadOnlyApi):
    """The hand-overs of transactions; one shows its attempts."""

    datamodel = ServiceInterface(Delivery)
    resource_name = "deliveries"
    class_permission_name = "Delivery"
    extra_shown: ClassVar[Mapping[str, fields.Field[Any]]] = {
        "attempts": fields.List(fields.Nested(AttemptSchema))
    }
    list_columns = show_columns = DELIVERY
    search_columns = [
        "id",
        "transaction_id",
        "lead_id",
        "partner_id",
        "endpoint_id",
        "status",
        "due_at",
        "breached_at",
        "ended_at",
    ]
    order_columns = ["id"]

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a delivery
        """Return the delivery with its attempts, in order."""
        made = db.session.scalars(
            select(Attempt)
            .where(Attempt.delivery_id == item.id)
            .order_by(Attempt.number)
        )
        attempts = AttemptSchema(many=True).dump(made)
        return {**super().show(item), "attempts": attempts}
