"""Vendors: accounts that supply leads and are paid for them."""

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response

from app.domain.states import MoneyOrderKind
from app.models.vendor import Vendor
from app.security import current_actor
from app.services.adjustments import payable_of
from app.services.idempotency import Answer
from app.services.money_orders import order_money
from app.views.formats import money, percent
from app.views.money_orders import AdjustForm
from app.views.reading import Related
from app.views.screens import WRITE, Screen
from app.views.service_interface import ServiceInterface

COLUMNS = [
    "name",
    "status",
    "currency",
    "commission_bp",
    "commission_cents",
    "intro_commission_bp",
    "intro_until",
]


class VendorScreen(Screen):
    """All vendors."""

    datamodel = ServiceInterface(Vendor)
    route_base = "/vendors"
    class_permission_name = "Vendor"
    noun = "vendor"
    about = "Who supplies leads, and what share of the price stays with you."
    empty_title = "No vendor yet"
    empty_text = "A vendor supplies leads and is paid when they are sold."
    include_route_methods = WRITE | {"adjust"}
    show_template = "screens/vendor.html"
    list_columns = ["name", "status", "currency", "commission_bp", "created_at"]
    order_columns = ["name", "status", "created_at"]
    search_columns = ["name", "status"]
    related = (
        Related("SourceScreen", "vendor_id", "Sources"),
        Related("LeadScreen", "vendor_id", "Leads"),
        Related("TransactionScreen", "vendor_id", "Sales"),
        Related("PaymentScreen", "vendor_id", "Payments"),
    )
    add_columns = edit_columns = COLUMNS
    show_columns = [*COLUMNS, "created_at"]
    formatters_columns = {"commission_bp": percent, "intro_commission_bp": percent}

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a vendor
        """Return what it is owed."""
        return {"owed": payable_of(item.id), "money": money}

    @expose("/adjust/<pk>", methods=["GET", "POST"])
    @has_access
    def adjust(self, pk: str) -> str | Response:
        """Correct what the vendor is owed, up or down."""
        vendor = self.get_or_404(pk)
        form, actor = AdjustForm(), current_actor()

        def run() -> Answer:
            amount, why = form.amount_cents.data, form.reason.data
            kind = MoneyOrderKind.payable
            return order_money(kind, vendor.id, amount, why, actor)

        return self.ask(
            form,
            vendor,
            run,
            title=f"Correct what is owed: {vendor.name}",
            button="Correct",
            said="Corrected.",
            about=f"In {vendor.currency}. It counts at the next payout.",
        )
