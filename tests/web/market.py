"""A small market: leads of a vendor, sold to partners as far as they take them."""

from dataclasses import dataclass, field

from app.db import db, transaction
from app.jobs import delivery, routing, validation
from app.models.campaign import Campaign
from app.models.partner import Partner
from app.models.sale import Transaction
from app.models.source import Source
from app.models.vendor import Vendor
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer

PRICE = 999


@dataclass
class Market:
    """One shared campaign, its vendor's source, and partners who buy every lead."""

    server: PartnerServer
    campaign: Campaign = field(
        default_factory=lambda: make_campaign(price_cents=PRICE, max_sales=2)
    )
    vendor: Vendor = field(default_factory=lambda: make_vendor(commission_bp=3333))
    source: Source = field(init=False)

    def __post_init__(self) -> None:
        self.source = make_source(self.campaign, self.vendor)

    def buyer(self, wallet_cents: int = 100_000) -> Partner:
        """Add a partner who buys every lead of the campaign."""
        partner = make_partner(wallet_cents)
        endpoint = make_endpoint(partner, url=self.server.url)
        make_subscription(self.campaign, partner, endpoint_id=endpoint.id)
        return partner

    def sell(self, leads: int = 1, **values: object) -> None:
        """Take leads in and run every stage once."""
        self.sell_to_hold(leads, **values)
        delivery.drain()

    def sell_to_hold(self, leads: int = 1, **values: object) -> None:
        """Take leads in and sell them, but hand nothing over yet."""
        for _ in range(leads):
            take(self.source, **values)
        for drain in (validation.drain, routing.drain):
            drain()


def sales_of(partner: Partner) -> list[Transaction]:
    """Return a partner's transactions, newest first."""
    with transaction():
        query = db.select(Transaction).where(Transaction.partner_id == partner.id)
        return list(db.session.scalars(query.order_by(Transaction.id.desc())))
