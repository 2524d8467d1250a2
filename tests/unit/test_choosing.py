"""Alone or beside others, and group by group: to whom a lead goes, at what price."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.routing import Decision, apply, route
from app.domain.routing_facts import (
    CampaignFacts,
    Group,
    LeadFacts,
    Limit,
    Standing,
    SubscriptionFacts,
)
from app.domain.states import Method, SaleType
from app.domain.windows import Window
from tests.unit.facts import METHODS, NOW, subscription

RICH = 10**6
TWO = LeadFacts({}, 2)
EXCLUSIVE, HYBRID = SaleType.exclusive, SaleType.hybrid


def decide(
    several: list[SubscriptionFacts],
    by: Method | CampaignFacts = Method.price,
    lead: LeadFacts = TWO,
    standing: Standing | None = None,
) -> list[Decision]:
    campaign = by if isinstance(by, CampaignFacts) else CampaignFacts(by)
    standing = standing or Standing(available=dict.fromkeys(range(20), RICH))
    return route(lead, several, standing, campaign, NOW)


def sold(decisions: list[Decision]) -> dict[int, tuple[int | None, int]]:
    """Return who got it: {subscription: (price, slots)}."""
    return {d.subscription_id: (d.price_cents, d.slots) for d in decisions if d.taken}


def either(
    identifier: int, price: int, alone: int | None, **more: object
) -> SubscriptionFacts:
    return subscription(
        identifier,
        price_cents=price,
        sale_type=HYBRID,
        exclusive_price_cents=alone,
        **more,
    )


@pytest.mark.parametrize(
    ("alone", "expected"),
    [
        (51, {1: (51, 2)}),
        (50, {2: (30, 1), 3: (20, 1)}),
    ],
)
def test_by_price_one_alone_must_be_worth_more_than_the_others_together(
    alone: int, expected: dict[int, tuple[int, int]]
) -> None:
    several = [
        subscription(1, price_cents=alone, sale_type=EXCLUSIVE),
        subscription(2, price_cents=30),
        subscription(3, price_cents=20),
        subscription(4, price_cents=10),
    ]

    assert sold(decide(several)) == expected


def test_what_comes_back_lowers_the_worth_of_having_it_alone() -> None:
    several = [
        subscription(1, price_cents=60, sale_type=EXCLUSIVE, return_rate_bp=2000),
        subscription(2, price_cents=30),
        subscription(3, price_cents=20),
    ]

    decisions = decide(several)

    assert sold(decisions) == {2: (30, 1), 3: (20, 1)}
    assert decisions[0].bid_cents == 48


def test_hybrid_shares_or_has_it_alone_by_what_is_worth_more() -> None:
    alone = either(1, 30, 45)
    weak, strong = subscription(2, price_cents=10), subscription(3, price_cents=20)

    assert sold(decide([alone, weak])) == {1: (45, 2)}
    assert sold(decide([alone, strong])) == {1: (30, 1), 3: (20, 1)}
    assert sold(decide([alone, weak], Method.priority)) == {1: (45, 2)}


def test_otherwise_who_comes_first_decides() -> None:
    alone = subscription(1, price_cents=1, sale_type=EXCLUSIVE, priority=1)
    shared = [subscription(2, price_cents=90), subscription(3, price_cents=90)]

    assert sold(decide([alone, *shared], Method.priority)) == {
        2: (90, 1),
        3: (90, 1),
    }
    first = replace(alone, priority=0)
    last = [replace(one, priority=1) for one in shared]
    assert sold(decide([first, *last], Method.priority)) == {1: (1, 2)}


def test_nobody_has_alone_what_another_has_a_part_of() -> None:
    part = replace(TWO, free_slots=1, is_whole=False)
    several = [
        subscription(1, price_cents=90, sale_type=EXCLUSIVE),
        either(2, 10, 90),
    ]

    decisions = decide(several, lead=part)

    assert decisions[0].reason == "not_exclusive"
    assert sold(decisions) == {2: (10, 1)}


def test_funds_and_budgets_are_asked_for_either_price() -> None:
    several = [
        either(1, 10, 90),
        either(2, 20, 90, limits=(Limit(Window.day, None, 50),)),
    ]

    decisions = decide(several, standing=Standing(available={1: 50, 2: RICH}))

    assert sold(decisions) == {1: (10, 1), 2: (20, 1)}
    poor = decide(several[:1], standing=Standing(available={1: 5}))
    assert (poor[0].reason, poor[0].price_cents) == ("insufficient_funds", 10)


def test_alone_for_nothing_is_still_a_sale() -> None:
    free = subscription(1, sale_type=EXCLUSIVE)

    for method in METHODS:
        assert sold(decide([replace(free, percent=50)], method)) == {1: (0, 2)}


def test_who_has_leads_alone_takes_its_turn_by_weight() -> None:
    several = [subscription(1, sale_type=EXCLUSIVE), subscription(2), subscription(3)]
    standing = Standing(available=dict.fromkeys(range(4), RICH))
    alone = 0

    for _ in range(30):
        decisions = decide(several, Method.weighted, standing=standing)
        apply(decisions, standing, NOW)
        assert sum(sum(d.stakes.values()) for d in decisions) == 0
        alone += decisions[0].taken

    assert 9 <= alone <= 16


GOLD = Group("gold", Method.price, limit=1)
REST = Group("rest", Method.priority)


def grouped(*groups: Group) -> CampaignFacts:
    return CampaignFacts(Method.priority, groups=groups)


def test_groups_are_asked_in_turn_each_by_its_own_method() -> None:
    several = [
        subscription(1, price_cents=10, group="gold"),
        subscription(2, price_cents=20, group="gold"),
        subscription(3, price_cents=90, priority=1),
        subscription(4, price_cents=90, group="unknown"),
    ]

    decisions = decide(several, grouped(GOLD, REST))

    assert sold(decisions) == {2: (20, 1), 4: (90, 1)}
    assert [d.rank for d in decisions] == [2, 1, 4, 3]


def test_group_buys_a_lead_as_often_as_its_limit() -> None:
    several = [subscription(1, group="gold"), subscription(2)]

    decisions = decide(several, grouped(GOLD, REST), replace(TWO, sold_in={"gold": 1}))

    assert [d.reason for d in decisions] == ["group_limit:gold", None]


@pytest.mark.parametrize("before", [0, 1])
def test_group_that_stops_leaves_nothing_to_those_after_it(before: int) -> None:
    several = [subscription(1, group="gold"), subscription(2)]
    first = Group("gold", Method.price, stops=True)
    lead = LeadFacts({}, 3 - before, sold_in={"gold": before} if before else {})

    decisions = decide(several, grouped(first, REST), lead)

    assert list(sold(decisions)) == [1]
    assert decisions[1].reason == "after_group:gold"


def test_group_that_found_nobody_stops_nothing() -> None:
    first = Group("gold", Method.price, stops=True)

    decisions = decide([subscription(2)], grouped(first, REST))

    assert list(sold(decisions)) == [2]


def test_partner_has_a_lead_once_over_all_groups() -> None:
    several = [
        subscription(1, partner_id=9, group="gold"),
        subscription(2, partner_id=9),
        subscription(3, sale_type=EXCLUSIVE),
    ]

    decisions = decide(several, grouped(GOLD, REST))

    assert [d.reason for d in decisions] == [
        None,
        "duplicate_for_partner",
        "not_exclusive",
    ]


def test_percentage_of_a_group_that_is_not_reached_is_owed_nothing() -> None:
    several = [subscription(1, group="gold"), subscription(2, percent=50)]
    campaign = grouped(Group("gold", Method.price), Group("rest", Method.percentage))

    decisions = decide(several, campaign, LeadFacts({}, 1))

    assert [d.owed for d in decisions] == [None, None]
    assert [d.rank for d in decisions] == [1, 2]


@given(st.integers(1, 3), st.integers(0, 3))
def test_group_never_buys_more_than_its_limit(limit: int, before: int) -> None:
    several = [subscription(i, group="gold") for i in range(5)]
    lead = LeadFacts({}, 4, sold_in={"gold": before})

    decisions = decide(several, grouped(replace(GOLD, limit=limit), REST), lead)

    assert len(sold(decisions)) == max(0, min(4, limit - before))
