"""Money by hand over REST: corrections, what waits for a second person, the books."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Response, request

from app.db import db
from app.domain.people import Actor
from app.domain.states import MoneyOrderKind
from app.models.ledger import Account
from app.models.money_order import MoneyOrder
from app.schemas import Strict, Text, Whole, write_body
from app.security import current_actor
from app.services.accounts import balances_of
from app.services.idempotency import Answer, answer_once
from app.services.money_orders import (
    PENDING,
    approve_order,
    order_money,
    reject_order,
)
from app.views.resources.base import READ, ReadOnlyApi
from app.views.resources.commands import command
from app.views.service_interface import ServiceInterface

ORDER = [
    "id",
    "kind",
    "partner_id",
    "vendor_id",
    "transaction_id",
    "amount_cents",
    "currency",
    "reason",
    "status",
    "asked_at",
    "asked_by_id",
    "decided_at",
    "decided_by_id",
    "entry_id",
]
ACCOUNT = ["id", "kind", "partner_id", "vendor_id", "currency", "balance_cents"]


class ByHand(Strict):
    """How much, and why; a key makes it once. Corrections may be negative."""

    amount_cents = Whole(required=True)
    reason = Text(required=True)
    idempotency_key = Text(allow_none=True)


class Waiting(Strict):
    """What another administrator has to approve first."""

    id = Whole()
    status = Text(metadata={"enum": [PENDING]})
    amount_cents = Whole()
    currency = Text()


WAITS = {202: Waiting()}
# A movement by hand: its key may stand in the body, and is kept with the booking.
by_hand = partial(command, status=201, body=ByHand(), others=WAITS, keeps_key=True)


def move_by_hand(kind: MoneyOrderKind, id_: int) -> Answer:
    """Run a movement that the request's body describes; its key makes it once."""
    actor = current_actor()
    caller = f"{actor.label}:{kind.name}:{id_}"

    def write(body: Mapping[str, Any]) -> Answer:
        key = body.get("idempotency_key")
        if key is None:
            key = request.headers.get("Idempotency-Key")
        amount, reason = body.get("amount_cents"), body.get("reason")
        return answer_once(
            caller,
            key,
            request.get_data(),
            lambda: order_money(kind, id_, amount, reason, actor),
        )

    return write_body(ByHand(), write, partial=False, shown=())


class MoneyOrderResource(ReadOnlyApi):
    """Money by hand that needs a second person, and what became of it."""

    datamodel = ServiceInterface(MoneyOrder)
    resource_name = "money_orders"
    class_permission_name = "MoneyOrder"
    include_route_methods = {*READ, "approve", "reject"}
    list_columns = show_columns = ORDER
    search_columns = [
        "id",
        "kind",
        "status",
        "partner_id",
        "vendor_id",
        "transaction_id",
        "asked_at",
    ]
    order_columns = ["id", "asked_at"]

    @command("/<pk>/approve", "item")
    def approve(self, pk: str) -> Response:
        """Book what another person asked for."""
        return self._decided(pk, approve_order)

    @command("/<pk>/reject", "item")
    def reject(self, pk: str) -> Response:
        """Drop what somebody asked for."""
        return self._decided(pk, reject_order)

    def _decided(self, pk: str, decide: Callable[[int, Actor], object]) -> Response:
        order = self.find(pk)
        decide(order.id, current_actor())
        db.session.refresh(order)
        return self.answer(200, id=order.id, result=self.show(order))


class AccountResource(ReadOnlyApi):
    """The chart of accounts, with the balance of each."""

    datamodel = ServiceInterface(Account)
    resource_name = "accounts"
    class_permission_name = "LedgerAccount"
    list_columns = show_columns = ACCOUNT
    search_columns = ["id", "kind", "partner_id", "vendor_id", "currency"]
    order_columns = ["id"]

    def show(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - an account
        """Return an account with its balance."""
        return self.show_all([item])[0]

    def show_all(self, items: list[Any]) -> list[dict[str, Any]]:
        """Return accounts with their balances; the platform's are summed now."""
        balances = balances_of([item.id for item in items])
        shown = super().show_all(items)
        return [row | {"balance_cents": balances[row["id"]]} for row in shown]
