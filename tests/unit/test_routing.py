"""Routing: the reasons in order, the ranks by method, and fair shares."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.domain.routing import Decision, apply, route
from app.domain.routing_facts import (
    CampaignFacts,
    LeadFacts,
    Limit,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.states import Method
from app.domain.windows import Window
from tests.unit.facts import LEAD_FACTS, METHODS, NOW, subscription


def taken(decisions: list[Decision]) -> list[int]:
    return [decision.subscription_id for decision in decisions if decision.taken]


def test_one_partner_gets_a_lead_once() -> None:
    several = [
        subscription(1, partner_id=9),
        subscription(2, partner_id=9),
        subscription(3),
    ]

    decisions = route(
        replace(LEAD_FACTS, free_slots=3),
        several,
        Standing(),
        CampaignFacts(Method.priority),
        NOW,
    )

    assert taken(decisions) == [1, 3]
    assert [d.reason for d in decisions] == [None, "duplicate_for_partner", None]
    assert [d.rank for d in decisions] == [1, None, 2]


def test_without_a_free_slot_nothing_is_taken_but_all_are_ranked() -> None:
    full = replace(LEAD_FACTS, free_slots=0)

    decisions = route(
        full, [subscription(1)], Standing(), CampaignFacts(Method.weighted), NOW
    )

    assert taken(decisions) == []
    assert decisions[0].rank == 1


def test_no_subscription_is_no_decision() -> None:
    assert route(LEAD_FACTS, [], Standing(), CampaignFacts(Method.weighted), NOW) == []


def test_batch_stops_at_cap_and_funds() -> None:
    several = [
        subscription(1, price_cents=10, limits=(Limit(Window.day, count=2),)),
        subscription(2, price_cents=10, priority=1),
    ]
    standing = Standing(available={1: 1_000, 2: 15})
    won = []

    for _ in range(5):
        decisions = route(
            LEAD_FACTS, several, standing, CampaignFacts(Method.priority), NOW
        )
        apply(decisions, standing, NOW)
        won += taken(decisions)

    assert won == [1, 1, 2]
    assert standing.available == {1: 980, 2: 5}
    assert standing.usage[1, Window.day] == Used(2, 20)
    assert [d.reason for d in decisions] == ["cap:day", "insufficient_funds"]


WEIGHTS = st.lists(st.integers(1, 40), min_size=1, max_size=8)


@given(
    WEIGHTS,
    st.integers(1, 4),
    st.sampled_from([Method.weighted, Method.round_robin]),
    st.lists(st.sets(st.integers(0, 7)), max_size=10),
)
def test_stakes_sum_to_zero_and_so_do_the_deficits_they_move(
    weights: list[int], slots: int, method: Method, taken_before: list[set[int]]
) -> None:
    several = [subscription(i, weight=weight) for i, weight in enumerate(weights)]
    standing = Standing()

    for partners in taken_before:
        lead = LeadFacts({}, slots, frozenset(partners))
        decisions = route(lead, several, standing, CampaignFacts(method), NOW)
        apply(decisions, standing, NOW)
        assert all(sum(decision.stakes.values()) == 0 for decision in decisions)

    assert sum(standing.deficits.values()) == 0


FACTS = st.builds(
    SubscriptionFacts,
    id=st.integers(1, 10**6),
    partner_id=st.integers(1, 5),
    price_cents=st.integers(0, 50),
    zone=st.just(ZoneInfo("UTC")),
    is_active=st.booleans(),
    priority=st.integers(0, 3),
    weight=st.integers(0, 5),
    limits=st.lists(
        st.builds(
            Limit,
            st.sampled_from(Window),
            st.none() | st.integers(0, 3),
            st.none() | st.integers(0, 99),
        ),
        max_size=3,
    ).map(tuple),
    endpoint_up=st.booleans(),
)


@given(
    st.lists(FACTS, max_size=8, unique_by=lambda facts: facts.id),
    st.integers(0, 4),
    st.sampled_from(METHODS),
)
def test_a_batch_never_oversells_overspends_or_breaks_a_limit(
    several: list[SubscriptionFacts], slots: int, method: Method
) -> None:
    standing = Standing(available=dict.fromkeys(range(1, 6), 60))
    lead = LeadFacts({}, slots)

    for _ in range(5):
        decisions = route(lead, several, standing, CampaignFacts(method), NOW)
        apply(decisions, standing, NOW)

        bought = [decision for decision in decisions if decision.taken]
        ranks = sorted(d.rank for d in decisions if d.rank is not None)
        assert len(bought) <= slots
        assert len({decision.partner_id for decision in bought}) == len(bought)
        assert ranks == list(range(1, len(ranks) + 1))
        assert all((d.reason is None) == (d.rank is not None) for d in decisions)
        assert all(rank.reason is None for rank in bought)

    assert all(left >= 0 for left in standing.available.values())
    for facts in several:
        for limit in facts.limits:
            used = standing.usage.get((facts.id, limit.window), Used())
            assert limit.count is None or used.count <= limit.count
            assert limit.cents is None or used.cents <= limit.cents
