"""For whom a lead waits that has free slots left after a run of the router.

It waits for the first moment at which somebody may have it who may not have it now: an
order that is shut or at a limit and lets leads wait, or whoever a kill switch stops.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.eligibility import STOPPED, waits_for_switch
from app.domain.routing import Decision, groups_left
from app.domain.routing_facts import LeadFacts, SubscriptionFacts
from app.domain.states import SaleType
from app.domain.waiting import PASSES, Wish, last_moment
from app.services.routing_reads import Found
from app.services.waits import POSTPONED_S

LOOKS_AGAIN = timedelta(seconds=POSTPONED_S)


@dataclass(frozen=True)
class Wait:
    """Until when a lead waits, and for which order.

    Neither is known under a kill switch: it is looked again every now and then.
    """

    until: datetime | None = None
    subscription_id: int | None = None


def wait_of(
    row: Any,  # noqa: ANN401 - a row
    lead: LeadFacts,
    decisions: Sequence[Decision],
    found: Found,
) -> Wait | None:
    """Return what a lead waits for, counting it with those that wait already."""
    standing, terms, now = found.orders.standing, found.terms, found.campaign.now
    first: tuple[datetime, Wish] | None = None
    is_stopped = found.campaign.stopped is not None
    for one, decision in _kept_out(lead, decisions, found):
        reason, cents = decision.reason or "", decision.price_cents
        if reason.startswith(STOPPED):
            is_stopped = is_stopped or waits_for_switch(lead, one, standing, terms, now)
        elif one.terms is not None and cents is not None:
            wish = Wish(lead, one, cents, standing, now)
            latest = last_moment(row.due_at, one, now)
            # What opens no earlier than another need not be known.
            latest = min(latest, first[0] - timedelta.resolution) if first else latest
            opens = wish.opens_at(terms, latest)
            if opens is not None and opens > now:
                first = opens, wish
    if first is None:
        return Wait() if is_stopped else None
    until, wish = first
    wish.reserve(until)
    # A switch goes off unforeseen: until then whatever opens first is looked at.
    if is_stopped:
        return Wait(min(until, now + LOOKS_AGAIN))
    return Wait(until, wish.one.id)


def _kept_out(
    lead: LeadFacts, decisions: Sequence[Decision], found: Found
) -> Iterator[tuple[SubscriptionFacts, Decision]]:
    """Yield whom time may let in that the sales of this run leave room for."""
    both = [*zip(found.orders.facts, decisions, strict=True)]
    bought = [one for one, decision in both if decision.taken]
    taken_by = {one.partner_id for one in bought}
    # Who waits for a group that is not asked any more takes another lead's place.
    left = groups_left(lead, [one.group for one in bought], found.terms)
    for one, decision in both:
        if not (decision.reason or "").startswith(PASSES):
            continue
        is_out = one.partner_id in taken_by or (
            bought and one.sale_type is SaleType.exclusive
        )
        if not is_out and found.terms.tier_of(one.group).name in left:
            yield one, decision
