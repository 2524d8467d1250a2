"""Ranking: the methods, the ties, and shares within one lead of what is owed."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.domain.ranking import LEAD
from app.domain.routing import Decision, apply, route
from app.domain.routing_facts import (
    CampaignFacts,
    LeadFacts,
    Standing,
    SubscriptionFacts,
)
from app.domain.states import Method
from tests.unit.facts import METHODS

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LEAD_FACTS = LeadFacts({}, free_slots=1)


def subscription(identifier: int, **changes: object) -> SubscriptionFacts:
    facts = SubscriptionFacts(identifier, identifier, 0, ZoneInfo("UTC"))
    return replace(facts, **changes)  # type: ignore[arg-type]


def taken(decisions: list[Decision]) -> list[int]:
    return [decision.subscription_id for decision in decisions if decision.taken]


def order(
    subscriptions: list[SubscriptionFacts],
    method: Method,
    standing: Standing | None = None,
) -> list[int]:
    decisions = route(
        LEAD_FACTS, subscriptions, standing or Standing(), CampaignFacts(method), NOW
    )
    ranks = {d.rank: d.subscription_id for d in decisions if d.rank is not None}
    return [ranks[rank] for rank in sorted(ranks)]


def test_priority_ranks_zero_first() -> None:
    several = [
        subscription(1, priority=2),
        subscription(2),
        subscription(3, priority=1),
    ]

    assert order(several, Method.priority) == [2, 3, 1]


def test_price_ranks_the_highest_first() -> None:
    standing = Standing(available={1: 100, 2: 100})
    several = [subscription(1, price_cents=5), subscription(2, price_cents=6)]

    assert order(several, Method.price, standing) == [2, 1]


def test_returns_lower_the_bid_and_not_the_price() -> None:
    standing = Standing(available={1: 1000, 2: 1000})
    often = subscription(1, price_cents=100, return_rate_bp=2500)
    seldom = subscription(2, price_cents=76)

    decisions = route(
        LEAD_FACTS, [often, seldom], standing, CampaignFacts(Method.price), NOW
    )
    by_priority = route(
        LEAD_FACTS, [often, seldom], standing, CampaignFacts(Method.priority), NOW
    )

    assert taken(decisions) == [2]
    assert [(d.price_cents, d.bid_cents) for d in decisions] == [(100, 75), (76, None)]
    assert by_priority[0].bid_cents is None


def test_ties_go_to_the_longest_since_a_sale_then_to_the_lowest_id() -> None:
    several = [
        subscription(1, percent=25, last_sold_at=NOW),
        subscription(2, percent=25, last_sold_at=NOW - timedelta(days=1)),
        subscription(4, percent=25),
        subscription(3, percent=25),
    ]

    for method in METHODS:
        assert order(several, method) == [3, 4, 2, 1]


def test_last_sale_of_the_batch_outdates_the_one_given() -> None:
    several = [subscription(1), subscription(2, last_sold_at=NOW - timedelta(days=1))]

    assert order(several, Method.priority, Standing(last_sold_at={1: NOW})) == [2, 1]


def test_weight_of_nothing_ranks_last() -> None:
    several = [subscription(1, weight=0), subscription(2, weight=1)]
    standing = Standing(deficits={1: LEAD, 2: -LEAD})

    assert order(several, Method.weighted, standing) == [2, 1]


def test_without_any_weight_all_take_turns() -> None:
    several = [subscription(identifier, weight=0) for identifier in (1, 2, 3)]

    assert winners(several, Method.weighted, leads=6) == [1, 2, 3, 1, 2, 3]


def winners(several: list[SubscriptionFacts], method: Method, leads: int) -> list[int]:
    standing, won = Standing(), []
    for _ in range(leads):
        decisions = route(LEAD_FACTS, several, standing, CampaignFacts(method), NOW)
        apply(decisions, standing, NOW)
        won += taken(decisions)
    return won


def test_round_robin_ignores_weights_and_takes_turns() -> None:
    several = [subscription(identifier, weight=identifier) for identifier in (1, 2, 3)]

    assert winners(several, Method.round_robin, leads=9) == [1, 2, 3] * 3


WEIGHTS = st.lists(st.integers(1, 40), min_size=1, max_size=8)


def owed_of_a_lead(weights: list[int], slots: int) -> list[Fraction]:
    """Share `slots` by weight, at most one each: the definition, in exact numbers."""
    owed = [Fraction(0)] * len(weights)
    free, left = set(range(len(weights))), Fraction(slots)
    while free:
        total = sum(weights[i] for i in free)
        full = {i for i in free if weights[i] * left >= total}
        for i in full or free:
            owed[i] = Fraction(1) if full else weights[i] * left / total
        left -= len(full)
        free = free - full if full else set()
    return owed


@given(WEIGHTS, st.integers(1, 8))
def test_every_share_stays_within_one_lead_of_what_it_is_owed(
    weights: list[int], slots: int
) -> None:
    slots = min(slots, len(weights))
    several = [subscription(i, weight=weight) for i, weight in enumerate(weights)]
    lead, standing = LeadFacts({}, slots), Standing()
    owed, got = owed_of_a_lead(weights, slots), Counter[int]()

    for count in range(1, 61):
        decisions = route(lead, several, standing, CampaignFacts(Method.weighted), NOW)
        apply(decisions, standing, NOW)
        got.update(taken(decisions))

        assert len(taken(decisions)) == slots
        for i, share in enumerate(owed):
            assert abs(got[i] - share * count) <= 1 + Fraction(count, 10**7)


def test_light_share_is_not_left_behind_as_by_largest_deficit() -> None:
    weights = [72, 1, 3, 3, 1, 62, 3]
    several = [subscription(i, weight=weight) for i, weight in enumerate(weights)]
    standing = Standing()

    for _ in range(145):
        apply(
            route(LEAD_FACTS, several, standing, CampaignFacts(Method.weighted), NOW),
            standing,
            NOW,
        )
        assert max(map(abs, standing.deficits.values())) <= LEAD


def test_two_subscriptions_of_a_partner_are_owed_no_more_than_it_can_get() -> None:
    several = [
        subscription(1, partner_id=9, weight=10),
        subscription(2, partner_id=9, weight=10),
        subscription(3, weight=1),
    ]
    lead, standing, got = LeadFacts({}, 2), Standing(), Counter[int]()

    for _ in range(40):
        decisions = route(lead, several, standing, CampaignFacts(Method.weighted), NOW)
        apply(decisions, standing, NOW)
        got.update(taken(decisions))

    assert got == {1: 20, 2: 20, 3: 40}
    assert max(map(abs, standing.deficits.values())) <= LEAD


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=8),
    st.integers(1, 3),
    st.lists(st.sets(st.integers(0, 7)), max_size=80),
)
def test_shares_stay_within_half_of_all_where_eligibility_varies(
    weights: list[int], slots: int, leads: list[set[int]]
) -> None:
    several = [subscription(i, weight=weight) for i, weight in enumerate(weights)]
    standing = Standing()

    for closed in leads:
        lead = LeadFacts({}, slots, frozenset(closed))
        decisions = route(lead, several, standing, CampaignFacts(Method.weighted), NOW)
        apply(decisions, standing, NOW)

        bound = max(1, len(several) / 2) * LEAD
        assert all(abs(lag) <= bound for lag in standing.deficits.values())
