"""Until when a lead waits for a subscription that is shut or at a limit just now.

It waits for the exact moment of the next opening, window or paced slot, and only where
nothing else is in the way and its promise leaves room to hand it over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.bids import NOT_ASKED
from app.domain.delivery import MARGIN_S
from app.domain.eligibility import STOPPED, why_ineligible
from app.domain.limits import limits_at
from app.domain.open_hours import next_opening
from app.domain.pacing import is_ahead, next_slot
from app.domain.pricing import Price, price_of
from app.domain.routing_facts import (
    CampaignFacts,
    LeadFacts,
    Limit,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.schedule import is_open
from app.domain.windows import Window, next_window

# Who was not asked for a bid was at its limit when the others were.
PASSES = (
    "outside_schedule",
    "cap:",
    "budget:",
    "pacing:",
    f"bid:{NOT_ASKED.code}",
    STOPPED,
)
# A lead that is promised to nobody waits for no more than the next month's window.
LONGEST = timedelta(days=31)
_MOST_STEPS = 100


def last_moment(
    due_at: datetime | None, one: SubscriptionFacts, now: datetime
) -> datetime:
    """Return until when the lead may wait and still be handed over in time."""
    if due_at is None:
        return now + LONGEST
    return due_at - timedelta(seconds=one.timeout_s + 2 * MARGIN_S)


@dataclass(frozen=True)
class Wish:
    """A lead that a subscription may not have now, at what it would cost it."""

    lead: LeadFacts
    one: SubscriptionFacts
    cents: int
    standing: Standing
    now: datetime

    def opens_at(self, campaign: CampaignFacts, latest: datetime) -> datetime | None:
        """Return when the subscription may have the lead; None where not by `latest`.

        What others wait for already, of this batch (`reserve`) or before, is counted.
        """
        reason = price_of(self.one, self.lead, campaign, self.now).reason
        price = Price(self.cents, reason)
        reasons = why_ineligible(self.lead, self.one, price, self.standing, self.now)
        if not all(reason.startswith(PASSES) for reason in reasons):
            return None
        for moment, leads in self.standing.expected.pop(self.one.id, ()):
            self._count(moment, leads)
        at: datetime | None = self.now
        for _ in range(_MOST_STEPS):
            if at is None or at > latest:
                return None
            later = self._shut_until(at)
            if later == at:
                return at
            at = later
        return None

    def reserve(self, at: datetime) -> None:
        """Count the lead where it waits, so that the next takes another place."""
        if not self.lead.is_test:
            self._count(at, 1)

    def _count(self, at: datetime, leads: int) -> None:
        for limit in self.one.terms.limits if self.one.terms else ():
            starts, _ = self._bounds(limit.window, at)
            key = self.one.id, limit.window, starts
            waiting = self.standing.waiting.setdefault(key, Used())
            waiting.count += leads
            waiting.cents += leads * self.cents

    def _shut_until(self, at: datetime) -> datetime | None:
        """Return `at` where it is open then, else a later moment, or None without."""
        if not is_open(self.one.schedule, at, self.one.zone):
            return next_opening(self.one.schedule, at, self.one.zone)
        limits = () if self.lead.is_test else self._limits(at)
        return max((self._full_until(limit, at) for limit in limits), default=at)

    def _full_until(self, limit: Limit, at: datetime) -> datetime:
        if limit.ends_at is None:
            raise ValueError("a limit that is waited for must know its window")
        used = self._used(limit)
        after = used.cents + self.cents
        is_full = (limit.count is not None and used.count >= limit.count) or (
            limit.cents is not None and (after > limit.cents or not limit.cents)
        )
        if is_full:
            return limit.ends_at
        if is_ahead(limit, used, self.cents, at):
            return next_slot(limit, used, self.cents) or limit.ends_at
        return at

    def _used(self, limit: Limit) -> Used:
        """Return what was sold of a window, and what waits for it."""
        is_current = limit.starts_at is not None and limit.starts_at <= self.now
        sold = self.standing.usage.get((self.one.id, limit.window))
        waiting = self.standing.waiting.get(
            (self.one.id, limit.window, limit.starts_at)
        )
        both = [sold if is_current else None, waiting]
        return Used(
            sum(used.count for used in both if used),
            sum(used.cents for used in both if used),
        )

    def _limits(self, at: datetime) -> tuple[Limit, ...]:
        """Return the limits of the windows that hold `at`, which is not before now."""
        terms = self.one.terms
        if at == self.now or terms is None:
            return self.one.limits
        return limits_at(
            terms,
            lambda window: self._bounds(window, at),
            self.one.schedule,
            self.one.zone,
        )

    def _bounds(self, window: Window, at: datetime) -> tuple[datetime, datetime]:
        """Return the window that holds `at`: the current one, or a later."""
        ended = None
        for limit in self.one.limits:
            if limit.window is window and limit.starts_at and limit.ends_at:
                if at < limit.ends_at:
                    return limit.starts_at, limit.ends_at
                ended = limit.ends_at
        return next_window(window, ended, at, self.one.zone)
