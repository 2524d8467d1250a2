"""In which order eligible subscriptions get a lead, by the campaign's method.

A weighted order keeps a deficit per subscription, in nano-leads: what it is owed less
what it got. First comes who must be served soonest to stay within one lead of what it
is owed; taking the largest deficit instead lets a light one fall 1.2 leads behind.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from app.domain.routing_facts import Standing, SubscriptionFacts
from app.domain.states import Method

LEAD = 1_000_000_000
POINT = LEAD // 100
# Shares are rounded down to nano-leads; this keeps rounding out of the order.
_ROUNDING = 10_000
_NEVER = datetime.min.replace(tzinfo=UTC)
Shares = Mapping[int, int]
NOTHING: Shares = {}
BY_DEFICIT = frozenset({Method.weighted, Method.round_robin})


class Ranked(Protocol):
    """What is put in order: something of a subscription."""

    @property
    def one(self) -> SubscriptionFacts:
        """The subscription."""


R = TypeVar("R", bound=Ranked)


def ranked(
    eligible: Iterable[R],
    shares: Shares,
    slots: int,
    standing: Standing,
    method: Method,
    bids: Mapping[int, int],
) -> list[R]:
    """Order the eligible, best first; ties by longest since last sale, then by id.

    `shares` are those of one slot (see `shares_of_a_slot`), of `slots` to be taken;
    for percentages what the lead adds to what each is owed. `bids` are in minor units,
    where the highest comes first and who has none last.
    """
    rule = _rule(shares, max(slots, 1), standing, method, bids)
    sold_at = standing.last_sold_at

    def key(ranked: R) -> tuple[tuple[int, ...], datetime, int]:
        one = ranked.one
        last = sold_at.get(one.id, one.last_sold_at)
        return rule(one), last or _NEVER, one.id

    return sorted(eligible, key=key)


def _rule(
    shares: Shares,
    slots: int,
    standing: Standing,
    method: Method,
    bids: Mapping[int, int],
) -> Callable[[SubscriptionFacts], tuple[int, ...]]:
    """Return by what a method puts subscriptions in order."""

    def by_bid(one: SubscriptionFacts) -> tuple[int, ...]:
        return (one.id not in bids, -bids.get(one.id, 0))

    def by_percent(one: SubscriptionFacts) -> tuple[int, ...]:
        lag = lag_of(one, shares, standing)
        return _urgency(lag, one.percent * POINT, one.percent)

    def by_weight(one: SubscriptionFacts) -> tuple[int, ...]:
        owed = slots * shares[one.id]
        lag = standing.deficits.get(one.id, 0) + owed
        return _urgency(lag, owed, weight_of(one, method))

    match method:
        case Method.priority:
            return lambda one: (one.priority,)
        case Method.price:
            return by_bid
        case Method.percentage:
            return by_percent
    return by_weight


def shares_of_a_slot(
    eligible: Iterable[SubscriptionFacts], slots: int, method: Method
) -> dict[int, int]:
    """Split one slot of a lead by weight, in nano-leads, rounded down.

    A partner can get only one of the `slots`, so none is owed more than a `slots`-th
    of each; what is cut off goes to the others. Without any weight all are owed alike.
    """
    ones = list(eligible)
    weights: dict[int, int] = {}
    for one in ones:
        weight = weights.get(one.partner_id, 0)
        weights[one.partner_id] = weight + weight_of(one, method)
    parts = _parts(weights, slots)
    if len(weights) == len(ones):
        return {one.id: parts[one.partner_id] for one in ones}
    partners: dict[int, list[SubscriptionFacts]] = {}
    for one in ones:
        partners.setdefault(one.partner_id, []).append(one)
    return {
        identifier: share
        for partner, group in partners.items()
        for identifier, share in _within(group, parts[partner], method).items()
    }


def owed_by_percent(
    eligible: Iterable[SubscriptionFacts], before: frozenset[int]
) -> dict[int, int]:
    """Return what a lead adds to what each is owed, in nano-leads; once for each."""
    return {
        one.id: one.percent * POINT
        for one in eligible
        if one.percent and one.id not in before
    }


def is_ahead(one: SubscriptionFacts, owed: Shares, standing: Standing) -> bool:
    """Say whether it has its percentage already, this lead's part of it included."""
    return not one.percent or lag_of(one, owed, standing) <= 0


def lag_of(one: SubscriptionFacts, owed: Shares, standing: Standing) -> int:
    """Return what it is owed with this lead, less what it got."""
    return standing.deficits.get(one.id, 0) + owed.get(one.id, 0)


def weight_of(one: SubscriptionFacts, method: Method) -> int:
    """Return the weight that counts: round robin knows no weights."""
    return 1 if method is Method.round_robin else one.weight


def _urgency(lag: int, owed: int, weight: int) -> tuple[int, ...]:
    """Order by the lead at which the lag would reach a whole one.

    The rule is PD² of proportionate scheduling (Anderson and Srinivasan 2001): who is
    owed a whole lead first, who is owed nothing last. Among equals comes first whom the
    wait would cost the next lead too, and for how long: earliest deadlines alone miss
    some where a lead has three slots or more.
    """
    if owed == 0:
        return (3, -lag)
    if lag >= LEAD - _ROUNDING:
        return (0, -lag)
    if lag <= 0:
        return (2, -lag)
    leads_left = -((lag + _ROUNDING - LEAD) // owed)
    is_last = lag + leads_left * owed <= LEAD + _ROUNDING
    return (1, leads_left, is_last, -_pressed(lag, owed, leads_left), -weight, -lag)


def _pressed(lag: int, owed: int, leads_left: int) -> int:
    """Return until which lead who is owed most leads can skip but one (0: others)."""
    idle = LEAD - owed
    if owed < idle or idle <= _ROUNDING:
        return 0
    skipped = -((lag + _ROUNDING - leads_left * idle) // LEAD) * LEAD
    return -(-(skipped + lag - _ROUNDING) // idle)


def _parts(weights: dict[int, int], slots: int) -> dict[int, int]:
    parts: dict[int, int] = {}
    left, weight_left = LEAD, sum(weights.values())
    most = LEAD // max(slots, 1)
    by_weight = sorted(weights.items(), key=lambda item: -item[1])
    for index, (partner, weight) in enumerate(by_weight):
        if weight_left == 0:
            part = min(most, left // (len(by_weight) - index))
            return parts | {p: part for p, _ in by_weight[index:]}
        if weight * left < most * weight_left:
            rest = by_weight[index:]
            return parts | {p: left * w // weight_left for p, w in rest}
        parts[partner] = most
        left -= most
        weight_left -= weight
    return parts


def _within(
    group: list[SubscriptionFacts], part: int, method: Method
) -> dict[int, int]:
    total = sum(weight_of(one, method) for one in group)
    if total == 0:
        return {one.id: part // len(group) for one in group}
    return {one.id: part * weight_of(one, method) // total for one in group}
