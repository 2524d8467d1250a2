"""Why a subscription may not have a lead: every reason, in order."""

import pytest

from app.domain.eligibility import waits_for_switch, why_ineligible
from app.domain.pricing import Price, price_of
from app.domain.routing_facts import (
    LeadFacts,
    Limit,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.schedule import Schedule
from app.domain.windows import Window
from tests.unit.facts import CAMPAIGN, LEAD_FACTS, NOW, RULE, subscription


def reasons(facts: SubscriptionFacts, standing: Standing | None = None) -> list[str]:
    standing = standing or Standing(available={facts.partner_id: 1_000})
    price = price_of(facts, LEAD_FACTS, CAMPAIGN, NOW)
    return list(why_ineligible(LEAD_FACTS, facts, price, standing, NOW))


def test_every_failure_is_given_in_order() -> None:
    lead = LeadFacts({"state": "CA"}, 1, frozenset({7}), frozenset({1}))
    limits = tuple(Limit(window, 0, 0) for window in Window)
    facts = subscription(
        1,
        partner_id=7,
        price_cents=5,
        is_active=False,
        stopped="all",
        schedule=Schedule(()),
        rule=RULE,
        endpoint_up=False,
        limits=limits,
    )

    assert list(why_ineligible(lead, facts, Price(5, "margin"), Standing(), NOW)) == [
        "stopped:all",
        "paused",
        "outside_schedule",
        "filter:state eq",
        "duplicate_for_partner",
        "duplicate_for_partner:tried",
        "endpoint_down",
        "margin",
        *(f"cap:{window}" for window in Window),
        *(f"budget:{window}" for window in Window),
        "insufficient_funds",
    ]


def test_free_and_open_subscription_is_eligible() -> None:
    assert reasons(subscription(1, price_cents=1_000)) == []


@pytest.mark.parametrize(
    ("limit", "used", "expected"),
    [
        (Limit(Window.day, count=2), Used(1, 0), []),
        (Limit(Window.day, count=2), Used(2, 0), ["cap:day"]),
        (Limit(Window.week, count=0), Used(), ["cap:week"]),
        (Limit(Window.month, cents=100), Used(1, 90), []),
        (Limit(Window.month, cents=100), Used(1, 91), ["budget:month"]),
        (Limit(Window.day), Used(10**6, 10**9), []),
    ],
)
def test_limit_counts_what_its_window_took(
    limit: Limit, used: Used, expected: list[str]
) -> None:
    standing = Standing({(1, limit.window): used}, {1: 1_000})
    facts = subscription(1, price_cents=10, limits=(limit,))

    assert reasons(facts, standing) == expected


def test_budget_of_nothing_takes_no_free_lead() -> None:
    facts = subscription(1, limits=(Limit(Window.day, cents=0),))

    assert reasons(facts) == ["budget:day"]


def test_money_must_cover_the_price() -> None:
    facts = subscription(1, price_cents=11)

    assert reasons(facts, Standing(available={1: 10})) == ["insufficient_funds"]
    assert reasons(facts, Standing()) == ["insufficient_funds"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stopped": "partner"}, True),
        ({"stopped": "partner", "is_active": False}, False),
        ({"is_active": False}, False),
        ({}, False),
    ],
)
def test_lead_waits_where_a_switch_alone_is_in_the_way(
    changes: dict[str, object], expected: bool
) -> None:
    standing = Standing(available={1: 1_000})

    facts = subscription(1, **changes)

    assert waits_for_switch(LEAD_FACTS, facts, standing, CAMPAIGN, NOW) is expected
