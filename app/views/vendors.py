"""Vendors: accounts that supply leads and are paid for them."""

from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response

from app.models.vendor import Vendor
from app.services.adjustments import payable_of
from app.views.by_hand import PAYABLE, MovesMoney
from app.views.formats import money, percent
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


class VendorScreen(MovesMoney, Screen):
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
        return self.move(pk, PAYABLE)
