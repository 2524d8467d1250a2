"""Money by hand that waits for a second person."""

from typing import Any

from sqlalchemy.orm import joinedload

from app.db import db
from app.domain.states import MoneyOrderKind, MoneyOrderStatus
from app.models.money_order import MoneyOrder
from app.models.sale import Transaction
from app.security import current_actor
from app.services.money_orders import approve_order, reject_order
from app.views.bulk import BulkAction
from app.views.formats import money, words
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


class MoneyOrderScreen(Screen):
    """What was asked for above the limit of one person."""

    datamodel = ServiceInterface(MoneyOrder)
    route_base = "/money_orders"
    class_permission_name = "MoneyOrder"
    noun = "approval"
    list_title = "Approvals"
    about = "Money by hand that needs a second administrator before it is booked."
    empty_title = "Nothing waits"
    empty_text = "Credits, corrections, refunds and prices above the limit come here."
    include_route_methods = READ | {"bulk"}
    bulk_actions = (
        BulkAction(
            "approve",
            "Approve",
            "booked",
            approve_order,
            "They are booked at once.",
        ),
        BulkAction(
            "reject",
            "Reject",
            "rejected",
            reject_order,
            "Nothing is booked; they may be asked for again.",
            "danger",
        ),
    )
    list_columns = [
        "kind",
        "target",
        "amount_cents",
        "status",
        "reason",
        "asked_by.email",
    ]
    show_columns = [*list_columns, "asked_at", "decided_at", "decided_by.email"]
    also_read = ("partner.name", "vendor.name")
    load_options = (joinedload(MoneyOrder.transaction).joinedload(Transaction.partner),)
    search_columns = ["status", "kind"]
    label_columns = {
        "target": "Whose",
        "amount_cents": "Amount",
        "asked_at": "Asked",
        "asked_by.email": "By",
        "decided_at": "Decided",
        "decided_by.email": "Decided by",
    }
    show_template = "screens/money_order.html"

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - an order
        """Name the order by what it moves, and whose."""
        amount = money(item.amount_cents, item.currency)
        if item.kind is MoneyOrderKind.override:
            return f"{_change(item)} by {_by_how_much(item)}, {item.target}"
        return f"{words(item.kind)}: {amount}, {item.target}"

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - an order
        """Return a value; an amount alone would tell a price the wrong way round."""
        if name == "kind" and item.kind is MoneyOrderKind.override:
            return _change(item)
        return super().cell(item, name)

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - an order
        """Say whether who looks at it asked for it, and so cannot agree."""
        return {"is_own": item.asked_by_id == current_actor().user_id}

    def row_name(self, number: int) -> str:
        """Name what somebody is about to agree to."""
        order = db.session.get(MoneyOrder, number)
        return self.title_of(order) if order else super().row_name(number)


def _change(item: MoneyOrder) -> str:
    """Say which way a price goes: what is taken from the wallet raises it."""
    return "Price raised" if item.amount_cents < 0 else "Price lowered"


def _by_how_much(item: MoneyOrder) -> str:
    told, sale = money(abs(item.amount_cents), item.currency), item.transaction
    if sale is None or item.status is not MoneyOrderStatus.pending:
        return told
    # While it waits nobody else changes the price.
    price = sale.charged_cents - item.amount_cents
    return f"{told} to {money(price, item.currency)}"
