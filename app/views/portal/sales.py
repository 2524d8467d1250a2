"""The sales of a vendor's leads: its share of each price, not who bought."""

from typing import Any

from app.domain.money import share_of_part
from app.models.sale import BOUGHT, Transaction
from app.views.formats import money
from app.views.listing import Listing
from app.views.portal.dates import DatedScreen
from app.views.portal.own import OfAccount, own_vendor, supplied_campaigns
from app.views.portal.wording import SOLD, sale_chip
from app.views.service_interface import ServiceInterface


class SellingSaleScreen(DatedScreen):
    """The sales of the vendor's leads: its share, not who bought."""

    datamodel = ServiceInterface(Transaction)
    route_base = "/portal/sales"
    class_permission_name = "SellingSale"
    noun = "sale"
    about = "Your leads that were sold, and your share of each price."
    empty_title = "Nothing sold yet"
    empty_text = "A sale appears when a partner has accepted one of your leads."
    include_route_methods = {"list"}
    base_filters = [["vendor_id", OfAccount, own_vendor]]
    date_column = "captured_at"
    list_columns = [
        "captured_at",
        "lead.public_id",
        "campaign.name",
        "status",
        "price_cents",
        "share",
    ]
    row_filters = {"campaign_id": supplied_campaigns}
    label_columns = {"captured_at": "Sold", "share": "Your share"}
    formatters_columns = {
        "lead.public_id": lambda public_id: f"…{str(public_id)[-12:]}"
    }

    @property
    def number_columns(self) -> set[str]:
        """The listed columns that hold figures."""
        return super().number_columns | {"share"}

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep what was sold: a hold is no sale yet, and a release none at all."""
        query = super().narrow(query, listing)
        return query.filter(Transaction.status.in_(BOUGHT))

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a sale
        """Return a sale's value; the vendor's share of what was not refunded."""
        if name == "status":
            return sale_chip(SOLD, item.status)
        return share_of(item) if name == "share" else super().cell(item, name)


def share_of(sale: Transaction) -> str:
    """Return the vendor's share of what the partner paid, refunds taken off."""
    share = sale.commission_bp, sale.commission_cents
    _, earned = share_of_part(sale.charged_cents, sale.price_cents, *share)
    _, back = share_of_part(sale.refunded_cents, sale.price_cents, *share)
    return money(earned - back, sale.currency)
