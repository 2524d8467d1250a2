"""Periods and days that lists and reports are narrowed to."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

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


def bounds_of(period: str, now: datetime, zone: tzinfo = UTC) -> Bounds | None:
    """Return from (included) and to (not included), or None for no period.

    It is one of PERIODS, or days such as `2026-11-01..2026-11-21`, both included. Days
    are those of the zone.
    """
    today = now.astimezone(zone).date()
    if period in DAYS:
        return _begins(today - timedelta(days=DAYS[period] - 1), zone), None
    if period == "yesterday":
        return _begins(today - timedelta(days=1), zone), _begins(today, zone)
    if period == "month":
        return _begins(today.replace(day=1), zone), None
    texts = found.groups("") if (found := BETWEEN.fullmatch(period)) else ("", "")
    bounds = days_between(zone, *texts)
    # A day that is none would leave a side open that somebody wanted closed.
    is_read = [bound is not None for bound in bounds] == [text != "" for text in texts]
    return bounds if is_read and any(texts) else None


def days_between(zone: tzinfo, since: str, until: str) -> Bounds:
    """Return when the first day begins and the last is over; no day leaves it open."""
    first, last = day_of(since), day_of(until)
    return (
        _begins(first, zone) if first else None,
        _begins(last + timedelta(days=1), zone) if last else None,
    )


def day_of(text: str) -> date | None:
    """Return the day that a text spells, of this age; None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None  # noqa: PLR2004 - a sound year


def period_words(period: str) -> str:
    """Return a period in words."""
    named = dict(PERIODS).get(period)
    if named:
        return named
    start, _, end = period.partition("..")
    if start and end:
        return f"{start} to {end}"
    return f"since {start}" if start else f"until {end}"


def _begins(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)
