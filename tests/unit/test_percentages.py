"""Percentages: each within one lead of its share, whatever is sold, once for a lead."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.domain.ranking import POINT
from app.domain.routing import Decision, apply, route
from app.domain.routing_facts import (
    CampaignFacts,
    LeadFacts,
    Limit,
    Standing,
    SubscriptionFacts,
)
from app.domain.states import Method
from app.domain.windows import Window
from tests.unit.facts import LEAD_FACTS, NOW, subscription

BY_PERCENT = CampaignFacts(Method.percentage)


def decide(
    several: list[SubscriptionFacts],
    standing: Standing,
    lead: LeadFacts = LEAD_FACTS,
) -> list[Decision]:
    decisions = route(lead, several, standing, BY_PERCENT, NOW)
    apply(decisions, standing, NOW)
    return decisions


def taken(decisions: list[Decision]) -> list[int]:
    return [decision.subscription_id for decision in decisions if decision.taken]


@st.composite
def percentages(draw: st.DrawFn) -> tuple[int, list[int]]:
    """Return slots, and percentages that together are no more than the slots hold."""
    slots = draw(st.integers(1, 5))
    left, given = 100 * slots, []
    for wish in draw(st.lists(st.integers(0, 100), min_size=1, max_size=9)):
        given.append(min(wish, left))
        left -= given[-1]
    if draw(st.booleans()):
        for index, percent in enumerate(given):
            given[index] += (more := min(100 - percent, left))
            left -= more
    return slots, given


@given(percentages())
def test_every_share_is_within_one_lead_of_its_percentage(
    case: tuple[int, list[int]],
) -> None:
    slots, given_ = case
    several = [subscription(i, percent=percent) for i, percent in enumerate(given_)]
    standing, got = Standing(), Counter[int]()

    for count in range(1, 101):
        got.update(taken(decide(several, standing, LeadFacts({}, slots))))

        for i, percent in enumerate(given_):
            assert abs(100 * got[i] - percent * count) < 100


def test_heavy_shares_of_many_slots_need_more_than_the_earliest_deadline() -> None:
    several = [
        subscription(i, percent=percent)
        for i, percent in enumerate((63, 76, 77, 90, 94, 100, 100))
    ]
    standing = Standing()

    for _ in range(100):
        decide(several, standing, LeadFacts({}, 6))
        assert max(map(abs, standing.deficits.values())) < 100 * POINT


def test_who_is_ahead_of_its_share_gets_nothing_though_nobody_else_does() -> None:
    several = [subscription(1, percent=50), subscription(2)]

    bought, reasons = [], []
    standing = Standing()
    for _ in range(4):
        decisions = decide(several, standing)
        bought.append(taken(decisions))
        reasons.append([decision.reason for decision in decisions])

    assert bought == [[1], [], [1], []]
    assert reasons == [[None, "share"], ["share", "share"]] * 2


def test_what_it_may_not_have_is_owed_to_nobody() -> None:
    capped = subscription(1, percent=50, limits=(Limit(Window.day, count=0),))
    standing = Standing()

    for _ in range(5):
        decide([capped], standing)

    assert standing.deficits == {}


def test_lead_that_is_routed_again_is_owed_once() -> None:
    several = [subscription(1, percent=60), subscription(2, percent=40)]
    standing = Standing()
    [first] = taken(decide(several, standing))
    # Who was asked first gives it back.
    standing.deficits[first] += 100 * POINT
    again = replace(
        LEAD_FACTS,
        subscriptions_tried=frozenset({first}),
        subscriptions_owed=frozenset({1, 2}),
    )

    decisions = decide(several, standing, again)

    assert (first, taken(decisions)) == (1, [2])
    assert [decision.owed for decision in decisions] == [None, None]
    assert standing.deficits == {1: 60 * POINT, 2: -60 * POINT}


def test_lead_without_a_free_slot_is_owed_to_nobody() -> None:
    standing = Standing()

    decide([subscription(1, percent=50)], standing, LeadFacts({}, 0))

    assert standing.deficits == {}


LEADS = st.lists(st.sets(st.integers(0, 5)), max_size=60)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), LEADS)
def test_shares_stay_near_where_eligibility_varies(
    wishes: list[int], leads: list[set[int]]
) -> None:
    total = max(100, sum(wishes))
    given_ = [wish * 100 // total for wish in wishes]
    several = [subscription(i, percent=percent) for i, percent in enumerate(given_)]
    standing = Standing()

    for closed in leads:
        decide(several, standing, LeadFacts({}, 1, frozenset(closed)))

        bound = max(1, len(several) / 2) * 100 * POINT
        assert all(abs(lag) <= bound for lag in standing.deficits.values())
