"""What one lead costs one subscription, and why it cannot be sold at that price."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from app.domain.bids import NOT_ASKED
from app.domain.commission import commission_in_force
from app.domain.money import split_commission
from app.domain.price_rules import WHOLE
from app.domain.routing_facts import CampaignFacts, LeadFacts, SubscriptionFacts
from app.domain.states import SaleType


class Price(NamedTuple):
    """Minor units, None where there is no price; `reason` is why it sells nothing."""

    cents: int | None
    reason: str | None = None


def price_of(
    one: SubscriptionFacts,
    lead: LeadFacts,
    campaign: CampaignFacts,
    now: datetime,
    *,
    alone: bool = False,
) -> Price:
    """Return what the lead costs: by the first rule that matches, else as ordered.

    Alone it costs the exclusive price, where the subscription has one.
    Of that a lead costs the share of its age, rounded down, so that no price rises
    with age and none is negative. Who bids pays its bid, and that at least. A test lead
    costs nothing.
    """
    alone = alone or one.sale_type is SaleType.exclusive
    if alone and one.exclusive_price_cents is not None:
        ordered: int | None = one.exclusive_price_cents
    else:
        ordered = _ordered(one, lead.values)
    if ordered is None:
        return Price(None, "no_price")
    cents = 0 if lead.is_test else aged(ordered, lead)
    if one.is_asked and lead.bids is not None:
        bid = lead.bids.get(one.id, NOT_ASKED)
        if bid.cents is None:
            return Price(cents, f"bid:{bid.code}")
        if bid.cents < cents:
            return Price(cents, "bid:low")
        cents = bid.cents
    if lead.is_test:
        return Price(0)
    is_free = campaign.min_margin_cents is None
    if is_free or leaves_margin(cents, lead, campaign, now):
        return Price(cents)
    return Price(cents, "margin")


def aged(cents: int, lead: LeadFacts) -> int:
    """Return the share of a price that a lead of this age costs, rounded down."""
    return cents * lead.price_percent // WHOLE


def leaves_margin(
    cents: int, lead: LeadFacts, campaign: CampaignFacts, now: datetime
) -> bool:
    """Say whether the platform's share of a sale at that price is not too little."""
    least = campaign.min_margin_cents
    if least is None:
        return True
    share = commission_in_force(lead.vendor, campaign.share, cents, now)
    platform, _ = split_commission(cents, share.bp, share.fixed_cents)
    return platform >= least


def _ordered(one: SubscriptionFacts, values: Mapping[str, object]) -> int | None:
    for rule in one.price_rules:
        if rule.when.why_not(values) is None:
            return rule.price_cents
    return one.price_cents
