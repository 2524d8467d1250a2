"""Caps and budgets: which of them hold in a window, and on a day of the week."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.errors import FieldError, InvalidInput
from app.domain.open_hours import open_hours
from app.domain.routing_facts import Limit, LimitTerms
from app.domain.schedule import DAYS, Schedule
from app.domain.windows import CYCLES, Window


def check_weekdays(name: str, limits: object, most: int) -> None:
    """Check an object such as `{"mon": 200, "sat": 0}`; null is no limits of days.

    Raises InvalidInput with every error, named like `weekday_caps.mon`.
    """
    if limits is None:
        return
    if not isinstance(limits, dict) or not limits:
        message = f"Give null, or limits by day: some of {', '.join(DAYS)}."
        raise InvalidInput.one(name, "type", message)
    errors = [
        FieldError(f"{name}.{day}", "out_of_range", _why_not(day, value, most))
        for day, value in limits.items()
        if _why_not(day, value, most)
    ]
    if errors:
        raise InvalidInput(errors)


def limits_at(
    terms: LimitTerms,
    bounds: Callable[[Window], tuple[datetime, datetime]],
    schedule: Schedule | None,
    zone: ZoneInfo,
) -> tuple[Limit, ...]:
    """Return the limits of the windows that `bounds` tells of a moment.

    Where nothing depends on the moment, and nothing waits, they are always the same.
    """
    by_weekday = terms.weekday_caps or terms.weekday_cents
    if not (by_weekday or terms.is_even or terms.is_queued):
        return terms.limits
    return tuple(
        limit
        for of_window in terms.limits
        for limit in [_limit_at(of_window, terms, bounds, schedule, zone)]
        if limit.count is not None or limit.cents is not None
    )


def day_limit(
    by_weekday: Mapping[str, int] | None,
    every_day: int | None,
    starts_utc: datetime,
    zone: ZoneInfo,
) -> int | None:
    """Return the limit of the day that starts then: its weekday's, or every day's."""
    if not by_weekday:
        return every_day
    day = DAYS[starts_utc.astimezone(zone).weekday()]
    return by_weekday.get(day, every_day)


def _why_not(day: object, value: object, most: int) -> str:
    if day not in DAYS:
        return f"Name a day: {', '.join(DAYS)}."
    # bool is an int to Python, not to a reader.
    if isinstance(value, bool) or not isinstance(value, int):
        return "Send a whole number."
    return "" if 0 <= value <= most else f"Send a number from 0 to {most}."


def _limit_at(
    limit: Limit,
    terms: LimitTerms,
    bounds: Callable[[Window], tuple[datetime, datetime]],
    schedule: Schedule | None,
    zone: ZoneInfo,
) -> Limit:
    starts, ends = bounds(limit.window)
    count, cents, hours = limit.count, limit.cents, None
    if limit.window is Window.day:
        count = day_limit(terms.weekday_caps, count, starts, zone)
        cents = day_limit(terms.weekday_cents, cents, starts, zone)
    if terms.is_even and limit.window in CYCLES:
        hours = open_hours(schedule, starts, ends, zone)
    return Limit(limit.window, count, cents, starts, ends, hours)
