"""Where a run plays: two campaigns, five partners that differ, one server of theirs."""

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.partner import PartnerServer
from tests.system.history.manners import TIMEOUT_S, Manners
from tests.system.history.record import Order
from tests.system.system import System

PRICES = {"shared": 2500, "single": 1700}
_count = itertools.count(int(time.time() * 10) % 10**8)


@dataclass(frozen=True)
class Buyer:
    """How a partner differs: its money, its zone, the terms of its orders."""

    credit_cents: int
    credit_limit_cents: int = 0
    timezone: str = "UTC"
    terms: Mapping[str, Any] = field(default_factory=dict)


# Capped, Thrifty and Poor soon meet their limits, Moody's change; Steady takes all.
BUYERS = {
    "capped": Buyer(
        10**8,
        timezone="America/New_York",
        terms={"daily_cap": 8, "weekly_cap": 10, "weight": 2},
    ),
    "thrifty": Buyer(
        10**8,
        timezone="America/New_York",
        terms={"daily_budget_cents": 9_000, "monthly_budget_cents": 12_000},
    ),
    "poor": Buyer(8_000, credit_limit_cents=3_000, terms={"weight": 3}),
    "moody": Buyer(10**8, timezone="Asia/Tokyo", terms={"daily_cap": 20}),
    "steady": Buyer(10**9),
}


@dataclass
class Scene:
    """The ids of what was made for one run, and the partners' own log."""

    system: System
    seed: int
    manners: Manners
    campaigns: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    partners: dict[str, int] = field(default_factory=dict)
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    vendor_id: int = 0

    @property
    def campaign_ids(self) -> list[int]:
        """The campaigns of this run."""
        return [id_ for id_, _, _ in self.campaigns.values()]


def open_scene(
    system: System,
    server: PartnerServer,
    seed: int,
    buyers: Mapping[str, Buyer] = BUYERS,
    manners: Manners | None = None,
) -> Scene:
    """Make campaigns, sources, vendor and partners by REST."""
    manners = manners or Manners(seed)
    scene = Scene(system, seed, manners)
    slug = f"h{next(_count)}"
    scene.vendor_id = system.make("vendors", name=slug, currency="USD")["id"]
    for name, price in PRICES.items():
        _add_campaign(scene, name, f"{slug}-{name}", price)
    for rank, (name, buyer) in enumerate(buyers.items()):
        _add_buyer(scene, name, buyer, f"{server.url}/{slug}", rank)
    manners.partners = scene.partners
    server.decide = manners.decide
    return scene


def _add_campaign(scene: Scene, name: str, slug: str, price: int) -> None:
    make = scene.system.make
    is_shared = name == "shared"
    campaign = make(
        "campaigns",
        name=slug,
        slug=slug,
        status="active",
        method="weighted" if is_shared else "priority",
        max_sales=2 if is_shared else 1,
        price_cents=price,
        currency="USD",
    )["id"]
    source = make(
        "sources",
        name=slug,
        campaign_id=campaign,
        vendor_id=scene.vendor_id,
        per_minute=1_000_000,
    )
    scene.campaigns[name] = campaign, slug, source["api_key"]


def _add_buyer(scene: Scene, name: str, buyer: Buyer, url: str, rank: int) -> None:
    make = scene.system.make
    partner = make(
        "partners",
        name=f"{name} {next(_count)}",
        currency="USD",
        timezone=buyer.timezone,
        credit_limit_cents=buyer.credit_limit_cents,
    )["id"]
    scene.partners[name] = partner
    scene.system.call(
        "POST",
        f"/api/v1/partners/{partner}/credits",
        amount_cents=buyer.credit_cents,
        reason="opening",
    )
    endpoint = make(
        "endpoints",
        partner_id=partner,
        name=name,
        url=f"{url}/{name}",
        timeout_s=TIMEOUT_S,
    )["id"]
    for campaign, (campaign_id, _, _) in scene.campaigns.items():
        order = make(
            "subscriptions",
            partner_id=partner,
            campaign_id=campaign_id,
            endpoint_id=endpoint,
            mode="auto",
            status="active",
            priority=rank,
            **buyer.terms,
        )["id"]
        terms = {"status": "active", **buyer.terms}
        scene.orders[name, campaign] = Order(order, buyer.timezone, terms)
