"""Caps and budgets: which of them hold in a window, and on a day of the week."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from app.domain.errors import FieldError, InvalidInput
from app.domain.schedule import DAYS


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
