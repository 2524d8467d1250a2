"""Until when leads wait: to the moment, and never for nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.eligibility import why_ineligible
from app.domain.limits import limits_at
from app.domain.pricing import Price
from app.domain.routing_facts import (
    Limit,
    LimitTerms,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.schedule import Schedule, compile_schedule
from app.domain.waiting import Wish, last_moment
from app.domain.windows import Window, window_bounds
from tests.unit.facts import CAMPAIGN, LEAD_FACTS, NOW, RULE, subscription
from tests.unit.test_open_hours import SCHEDULES
from tests.unit.test_windows import CHANGES, MOMENTS, ZONES

DAY = timedelta(days=1)
UTC_ZONE = ZoneInfo("UTC")
OFFICE = compile_schedule([{"days": ["mon", "fri"], "from": "13:30", "to": "17:00"}])
KINDS = (Window.hour, Window.day, Window.week, Window.month, Window.total)


def queueing(
    terms: LimitTerms,
    at: datetime = NOW,
    zone: ZoneInfo = UTC_ZONE,
    schedule: Schedule | None = None,
    **changes: object,
) -> SubscriptionFacts:
    queued = replace(terms, is_queued=True)
    limits = limits_at(
        queued, lambda window: window_bounds(window, at, zone), schedule, zone
    )
    return subscription(
        1, zone=zone, schedule=schedule, limits=limits, terms=queued, **changes
    )


def opening(
    facts: SubscriptionFacts,
    standing: Standing,
    at: datetime = NOW,
    within: timedelta = 40 * DAY,
) -> datetime | None:
    wish = Wish(LEAD_FACTS, facts, facts.price_cents or 0, standing, at)
    return wish.opens_at(CAMPAIGN, at + within)


def full(window: Window, count: int = 5) -> Standing:
    return Standing({(1, window): Used(count, 0)}, {1: 10**6})


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window.hour, "2026-11-20T13:00"),
        (Window.day, "2026-11-21T00:00"),
        (Window.week, "2026-11-23T00:00"),
        (Window.month, "2026-12-01T00:00"),
        (Window.total, None),
    ],
)
def test_lead_waits_for_the_next_window(window: Window, expected: str | None) -> None:
    facts = queueing(LimitTerms((Limit(window, count=5),)))

    opens = opening(facts, full(window))

    assert opens == (expected and datetime.fromisoformat(expected).replace(tzinfo=UTC))


def test_lead_waits_for_the_schedule() -> None:
    facts = queueing(LimitTerms(), schedule=OFFICE)

    assert opening(facts, Standing(available={1: 0})) == NOW + timedelta(minutes=90)


def test_lead_waits_for_the_schedule_of_the_next_day_with_a_limit() -> None:
    facts = queueing(LimitTerms((Limit(Window.day, count=5),)), schedule=OFFICE)

    opens = opening(facts, full(Window.day))

    assert opens == datetime(2026, 11, 23, 13, 30, tzinfo=UTC)


def test_a_weekday_of_nothing_is_passed_over() -> None:
    terms = LimitTerms((Limit(Window.day, count=5),), weekday_caps={"sat": 0, "sun": 0})

    assert opening(queueing(terms), full(Window.day)) == datetime(
        2026, 11, 23, tzinfo=UTC
    )


def test_lead_waits_for_its_paced_slot() -> None:
    facts = queueing(LimitTerms((Limit(Window.day, count=24),), is_even=True))

    opens = opening(facts, full(Window.day, 12))

    assert opens == NOW + timedelta.resolution
    assert opening(facts, full(Window.day, 14)) == NOW + timedelta(
        hours=2, microseconds=1
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"is_active": False},
        {"rule": RULE},
        {"endpoint_up": False},
        {"price_cents": 10**7},
    ],
)
def test_nobody_waits_for_what_has_another_reason(changes: dict[str, object]) -> None:
    facts = queueing(LimitTerms((Limit(Window.hour, count=5),)), **changes)

    assert opening(facts, full(Window.hour)) is None


def test_nobody_waits_for_a_limit_of_nothing_or_a_budget_below_the_price() -> None:
    for limit in (Limit(Window.hour, 0), Limit(Window.hour, cents=9)):
        facts = queueing(LimitTerms((limit,)), price_cents=10)
        assert opening(facts, Standing(available={1: 100})) is None


def test_nobody_waits_past_the_promise() -> None:
    facts = queueing(LimitTerms((Limit(Window.hour, count=5),)), timeout_s=10)
    hour = timedelta(hours=1)

    latest = last_moment(NOW + hour + timedelta(seconds=20), facts, NOW)

    assert latest == NOW + hour
    assert opening(facts, full(Window.hour), within=hour) == NOW + hour
    just_less = hour - timedelta.resolution
    assert opening(facts, full(Window.hour), within=just_less) is None


def test_leads_that_wait_take_places_of_their_own() -> None:
    facts = queueing(LimitTerms((Limit(Window.hour, count=5), Limit(Window.day, 12))))
    standing = full(Window.hour)
    standing.usage[1, Window.day] = Used(5, 0)

    found = []
    for _ in range(9):
        opens = opening(facts, standing)
        assert opens is not None
        Wish(LEAD_FACTS, facts, 0, standing, NOW).reserve(opens)
        found.append(opens)

    hour = timedelta(hours=1)
    assert found == [
        *[NOW + hour] * 5,
        *[NOW + 2 * hour] * 2,
        *[NOW + 12 * hour] * 2,
    ]


def test_leads_that_waited_before_keep_their_places() -> None:
    facts = queueing(LimitTerms((Limit(Window.hour, count=5),)))
    hour = timedelta(hours=1)
    standing = full(Window.hour)
    standing.expected[1] = [(NOW + hour, 5), (NOW + 2 * hour, 4)]

    first = opening(facts, standing)
    Wish(LEAD_FACTS, facts, 0, standing, NOW).reserve(NOW + 2 * hour)

    assert first == NOW + 2 * hour
    assert opening(facts, standing) == NOW + 3 * hour
    assert standing.expected == {}


TERMS = st.builds(
    LimitTerms,
    st.sets(st.sampled_from(KINDS), max_size=3).flatmap(
        lambda windows: st.tuples(
            *(
                st.builds(
                    Limit,
                    st.just(window),
                    st.integers(0, 6),
                    st.none() | st.integers(0, 600),
                )
                for window in sorted(windows, key=KINDS.index)
            )
        )
    ),
    is_even=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(TERMS, SCHEDULES, MOMENTS | CHANGES, ZONES, st.integers(0, 6), st.data())
def test_it_opens_then_and_not_before(
    terms: LimitTerms,
    schedule: Schedule | None,
    at: datetime,
    zone: ZoneInfo,
    sold: int,
    data: st.DataObject,
) -> None:
    facts = queueing(terms, at, zone, schedule, price_cents=100)
    usage = {(1, limit.window): Used(sold, 100 * sold) for limit in facts.limits}
    standing = Standing(usage, {1: 10**9})

    opens = opening(facts, standing, at)

    if opens is None:
        last = 40 * 24 * 60
        minutes = data.draw(st.integers(0, last))
        assert reasons_at(facts, standing, at, at + timedelta(minutes=minutes)) or (
            # A step too far ahead is not looked for.
            minutes * 60 > 90 * 3600
        )
        return
    assert reasons_at(facts, standing, at, opens) == []
    if opens > at:
        before = data.draw(st.integers(1, (opens - at) // timedelta.resolution))
        assert reasons_at(facts, standing, at, opens - before * timedelta.resolution)


def reasons_at(
    facts: SubscriptionFacts, standing: Standing, start: datetime, at: datetime
) -> list[str]:
    """Ask the router as it will be told at that moment."""
    assert facts.terms is not None
    limits = limits_at(
        facts.terms,
        lambda window: window_bounds(window, at, facts.zone),
        facts.schedule,
        facts.zone,
    )
    usage = {
        (1, limit.window): standing.usage.get((1, limit.window), Used())
        for limit in limits
        if window_bounds(limit.window, start, facts.zone)
        == window_bounds(limit.window, at, facts.zone)
    }
    then = replace(facts, limits=limits)
    standing = Standing(usage, standing.available)
    return list(why_ineligible(LEAD_FACTS, then, Price(100), standing, at))
