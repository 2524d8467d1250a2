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
KINDS = st.sampled_from(Window)


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


@given(KINDS, MOMENTS, ZONES)
def test_windows_hold_their_moment_and_touch(
    kind: Window, at: datetime, zone: ZoneInfo
) -> None:
    starts, ends = window_bounds(kind, at, zone)

    assert starts <= at < ends
    assert window_bounds(kind, starts, zone) == (starts, ends)
    assert window_bounds(kind, ends, zone)[0] == ends
    assert window_bounds(kind, ends - timedelta.resolution, zone) == (starts, ends)


@given(KINDS, MOMENTS, ZONES, ZONES)
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
