"""Whether a subscription may have a lead, and every reason why not (DESIGN §5)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.domain.pacing import is_ahead
from app.domain.pricing import Price, price_of
from app.domain.routing_facts import (
    CampaignFacts,
    LeadFacts,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.schedule import is_open
from app.domain.states import SaleType

Reason = str
STOPPED = "stopped:"
NOT_EXCLUSIVE = "not_exclusive"
_NOTHING = Used()


def why_ineligible(
    lead: LeadFacts,
    subscription: SubscriptionFacts,
    price: Price,
    standing: Standing,
    now: datetime,
) -> Iterator[Reason]:
    """Yield each failure as `code` or `code:detail`, the decisive one first.

    `price` is that of this very lead for the subscription.
    """
    if subscription.stopped is not None:
        yield f"{STOPPED}{subscription.stopped}"
    if not subscription.is_active:
        yield "paused"
    if not is_open(subscription.schedule, now, subscription.zone):
        yield "outside_schedule"
    rule = subscription.rule
    if rule is not None and (failed := rule.why_not(lead.values)):
        yield f"filter:{failed}"
    yield from _by_its_past(lead, subscription)
    if not subscription.endpoint_up:
        yield "endpoint_down"
    if price.reason is not None:
        yield price.reason
    cost = price.cents or 0
    # A test lead counts in no cap and costs nothing.
    if not lead.is_test:
        yield from _limits_reached(subscription, cost, standing, now)
        yield from _unpaid(subscription, cost, standing)


def waits_for_switch(
    lead: LeadFacts,
    subscription: SubscriptionFacts,
    standing: Standing,
    campaign: CampaignFacts,
    now: datetime,
) -> bool:
    """Say whether a kill switch alone keeps the subscription from the lead."""
    price = price_of(subscription, lead, campaign, now)
    reasons = list(why_ineligible(lead, subscription, price, standing, now))
    return bool(reasons) and all(reason.startswith(STOPPED) for reason in reasons)


def _by_its_past(lead: LeadFacts, subscription: SubscriptionFacts) -> list[Reason]:
    reasons = []
    if lead.is_late and lead.age > timedelta(days=subscription.backfill_days):
        reasons.append("too_old")
    if subscription.partner_id in lead.partners_taken:
        reasons.append("duplicate_for_partner")
    if subscription.id in lead.subscriptions_tried:
        reasons.append("duplicate_for_partner:tried")
    if not lead.is_whole and subscription.sale_type is SaleType.exclusive:
        reasons.append(NOT_EXCLUSIVE)
    return reasons


def _unpaid(
    subscription: SubscriptionFacts, cost: int, standing: Standing
) -> tuple[Reason, ...]:
    is_short = standing.available.get(subscription.partner_id, 0) < cost
    return ("insufficient_funds",) if is_short else ()


def _limits_reached(
    subscription: SubscriptionFacts,
    price_cents: int,
    standing: Standing,
    now: datetime,
) -> list[Reason]:
    caps, budgets, paces = [], [], []
    for limit in subscription.limits:
        so_far = standing.usage.get((subscription.id, limit.window), _NOTHING)
        if limit.count is not None and so_far.count >= limit.count:
            caps.append(f"cap:{limit.window}")
        after = so_far.cents + price_cents
        # A budget of nothing takes not even a lead that is free.
        if limit.cents is not None and (after > limit.cents or not limit.cents):
            budgets.append(f"budget:{limit.window}")
        if limit.hours is not None and is_ahead(limit, so_far, price_cents, now):
            paces.append(f"pacing:{limit.window}")
    return [*caps, *budgets, *paces]
