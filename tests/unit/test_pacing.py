"""Even pacing: never more than is due, never more than the limit, all of it in time."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.eligibility import why_ineligible
from app.domain.limits import limits_at
from app.domain.open_hours import open_hours
from app.domain.pacing import is_ahead, next_slot
from app.domain.pricing import Price
from app.domain.routing_facts import Limit, LimitTerms, Standing, Used
from app.domain.schedule import Schedule, compile_schedule, is_open
from app.domain.windows import Window, window_bounds
from tests.unit.facts import LEAD_FACTS, subscription
from tests.unit.test_open_hours import SCHEDULES
from tests.unit.test_windows import CHANGES, MOMENTS, ZONES

UTC_ZONE = ZoneInfo("UTC")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFICE = compile_schedule([{"days": ["fri"], "from": "09:00", "to": "17:00"}])
STEP, TICK = timedelta(minutes=7), timedelta.resolution


def day_limit(
    at: datetime, schedule: Schedule | None, zone: ZoneInfo, **limit: int
) -> Limit:
    terms = LimitTerms((Limit(Window.day, **limit),), is_even=True)
    [found] = limits_at(
        terms, lambda window: window_bounds(window, at, zone), schedule, zone
    )
    return found


@settings(max_examples=60, deadline=None)
@given(SCHEDULES, MOMENTS | CHANGES, ZONES, st.integers(1, 40))
def test_a_day_of_endless_leads_sells_the_cap_in_step_with_the_open_time(
    schedule: Schedule | None, at: datetime, zone: ZoneInfo, cap: int
) -> None:
    limit = day_limit(at, schedule, zone, count=cap)
    starts, ends = window_bounds(Window.day, at, zone)
    hours = open_hours(schedule, starts, ends, zone)
    used, now = Used(), starts
    while now < ends:
        if is_open(schedule, now, zone):
            while used.count < cap and not is_ahead(limit, used, 0, now):
                used.count += 1
            part = Fraction(hours.passed(now) // TICK, hours.total // TICK)
            due = ceil(cap * part)
            assert used.count == max(1, due)
        now += STEP

    assert used.count <= cap
    assert (used.count == 0) == (
        not hours.total or not _tried(schedule, starts, ends, zone)
    )


def _tried(
    schedule: Schedule | None, starts: datetime, ends: datetime, zone: ZoneInfo
) -> bool:
    steps = int((ends - starts) / STEP) + 1
    moments = (starts + n * STEP for n in range(steps))
    return any(is_open(schedule, one, zone) for one in moments if one < ends)


@settings(max_examples=100, deadline=None)
@given(
    SCHEDULES,
    MOMENTS | CHANGES,
    ZONES,
    st.integers(1, 50),
    st.integers(1, 60),
    st.integers(1, 100_000),
    st.integers(0, 9_000),
)
def test_next_slot_is_the_first_moment_that_is_not_ahead(  # noqa: PLR0913, PLR0917
    schedule: Schedule | None,
    at: datetime,
    zone: ZoneInfo,
    cap: int,
    sold: int,
    budget: int,
    price: int,
) -> None:
    limit = day_limit(at, schedule, zone, count=cap, cents=budget)
    used = Used(sold, sold * price)

    slot = next_slot(limit, used, price)

    assert limit.ends_at is not None
    if slot is None:
        assert is_ahead(limit, used, price, limit.ends_at)
        return
    assert not is_ahead(limit, used, price, slot)
    assert is_open(schedule, slot, zone)
    before = slot - timedelta.resolution
    assert (
        not is_open(schedule, before, zone)
        or is_ahead(limit, used, price, before)
        or (slot == limit.starts_at)
    )


@pytest.mark.parametrize(
    ("at", "sold", "expected"),
    [
        ("09:00", 0, []),
        ("09:00", 1, ["pacing:day"]),
        ("10:00", 1, ["pacing:day"]),
        ("10:01", 1, []),
        ("16:59", 7, []),
        ("16:59", 8, ["cap:day", "pacing:day"]),
        ("08:59", 0, ["outside_schedule"]),
    ],
)
def test_eight_leads_are_one_an_hour_of_an_office_day(
    at: str, sold: int, expected: list[str]
) -> None:
    now = datetime.fromisoformat(f"2026-11-20T{at}").replace(tzinfo=UTC)
    limit = day_limit(now, OFFICE, UTC_ZONE, count=8)
    facts = subscription(1, schedule=OFFICE, limits=(limit,))
    standing = Standing({(1, Window.day): Used(sold, 0)}, {1: 0})

    reasons = list(why_ineligible(LEAD_FACTS, facts, Price(0), standing, now))

    assert reasons == expected


def test_money_is_paced_by_the_cent() -> None:
    limit = day_limit(NOON, None, UTC_ZONE, cents=10_000)

    assert not is_ahead(limit, Used(1, 2_500), 2_500, NOON)
    assert is_ahead(limit, Used(1, 2_501), 2_500, NOON)
    assert not is_ahead(limit, Used(0, 0), 9_000, NOON)


def test_hours_and_all_time_are_not_paced() -> None:
    windows = (Window.hour, Window.day, Window.week, Window.month, Window.total)
    terms = LimitTerms(tuple(Limit(w, 10) for w in windows), is_even=True)

    limits = limits_at(
        terms, lambda w: window_bounds(w, NOON, UTC_ZONE), OFFICE, UTC_ZONE
    )

    paced = [limit.window for limit in limits if limit.hours is not None]
    assert paced == [Window.day, Window.week, Window.month]


def test_a_day_that_never_opens_lets_nothing_through() -> None:
    limit = day_limit(NOON, Schedule(()), UTC_ZONE, count=5)

    assert is_ahead(limit, Used(), 0, NOON)
    assert next_slot(limit, Used(1, 0), 0) is None
