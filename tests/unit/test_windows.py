"""Cap windows: no gap, no overlap, right length when the clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.windows import Window, next_window, window_bounds

ZONES = st.sampled_from(
    (
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Beirut",
        "America/Havana",
        "Pacific/Apia",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Cairo",
        "America/Asuncion",
        "Pacific/Kiritimati",
    )
).map(ZoneInfo)
MOMENTS = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
KINDS = st.sampled_from([kind for kind in Window if kind is not Window.total])
# The hours around every change of these zones' clocks, by Hypothesis' own choice.
CHANGES = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from(
        [
            datetime(*day, tzinfo=UTC)  # type: ignore[misc] # a year, a month, a day
            for day in (
                (2026, 3, 8),
                (2026, 11, 1),
                (2026, 4, 4),
                (2026, 10, 3),
                (2018, 11, 4),
                (2018, 2, 18),
                (2024, 3, 31),
                (2011, 12, 30),
                (2010, 11, 7),
            )
        ]
    ),
    st.integers(-24 * 60, 48 * 60),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "zone", "at", "starts", "ends"),
    [
        ("day", "UTC", "2026-11-20T12:00", "2026-11-20T00:00", "2026-11-21T00:00"),
        ("week", "UTC", "2026-11-22T23:59", "2026-11-16T00:00", "2026-11-23T00:00"),
        ("month", "UTC", "2026-12-31T23:59", "2026-12-01T00:00", "2027-01-01T00:00"),
        (
            "day",
            "America/New_York",
            "2026-03-08T12:00",
            "2026-03-08T05:00",
            "2026-03-09T04:00",
        ),
        (
            "day",
            "America/New_York",
            "2026-11-01T12:00",
            "2026-11-01T04:00",
            "2026-11-02T05:00",
        ),
        (
            "day",
            "America/Sao_Paulo",
            "2018-11-04T03:00",
            "2018-11-04T03:00",
            "2018-11-05T02:00",
        ),
        ("hour", "UTC", "2026-11-20T12:59", "2026-11-20T12:00", "2026-11-20T13:00"),
        (
            "hour",
            "Asia/Kathmandu",
            "2026-11-20T12:00",
            "2026-11-20T11:15",
            "2026-11-20T12:15",
        ),
        # New York sees 01:30 twice, in two hours of their own.
        (
            "hour",
            "America/New_York",
            "2026-11-01T05:30",
            "2026-11-01T05:00",
            "2026-11-01T06:00",
        ),
        (
            "hour",
            "America/New_York",
            "2026-11-01T06:30",
            "2026-11-01T06:00",
            "2026-11-01T07:00",
        ),
        # Lord Howe goes forward by half an hour: the day ends with half an hour.
        (
            "hour",
            "Australia/Lord_Howe",
            "2026-10-04T12:45",
            "2026-10-04T12:30",
            "2026-10-04T13:00",
        ),
        ("total", "UTC", "2026-11-20T12:00", "1970-01-01T00:00", "9999-01-01T00:00"),
        (
            "day",
            "Asia/Beirut",
            "2024-03-31T12:00",
            "2024-03-30T22:00",
            "2024-03-31T21:00",
        ),
        (
            "day",
            "America/St_Johns",
            "2010-11-07T02:45",
            "2010-11-07T02:30",
            "2010-11-08T03:30",
        ),
    ],
)
def test_window_runs_from_local_midnight_to_midnight(
    kind: str, zone: str, at: str, starts: str, ends: str
) -> None:
    bounds = window_bounds(Window(kind), utc(at), ZoneInfo(zone))

    assert bounds == (utc(starts), utc(ends))


@given(MOMENTS | CHANGES, ZONES)
def test_hours_fill_their_day_and_none_is_longer(at: datetime, zone: ZoneInfo) -> None:
    starts, ends = window_bounds(Window.hour, at, zone)
    first, last = window_bounds(Window.day, at, zone)

    assert first <= starts < ends <= last
    assert ends - starts == timedelta(hours=1) or ends == last


@given(KINDS, MOMENTS | CHANGES, ZONES)
def test_windows_hold_their_moment_and_touch(
    kind: Window, at: datetime, zone: ZoneInfo
) -> None:
    starts, ends = window_bounds(kind, at, zone)

    assert starts <= at < ends
    assert window_bounds(kind, starts, zone) == (starts, ends)
    assert window_bounds(kind, ends, zone)[0] == ends
    assert window_bounds(kind, ends - timedelta.resolution, zone) == (starts, ends)


@given(KINDS, MOMENTS | CHANGES, ZONES, ZONES)
def test_changed_zone_starts_with_the_next_window_without_overlap(
    kind: Window, at: datetime, old: ZoneInfo, new: ZoneInfo
) -> None:
    _, previous_end = window_bounds(kind, at, old)

    starts, ends = next_window(kind, previous_end, previous_end, new)

    assert starts == previous_end < ends
    assert ends == window_bounds(kind, starts, new)[1]


def test_window_after_a_pause_starts_at_the_local_start() -> None:
    bounds = next_window(
        Window.day, utc("2026-11-01T00:00"), utc("2026-11-20T12:00"), ZoneInfo("UTC")
    )

    assert bounds == (utc("2026-11-20T00:00"), utc("2026-11-21T00:00"))


def test_first_window_is_the_plain_one() -> None:
    at, zone = utc("2026-11-20T12:00"), ZoneInfo("UTC")

    assert next_window(Window.week, None, at, zone) == window_bounds(
        Window.week, at, zone
    )
