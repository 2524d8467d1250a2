"""Money by hand that waits for a second person."""

from app.models.money_order import MoneyOrder
from app.services.money_orders import approve_order, reject_order
from app.views.bulk import BulkAction
from app.views.screens import Screen
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
    empty_text = "Credits, corrections and refunds above the limit come here."
    include_route_methods = {"list", "bulk"}
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
        "asked_at",
        "asked_by.email",
        "decided_by.email",
    ]
    show_columns = ["kind"]
    also_read = ("partner.name", "vendor.name", "transaction.public_id")
    order_columns = ["asked_at"]
    search_columns = ["status", "kind"]
    label_columns = {
        "target": "Whose",
        "amount_cents": "Amount",
        "asked_at": "Asked",
        "asked_by.email": "By",
        "decided_by.email": "Decided by",
    }
