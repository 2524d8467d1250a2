"""Periods that lists and reports are narrowed to; days are those of UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta

PERIODS = (
    ("today", "Today"),
    ("yesterday", "Yesterday"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("365d", "Last 365 days"),
    ("month", "This month"),
)
DAYS = {"today": 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365}
BETWEEN = re.compile(r"(\d{4}-\d{2}-\d{2})?\.\.(\d{4}-\d{2}-\d{2})?")

Bounds = tuple[datetime | None, datetime | None]


def bounds_of(period: str, now: datetime) -> Bounds | None:
    """Return from (included) and to (not included), or None for no period.

    It is one of PERIODS, or days such as `2026-11-01..2026-11-21`, both included.
    """
    today = now.astimezone(UTC).date()
    if period in DAYS:
        return _day(today - timedelta(days=DAYS[period] - 1)), None
    if period == "yesterday":
        return _day(today - timedelta(days=1)), _day(today)
    if period == "month":
        return _day(today.replace(day=1)), None
    return _between(period)


def period_words(period: str) -> str:
    """Return a period in words."""
    named = dict(PERIODS).get(period)
    if named:
        return named
    start, _, end = period.partition("..")
    if start and end:
        return f"{start} to {end}"
    return f"since {start}" if start else f"until {end}"


def _between(period: str) -> Bounds | None:
    found = BETWEEN.fullmatch(period)
    if found is None or not (found[1] or found[2]):
        return None
    try:
        start = _day(date.fromisoformat(found[1])) if found[1] else None
        end = date.fromisoformat(found[2]) if found[2] else None
        return start, _day(end + timedelta(days=1)) if end else None
    except (ValueError, OverflowError):
        return None


def _day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
