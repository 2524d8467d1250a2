"""Deliveries: hand-overs to partners, with what was sent and what came back."""

from typing import Any

from sqlalchemy import func

from app.models.sale import Delivery
from app.views.formats import NOTHING, chip, moment, plain, reason
from app.views.listing import Listing
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface


class DeliveryScreen(Screen):
    """All deliveries."""

    datamodel = ServiceInterface(Delivery)
    route_base = "/deliveries"
    class_permission_name = "Delivery"
    noun = "delivery"
    list_title = "Deliveries"
    about = "Each hand-over of a sold lead, its attempts and the promise it keeps."
    empty_title = "Nothing was handed over yet"
    empty_text = "A delivery appears with each sale."
    include_route_methods = READ
    history = False
    list_columns = [
        "id",
        "status",
        "partner.name",
        "endpoint.name",
        "tries",
        "reason",
        "held_at",
        "due_at",
    ]
    order_columns = ["id"]
    search_columns = ["status", "held_at"]
    row_filters = {
        "open": lambda: (("yes", "Under way"), ("late", "Past its promise")),
        "partner_id": None,
        "endpoint_id": None,
    }
    show_columns = [
        "status",
        "reason",
        "partner.name",
        "endpoint.name",
        "tries",
        "run_at",
        "held_at",
        "due_at",
        "breached_at",
        "ended_at",
    ]
    label_columns = {"id": "Number", "open": "Now"}
    formatters_columns = {"reason": reason}
    show_template = "screens/delivery.html"

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep those under way, or those of them that are late."""
        asked = listing.filters.get("open")
        if asked:
            query = query.filter(Delivery.ended_at.is_(None))
        return query.filter(Delivery.due_at < func.now()) if asked == "late" else query

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a delivery
        """Name the delivery by its number and partner."""
        return f"Delivery {item.id} to {item.partner.name}"

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a row
        """Return a row's value; what is over has no next attempt."""
        if name == "run_at" and item.ended_at is not None:
            return NOTHING
        return super().cell(item, name)

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a delivery
        """Return what its page shows of the attempts."""
        return {
            "attempts": item.attempts_made,
            "chip": chip,
            "moment": moment,
            "plain": plain,
            "reason": reason,
        }
