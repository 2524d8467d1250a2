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


def _by_its_past(lead: LeadFacts, subscription: SubscriptionFacts) -> Iterator[Reason]:
    if lead.is_late and lead.age > timedelta(days=subscription.backfill_days):
        yield "too_old"
    if subscription.partner_id in lead.partners_taken:
        yield "duplicate_for_partner"
    if subscription.id in lead.subscriptions_tried:
        yield "duplicate_for_partner:tried"
    if subscription.sale_type is SaleType.exclusive and not lead.is_whole:
        yield NOT_EXCLUSIVE


def _unpaid(
    subscription: SubscriptionFacts, cost: int, standing: Standing
) -> Iterator[Reason]:
    if standing.available.get(subscription.partner_id, 0) < cost:
        yield "insufficient_funds"


def _limits_reached(
    subscription: SubscriptionFacts,
    price_cents: int,
    standing: Standing,
    now: datetime,
) -> Iterator[Reason]:
    used = [
        (limit, standing.usage.get((subscription.id, limit.window), _NOTHING))
        for limit in subscription.limits
    ]
    for limit, so_far in used:
        if limit.count is not None and so_far.count >= limit.count:
            yield f"cap:{limit.window}"
    for limit, so_far in used:
        after = so_far.cents + price_cents
        # A budget of nothing takes not even a lead that is free.
        if limit.cents is not None and (after > limit.cents or not limit.cents):
            yield f"budget:{limit.window}"
    for limit, so_far in used:
        if is_ahead(limit, so_far, price_cents, now):
            yield f"pacing:{limit.window}"
