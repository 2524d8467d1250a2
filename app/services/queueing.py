"""For whom a lead waits that has free slots left after a run of the router.

It waits for the first moment at which somebody may have it who may not have it now: an
order that is shut or at a limit and lets leads wait, or whoever a kill switch stops.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.eligibility import STOPPED, waits_for_switch
from app.domain.routing import Decision
from app.domain.routing_facts import LeadFacts
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
    taken_by = {one.partner_id for one in decisions if one.taken}
    first: tuple[datetime, Wish] | None = None
    is_stopped = found.campaign.stopped is not None
    for one, decision in zip(found.orders.facts, decisions, strict=True):
        reason, cents = decision.reason or "", decision.price_cents
        is_out = one.partner_id in taken_by or (
            taken_by and one.sale_type is SaleType.exclusive
        )
        if is_out or not reason.startswith(PASSES):
            continue
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
