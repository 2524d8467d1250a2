"""Vendors: accounts that supply leads and are paid for them."""

from app.models.vendor import Vendor
from app.views.formats import percent
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
    include_route_methods = WRITE
    list_columns = ["name", "status", "currency", "commission_bp", "created_at"]
    order_columns = ["name", "status", "created_at"]
    search_columns = ["name", "status"]
    related = (
        Related("SourceScreen", "vendor_id", "Sources"),
        Related("LeadScreen", "vendor_id", "Leads"),
        Related("TransactionScreen", "vendor_id", "Sales"),
    )
    add_columns = edit_columns = COLUMNS
    show_columns = [*COLUMNS, "created_at"]
    formatters_columns = {"commission_bp": percent, "intro_commission_bp": percent}
