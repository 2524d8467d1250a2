"""Opening hours on the local clock, also when it changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidInput
from app.domain.schedule import DAYS, compile_schedule, is_open, timezone_named

NEW_YORK = ZoneInfo("America/New_York")
ALWAYS = [{"days": list(DAYS), "from": "00:00", "to": "24:00"}]


def hours(days: list[str], opens: str, closes: str) -> list[dict[str, object]]:
    return [{"days": days, "from": opens, "to": closes}]


def local(text: str, fold: int = 0) -> datetime:
    at = datetime.fromisoformat(text).replace(tzinfo=NEW_YORK, fold=fold)
    return at.astimezone(UTC)


def test_null_is_always_and_empty_is_never() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)

    assert is_open(compile_schedule(None), now, NEW_YORK)
    assert not is_open(compile_schedule([]), now, NEW_YORK)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-20T08:59:59", False),
        ("2026-11-20T09:00:00", True),
        ("2026-11-20T16:59:59", True),
        ("2026-11-20T17:00:00", False),
        ("2026-11-21T12:00:00", False),
    ],
)
def test_hours_include_the_start_and_not_the_end(at: str, expected: bool) -> None:
    friday = compile_schedule(hours(["fri"], "09:00", "17:00"))

    assert is_open(friday, local(at), NEW_YORK) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-22T21:59:00", False),
        ("2026-11-22T22:00:00", True),
        ("2026-11-23T05:59:00", True),
        ("2026-11-23T06:00:00", False),
        ("2026-11-22T05:00:00", False),
    ],
)
def test_hours_over_midnight_belong_to_the_day_they_start(
    at: str, expected: bool
) -> None:
    sunday_night = compile_schedule(hours(["sun"], "22:00", "06:00"))

    assert is_open(sunday_night, local(at), NEW_YORK) is expected


def test_hours_stay_on_the_wall_clock_when_it_goes_forward() -> None:
    sunday = compile_schedule(hours(["sun"], "09:00", "10:00"))

    assert is_open(sunday, datetime(2026, 3, 1, 14, 30, tzinfo=UTC), NEW_YORK)
    assert is_open(sunday, datetime(2026, 3, 8, 13, 30, tzinfo=UTC), NEW_YORK)
    assert not is_open(sunday, datetime(2026, 3, 8, 14, 30, tzinfo=UTC), NEW_YORK)


def test_skipped_hour_never_opens_and_repeated_hour_opens_twice() -> None:
    skipped = compile_schedule(hours(["sun"], "02:00", "03:00"))
    repeated = compile_schedule(hours(["sun"], "01:00", "02:00"))
    spring = datetime(2026, 3, 8, tzinfo=UTC)
    minutes = [spring + timedelta(minutes=m) for m in range(24 * 60)]

    assert not any(is_open(skipped, at, NEW_YORK) for at in minutes)
    assert is_open(repeated, local("2026-11-01T01:30:00", fold=0), NEW_YORK)
    assert is_open(repeated, local("2026-11-01T01:30:00", fold=1), NEW_YORK)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis adds the zone
def test_whole_week_is_always_open(at: datetime) -> None:
    assert is_open(compile_schedule(ALWAYS), at, NEW_YORK)


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({}, "schedule"),
        ("always", "schedule"),
        (ALWAYS * 101, "schedule"),
        ([1], "schedule[0]"),
        ([{"days": ["mon"], "from": "09:00"}], "schedule[0]"),
        ([ALWAYS[0] | {"zone": "UTC"}], "schedule[0]"),
        (hours([], "09:00", "17:00"), "schedule[0].days"),
        (hours(["monday"], "09:00", "17:00"), "schedule[0].days"),
        ([ALWAYS[0] | {"days": [["mon"]]}], "schedule[0].days"),
        (hours(["mon"], "9:00", "17:00"), "schedule[0].from"),
        (hours(["mon"], "24:00", "17:00"), "schedule[0].from"),
        (hours(["mon"], "09:00", "24:01"), "schedule[0].to"),
        (hours(["mon"], "09:00", "09:00"), "schedule[0].to"),
        ([ALWAYS[0] | {"to": 17}], "schedule[0].to"),
    ],
)
def test_bad_schedule_is_refused_with_its_path(schedule: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        compile_schedule(schedule)

    assert [error.field for error in refused.value.errors] == [field]


def test_time_zone_is_found_by_its_iana_name() -> None:
    assert timezone_named("America/New_York") == NEW_YORK


@pytest.mark.parametrize(
    "name", ["", "../x", "/etc/localtime", "Mars/Base", "right/UTC", "a\0b", None, 5]
)
def test_unknown_time_zone_is_refused(name: object) -> None:
    with pytest.raises(InvalidInput):
        timezone_named(name)
