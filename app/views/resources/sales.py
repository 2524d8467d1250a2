"""Transactions and deliveries: read, and refunds."""

from typing import Any

from flask import Response, request
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name
from sqlalchemy import select

from app.bodies import json_object
from app.db import db
from app.models.sale import Attempt, Delivery, Transaction
from app.security import current_actor
from app.services.idempotency import answer_once
from app.services.refunds import refund_transaction
from app.services.trace import rfc3339
from app.views.resources.base import READ, ReadOnlyApi
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
    "currency",
    "commission_bp",
    "commission_cents",
    "status",
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


class TransactionResource(ReadOnlyApi):
    """Leads sold to partners at frozen prices."""

    datamodel = ServiceInterface(Transaction)
    resource_name = "transactions"
    class_permission_name = "Transaction"
    include_route_methods = {*READ, "refund"}
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

    @expose("/<pk>/refund", methods=["POST"])
    @protect()
    @permission_name("post")
    def refund(self, pk: str) -> Response:
        """Refund a captured transaction, whole or in part; a key makes it once."""
        sale_id, actor, body = self.find(pk).id, current_actor(), json_object()

        def run() -> tuple[int, dict[str, Any]]:
            amount, reason = body.get("amount_cents"), body.get("reason")
            return 200, refund_transaction(
                sale_id, amount, reason, actor, is_keyed=key is not None
            )

        key = request.headers.get("Idempotency-Key")
        caller = f"{actor.label}:refund:{sale_id}"
        status, answer = answer_once(caller, key, request.get_data(), run)
        return self.answer(status, **answer)


class DeliveryResource(ReadOnlyApi):
    """The hand-overs of transactions; one shows its attempts."""

    datamodel = ServiceInterface(Delivery)
    resource_name = "deliveries"
    class_permission_name = "Delivery"
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
        attempts = [
            {
                "number": attempt.number,
                "at": rfc3339(attempt.at),
                "elapsed_ms": attempt.elapsed_ms,
                "verdict": attempt.verdict,
                "reason": attempt.reason,
                "status_code": attempt.status_code,
                "failure": attempt.failure,
            }
            for attempt in made
        ]
        return {**super().show(item), "attempts": attempts}
