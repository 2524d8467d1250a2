"""Whether a subscription may have a lead, and every reason why not (DESIGN §5)."""

from collections.abc import Iterator
from datetime import datetime

from app.domain.routing_facts import LeadFacts, Standing, SubscriptionFacts, Used
from app.domain.schedule import is_open

Reason = str
STOPPED = "stopped:"
_NOTHING = Used()


def why_ineligible(
    lead: LeadFacts, subscription: SubscriptionFacts, standing: Standing, now: datetime
) -> Iterator[Reason]:
    """Yield each failure as `code` or `code:detail`, the decisive one first."""
    if subscription.stopped is not None:
        yield f"{STOPPED}{subscription.stopped}"
    if not subscription.is_active:
        yield "paused"
    if not is_open(subscription.schedule, now, subscription.zone):
        yield "outside_schedule"
    rule = subscription.rule
    if rule is not None and (failed := rule.why_not(lead.values)):
        yield f"filter:{failed}"
    yield from _had_before(lead, subscription)
    if not subscription.endpoint_up:
        yield "endpoint_down"
    yield from _limits_reached(subscription, standing)
    if standing.available.get(subscription.partner_id, 0) < subscription.price_cents:
        yield "insufficient_funds"


def waits_for_switch(
    lead: LeadFacts, subscription: SubscriptionFacts, standing: Standing, now: datetime
) -> bool:
    """Say whether a kill switch alone keeps the subscription from the lead."""
    reasons = list(why_ineligible(lead, subscription, standing, now))
    return bool(reasons) and all(reason.startswith(STOPPED) for reason in reasons)


def _had_before(lead: LeadFacts, subscription: SubscriptionFacts) -> Iterator[Reason]:
    if subscription.partner_id in lead.partners_taken:
        yield "duplicate_for_partner"
    if subscription.id in lead.subscriptions_tried:
        yield "duplicate_for_partner:tried"


def _limits_reached(
    subscription: SubscriptionFacts, standing: Standing
) -> Iterator[Reason]:
    used = [
        (limit, standing.usage.get((subscription.id, limit.window), _NOTHING))
        for limit in subscription.limits
    ]
    for limit, so_far in used:
        if limit.count is not None and so_far.count >= limit.count:
            yield f"cap:{limit.window}"
    for limit, so_far in used:
        after = so_far.cents + subscription.price_cents
        # A budget of nothing takes not even a lead that is free.
        if limit.cents is not None and (after > limit.cents or not limit.cents):
            yield f"budget:{limit.window}"
