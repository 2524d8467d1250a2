"""The price of one lead: rules by fields, steps by age, the platform's margin."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from app.domain.commission import Terms
from app.domain.errors import InvalidInput
from app.domain.money import MAX_CENTS, split_commission
from app.domain.price_rules import (
    MAX_HOURS,
    MAX_RULES,
    PriceRule,
    compile_age_prices,
    compile_price_rules,
    percent_at,
)
from app.domain.pricing import Price, aged, price_of
from app.domain.routing import apply, route
from app.domain.routing_facts import Standing
from tests.unit.facts import CAMPAIGN, LEAD_FACTS, NOW, subscription

STATES = ("CA", "NY", "TX", "WA")


def rule(state: str, cents: object) -> dict[str, Any]:
    return {
        "when": {"field": "state", "op": "eq", "value": state},
        "price_cents": cents,
    }


def rules(*pairs: tuple[str, int]) -> tuple[PriceRule, ...]:
    return compile_price_rules([rule(*pair) for pair in pairs], re2.compile)


def errors_of(call: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refused:
        call()
    return [(error.field, error.code) for error in refused.value.errors]


def test_first_rule_that_matches_sets_the_price() -> None:
    facts = subscription(
        1, price_cents=10, price_rules=rules(("NY", 20), ("CA", 30), ("CA", 40))
    )

    assert price_of(facts, LEAD_FACTS, CAMPAIGN, NOW) == Price(30)


def test_without_a_match_the_own_price_holds_and_without_that_none() -> None:
    facts = subscription(1, price_cents=10, price_rules=rules(("NY", 20)))

    assert price_of(facts, LEAD_FACTS, CAMPAIGN, NOW) == Price(10)

    without = replace(facts, price_cents=None)
    assert price_of(without, LEAD_FACTS, CAMPAIGN, NOW) == Price(None, "no_price")
    [decision] = route(LEAD_FACTS, [without], Standing({}, {1: 99}), CAMPAIGN, NOW)
    assert (decision.reason, decision.price_cents, decision.taken) == (
        "no_price",
        None,
        False,
    )


def test_decision_books_the_price_of_the_rule() -> None:
    facts = subscription(1, price_cents=10, price_rules=rules(("CA", 30)))
    standing = Standing(available={1: 100})

    decisions = route(LEAD_FACTS, [facts], standing, CAMPAIGN, NOW)
    apply(decisions, standing, NOW)

    assert decisions[0].price_cents == 30
    assert standing.available == {1: 70}


def test_test_lead_costs_nothing_and_asks_no_margin() -> None:
    lead = replace(LEAD_FACTS, is_test=True)
    campaign = replace(CAMPAIGN, min_margin_cents=5)
    facts = subscription(1, price_cents=10)

    assert price_of(facts, lead, campaign, NOW) == Price(0)


STEPS = st.lists(
    st.tuples(st.integers(1, MAX_HOURS), st.integers(0, 100)),
    min_size=1,
    max_size=8,
    unique_by=(lambda step: step[0], lambda step: step[1]),
).map(
    lambda steps: [
        {"after_hours": hours, "percent": percent}
        for hours, percent in zip(
            sorted(hours for hours, _ in steps),
            sorted((percent for _, percent in steps), reverse=True),
            strict=True,
        )
    ]
)


@given(STEPS, st.integers(0, MAX_CENTS), st.lists(st.integers(0, 2 * MAX_HOURS)))
def test_price_never_rises_with_age_and_is_never_negative(
    steps: list[dict[str, int]], cents: int, ages: list[int]
) -> None:
    compiled = compile_age_prices(steps)

    prices = [
        aged(cents, replace(LEAD_FACTS, price_percent=percent))
        for percent in (percent_at(timedelta(hours=h), compiled) for h in sorted(ages))
    ]

    assert prices == sorted(prices, reverse=True)
    assert all(0 <= price <= cents for price in prices)


def test_step_holds_from_its_hour_on() -> None:
    steps = compile_age_prices(
        [{"after_hours": 24, "percent": 50}, {"after_hours": 48, "percent": 0}]
    )
    moments = [timedelta(), timedelta(hours=24) - timedelta.resolution]
    moments += [timedelta(hours=24), timedelta(days=2)]

    assert [percent_at(age, steps) for age in moments] == [100, 100, 50, 0]
    assert percent_at(timedelta(days=999), ()) == 100


def test_share_of_a_price_is_rounded_down() -> None:
    lead = replace(LEAD_FACTS, price_percent=50)

    assert [aged(cents, lead) for cents in (0, 1, 2, 999)] == [0, 0, 1, 499]


TERMS = st.builds(
    Terms,
    bp=st.none() | st.integers(0, 10_000),
    fixed_cents=st.none() | st.integers(0, 200),
    intro_bp=st.none() | st.integers(0, 10_000),
    intro_until=st.sampled_from([None, NOW, NOW + timedelta(days=1)]),
)


@given(st.integers(0, 200), st.none() | TERMS, TERMS, st.none() | st.integers(0, 100))
def test_margin_is_the_platforms_share_of_that_very_sale(
    cents: int, vendor: Terms | None, share: Terms, least: int | None
) -> None:
    lead = replace(LEAD_FACTS, vendor=vendor)
    campaign = replace(CAMPAIGN, share=share, min_margin_cents=least)
    facts = subscription(1, price_cents=cents)

    price = price_of(facts, lead, campaign, NOW)

    kept = cents if vendor is None else _kept_by_hand(cents, vendor, share)
    assert price.cents == cents
    assert (price.reason == "margin") is (least is not None and kept < least)


def _kept_by_hand(cents: int, vendor: Terms, share: Terms) -> int:
    for terms in (vendor, share):
        if terms.intro_bp is not None and terms.is_introductory(NOW):
            return split_commission(cents, terms.intro_bp)[0]
    for terms in (share, vendor):
        if terms.fixed_cents is not None:
            return min(cents, terms.fixed_cents)
        if terms.bp is not None:
            return split_commission(cents, terms.bp)[0]
    return cents


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], [("price_rules", "type")]),
        ({}, [("price_rules", "type")]),
        ([rule("CA", 1)] * (MAX_RULES + 1), [("price_rules", "type")]),
        ([7], [("price_rules[0]", "keys")]),
        ([{**rule("CA", 1), "note": ""}], [("price_rules[0]", "keys")]),
        ([rule("CA", -1)], [("price_rules[0].price_cents", "out_of_range")]),
        ([rule("CA", 1.5)], [("price_rules[0].price_cents", "out_of_range")]),
        ([rule("CA", "25")], [("price_rules[0].price_cents", "out_of_range")]),
        ([rule("CA", True)], [("price_rules[0].price_cents", "out_of_range")]),
        ([rule("CA", 2**63)], [("price_rules[0].price_cents", "out_of_range")]),
        ([{"price_cents": 1}], [("price_rules[0].when", "required")]),
        (
            [rule("CA", 1), {"when": {"field": "x", "op": "is"}, "price_cents": None}],
            [
                ("price_rules[1].price_cents", "out_of_range"),
                ("price_rules[1].when.op", "unknown"),
            ],
        ),
    ],
)
def test_bad_price_rules_are_named(
    given: object, expected: list[tuple[str, str]]
) -> None:
    assert errors_of(lambda: compile_price_rules(given, re2.compile)) == expected


def step(hours: object, percent: object) -> dict[str, object]:
    return {"after_hours": hours, "percent": percent}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], [("age_prices", "type")]),
        ("half", [("age_prices", "type")]),
        ([None], [("age_prices[0]", "keys")]),
        ([step(24, 101)], [("age_prices[0].percent", "out_of_range")]),
        ([step(24, -1)], [("age_prices[0].percent", "out_of_range")]),
        ([step(24, 2.7)], [("age_prices[0].percent", "out_of_range")]),
        ([step(0, 50)], [("age_prices[0].after_hours", "out_of_range")]),
        ([step(MAX_HOURS + 1, 50)], [("age_prices[0].after_hours", "out_of_range")]),
        (
            [step("24", True)],
            [
                ("age_prices[0].after_hours", "out_of_range"),
                ("age_prices[0].percent", "out_of_range"),
            ],
        ),
        (
            [step(24, 50), step(24, 40)],
            [("age_prices[1].after_hours", "out_of_range")],
        ),
        ([step(24, 50), step(48, 50)], [("age_prices[1].percent", "out_of_range")]),
    ],
)
def test_bad_age_prices_are_named(
    given: object, expected: list[tuple[str, str]]
) -> None:
    assert errors_of(lambda: compile_age_prices(given)) == expected


@given(
    st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 99)), max_size=6),
    st.none() | st.integers(0, 99),
    st.sampled_from(STATES),
    st.integers(0, 100),
)
def test_what_is_charged_is_what_pricing_says(
    pairs: list[tuple[str, int]], own: int | None, state: str, percent: int
) -> None:
    compiled = rules(*pairs) if pairs else ()
    facts = subscription(1, price_cents=own, price_rules=compiled)
    lead = replace(LEAD_FACTS, values={"state": state}, price_percent=percent)
    standing = Standing(available={1: 10_000})
    matching = [cents for name, cents in pairs if name == state]
    ordered = matching[0] if matching else own

    decisions = route(lead, [facts], standing, CAMPAIGN, NOW)
    apply(decisions, standing, NOW)

    expected = None if ordered is None else ordered * percent // 100
    assert decisions[0].price_cents == expected
    assert decisions[0].taken is (expected is not None)
    assert standing.available[1] == 10_000 - (expected or 0)
