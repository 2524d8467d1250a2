"""Cap windows: the hours, days, weeks or months in which sales are counted, and all.

Windows of a kind follow each other without gap or overlap, whatever the clocks do.
"""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo


class Window(StrEnum):
    """A kind of window; the week is ISO's and begins on Monday, `total` never ends."""

    hour = "hour"
    day = "day"
    week = "week"
    month = "month"
    total = "total"


# What is counted by calendar: an hour is too short, and all time too long, for a cycle.
CYCLES = (Window.day, Window.week, Window.month)
ALL_TIME = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
MAX_KEPT = 4096
_HOUR = timedelta(hours=1)


def window_bounds(
    kind: Window, at_utc: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return the window that holds `at_utc`: its start, and its end (outside), in UTC.

    It runs from local midnight to local midnight; where the clock skips midnight it
    starts with the first moment after, where midnight comes twice with the first one.
    Hours are counted from the day's start; the last of a day ends with it.
    """
    if kind is Window.total:
        return ALL_TIME
    if kind is Window.hour:
        return _hour(at_utc, *window_bounds(Window.day, at_utc, zone))
    first = _first_day(kind, at_utc.astimezone(zone).date())
    starts, ends = _midnights(kind, first, zone)
    # A clock put back across midnight shows the old date again in the new window.
    return (
        (starts, ends)
        if at_utc < ends
        else _midnights(kind, _following(kind, first), zone)
    )


def next_window(
    kind: Window, previous_end_utc: datetime | None, at_utc: datetime, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return the bounds of a new window at `at_utc`, after one that ended earlier.

    The zone may have changed since: the window ends with the new zone's hour, day, week
    or month, and never starts before `previous_end_utc` (None: there was none yet).
    """
    if previous_end_utc is None:
        return window_bounds(kind, at_utc, zone)
    starts, ends = window_bounds(kind, max(at_utc, previous_end_utc), zone)
    return max(starts, previous_end_utc), ends


def _hour(
    at_utc: datetime, day_starts: datetime, day_ends: datetime
) -> tuple[datetime, datetime]:
    # A clock that moves by half an hour leaves half an hour over at the day's end.
    starts = day_starts + (at_utc - day_starts) // _HOUR * _HOUR
    return starts, min(starts + _HOUR, day_ends)


# A batch asks for the same few again and again, for each of a thousand subscriptions.
@lru_cache(MAX_KEPT)
def _midnights(kind: Window, first: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return _midnight(first, zone), _midnight(_following(kind, first), zone)


def _first_day(kind: Window, day: date) -> date:
    if kind is Window.day:
        return day
    if kind is Window.week:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1)


def _following(kind: Window, first: date) -> date:
    if kind is Window.month:
        return (first + timedelta(days=31)).replace(day=1)
    return first + timedelta(days=7 if kind is Window.week else 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # With fold=0 a midnight that the clock skips is read with the offset before the
    # change, which is the moment of the change itself.
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
