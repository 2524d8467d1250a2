"""Returns: whether a lead may come back, what its reason proves, and what it costs.

A return is measured by money, not by count, and lowers what a bid is worth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from app.domain.checks import Finding
from app.domain.money import WHOLE_BP
from app.domain.return_policy import ReturnPolicy
from app.domain.schedule import DAYS
from app.domain.states import Afterwards, ReturnReason, ReturnStatus

# As if these many sales had been kept before: one return of the first lead does not
# shut a partner out, and of many sales they weigh nothing.
KEPT_BEFORE = 4
# What a check must call invalid for a reason to be confirmed.
PROVED_BY: Mapping[ReturnReason, tuple[str, ...]] = {
    ReturnReason.invalid_phone: ("phone",),
    ReturnReason.invalid_email: ("email",),
    ReturnReason.invalid_contact: ("email", "phone", "address"),
    ReturnReason.no_consent: ("consent",),
}


class Refusal(Enum):
    """Why a lead cannot be returned; the value is what is told."""

    returns_not_allowed = "Leads of this campaign cannot be returned."
    return_window_over = "The time in which it can be returned is over."
    lead_too_old = "The lead is too old to be returned."
    return_weekday = "Returns are not taken on this day of the week."
    return_count_reached = "No more leads of this period can be returned."
    return_share_reached = "Too large a share of this period would be returned."


class Step(Enum):
    """What may be done to a return."""

    ask = "ask"
    tell = "tell"
    approve = "approve"
    deny = "deny"


STEPS: Mapping[tuple[ReturnStatus, Step], ReturnStatus] = {
    (ReturnStatus.open, Step.ask): ReturnStatus.needs_info,
    (ReturnStatus.open, Step.tell): ReturnStatus.open,
    (ReturnStatus.open, Step.approve): ReturnStatus.approved,
    (ReturnStatus.open, Step.deny): ReturnStatus.denied,
    (ReturnStatus.needs_info, Step.ask): ReturnStatus.needs_info,
    (ReturnStatus.needs_info, Step.tell): ReturnStatus.open,
    (ReturnStatus.needs_info, Step.approve): ReturnStatus.approved,
    (ReturnStatus.needs_info, Step.deny): ReturnStatus.denied,
}


@dataclass(frozen=True)
class Sold:
    """What was sold, and what of its period was sold and returned; minor units."""

    price_cents: int
    received_at: datetime
    delivered_at: datetime
    bought_cents: int
    returned_cents: int
    returned_count: int


@dataclass(frozen=True)
class Facts:
    """What the house itself knows; None where it knows nothing."""

    had_before: bool | None = None
    fits_filter: bool | None = None
    has_consent: bool = True


def why_not(
    policy: ReturnPolicy, sold: Sold, now: datetime, zone: ZoneInfo
) -> Refusal | None:
    """Return why the lead cannot be returned now, or None; days are of `zone`."""
    age, most, share = policy.max_age_days, policy.max_count, policy.max_share_bp
    returned = sold.returned_cents + sold.price_cents
    day = DAYS[now.astimezone(zone).weekday()]
    holds = {
        Refusal.returns_not_allowed: not policy.allowed,
        Refusal.return_window_over: now >= ends_at(policy, sold.delivered_at),
        Refusal.lead_too_old: age is not None
        and now >= sold.received_at + timedelta(days=age),
        Refusal.return_weekday: day not in policy.weekdays,
        Refusal.return_count_reached: most is not None and sold.returned_count >= most,
        Refusal.return_share_reached: share is not None
        and returned * WHOLE_BP > share * sold.bought_cents,
    }
    return next((refusal for refusal, applies in holds.items() if applies), None)


def ends_at(policy: ReturnPolicy, delivered_at: datetime) -> datetime:
    """Return the moment from which a lead can no longer be returned."""
    return delivered_at + timedelta(hours=policy.window_hours)


def confirms(
    reason: ReturnReason, findings: Sequence[Finding], facts: Facts
) -> bool | None:
    """Say whether what is known proves the reason; None where nothing is known."""
    if reason is ReturnReason.duplicate:
        return facts.had_before
    if reason is ReturnReason.out_of_filter:
        return None if facts.fits_filter is None else not facts.fits_filter
    if reason is ReturnReason.no_consent and not facts.has_consent:
        return True
    checked = [one for one in findings if one.check in PROVED_BY.get(reason, ())]
    if any(one.verdict == "invalid" for one in checked):
        return True
    is_sound = bool(checked) and all(one.verdict == "valid" for one in checked)
    return False if is_sound else None


def is_approved_at_once(
    policy: ReturnPolicy,
    reason: ReturnReason,
    amount_cents: int,
    confirmed: bool | None,
) -> bool:
    """Say whether one of the policy's rules approves the return."""
    return any(
        reason.name in rule.reasons
        and (confirmed is True or not rule.confirmed)
        and (rule.max_cents is None or amount_cents <= rule.max_cents)
        for rule in policy.auto_approve
    )


def is_within_vendors_share(
    policy: ReturnPolicy, returned_cents: int, sold_cents: int
) -> bool:
    """Say whether so much of a vendor's sales may come back without a person's look."""
    share = policy.vendor_max_share_bp
    return share is None or returned_cents * WHOLE_BP <= share * sold_cents


def default_afterwards(policy: ReturnPolicy, reason: ReturnReason) -> Afterwards:
    """Return what becomes of the lead unless somebody says otherwise."""
    resells = reason.name in policy.resell
    return Afterwards.market if resells else Afterwards.withdrawn


def return_rate_bp(returned_cents: int, bought_cents: int, bought_count: int) -> int:
    """Return the share of the money that came back, in basis points.

    A few kept sales of the same average price are credited beforehand.
    """
    if returned_cents <= 0 or bought_cents <= 0 or bought_count <= 0:
        return 0
    base = bought_cents * (bought_count + KEPT_BEFORE)
    return min(WHOLE_BP, returned_cents * WHOLE_BP * bought_count // base)


def effective_bid(price_cents: int, rate_bp: int) -> int:
    """Return what a bid is worth after returns, in minor units, rounded down."""
    return price_cents * (WHOLE_BP - rate_bp) // WHOLE_BP
