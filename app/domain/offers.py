"""What each subscription offers for a lead: its price beside others, or alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.domain.eligibility import Reason, why_ineligible
from app.domain.pricing import price_of
from app.domain.ranking import Shares
from app.domain.returns import effective_bid
from app.domain.routing_facts import (
    CampaignFacts,
    LeadFacts,
    Standing,
    SubscriptionFacts,
)
from app.domain.states import SaleType


@dataclass(slots=True)
class Offer:
    """One subscription on its way through a decision.

    `shared` and `alone` are what it would pay beside others and alone, in minor units;
    None where it may not have the lead so. With a `reason` it may not at all. The rest
    is filled in as the decision goes on; `slots` are those it took.
    """

    one: SubscriptionFacts
    price_cents: int | None
    reason: Reason | None
    shared: int | None = None
    alone: int | None = None
    rank: int | None = None
    slots: int = 0
    bid_cents: int | None = None
    owed: int | None = None
    stakes: Shares | None = None

    def bid(self, *, alone: bool) -> int:
        """Return what its price is worth to who sells: what comes back lowers it."""
        cents = (self.alone if alone else self.shared) or 0
        if self.one.return_rate_bp:
            cents = effective_bid(cents, self.one.return_rate_bp)
        if self.one.reject_rate_bp:
            cents = effective_bid(cents, self.one.reject_rate_bp)
        return cents


def offer_of(
    one: SubscriptionFacts,
    lead: LeadFacts,
    standing: Standing,
    campaign: CampaignFacts,
    now: datetime,
) -> Offer:
    """Return what a subscription offers for the lead, or why it may not have it."""
    if one.sale_type is SaleType.shared:
        price = price_of(one, lead, campaign, now)
        reason = next(why_ineligible(lead, one, price, standing, now), None)
        return Offer(one, price.cents, reason, price.cents if reason is None else None)
    return _either(one, lead, standing, campaign, now)


def to_be_asked(
    lead: LeadFacts,
    subscriptions: Iterable[SubscriptionFacts],
    standing: Standing,
    campaign: CampaignFacts,
    now: datetime,
) -> list[SubscriptionFacts]:
    """Return those who are asked what they bid: who may have the lead as it stands."""
    return [
        one
        for one in subscriptions
        if one.is_asked and offer_of(one, lead, standing, campaign, now).reason is None
    ]


def _either(
    one: SubscriptionFacts,
    lead: LeadFacts,
    standing: Standing,
    campaign: CampaignFacts,
    now: datetime,
) -> Offer:
    prices: dict[bool, int | None] = {}
    refused: list[tuple[int | None, Reason]] = []
    for alone in _ways(one, lead):
        price = price_of(one, lead, campaign, now, alone=alone)
        reason = next(why_ineligible(lead, one, price, standing, now), None)
        if reason is None:
            prices[alone] = price.cents
        else:
            refused.append((price.cents, reason))
    if not prices:
        return Offer(one, *refused[0])
    shared, alone_cents = prices.get(False), prices.get(True)
    shown = alone_cents if shared is None else shared
    return Offer(one, shown, None, shared, alone_cents)


def _ways(one: SubscriptionFacts, lead: LeadFacts) -> Iterator[bool]:
    if one.sale_type is SaleType.hybrid:
        yield False
    if one.sale_type is SaleType.exclusive or lead.is_whole:
        yield True
