"""Opening hours: when a subscription takes leads, on its own wall clock.

Hours are read off the local clock, so a window keeps its hours when the clocks change.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from app.domain.errors import FieldError, InvalidInput

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_ENTRIES = 100
_KEYS = {"days", "from", "to"}
_DAY = 24 * 60
_WEEK = 7 * _DAY
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


@dataclass(frozen=True)
class Span:
    """Open minutes of the week, Monday 00:00 being 0; `closes` itself is shut.

    A span that begins late on Sunday may close after the end of the week.
    """

    opens: int
    closes: int


# Compared as an object: what was reckoned of it is found without reading its spans.
@dataclass(frozen=True, eq=False)
class Schedule:
    """The spans of a week; without any it is never open."""

    spans: tuple[Span, ...]


def compile_schedule(schedule: object) -> Schedule | None:
    """Read the JSON of a schedule: null is always, `[]` never.

    An entry is `{"days": ["mon"], "from": "09:00", "to": "17:00"}`; `to` may be 24:00;
    a `from` after its `to` runs over midnight and belongs to the day it starts on.
    Raises InvalidInput with every error, named like `schedule[1].from`.
    """
    if schedule is None:
        return None
    if not isinstance(schedule, list):
        raise InvalidInput.one("schedule", "type", "Give null or a list of hours.")
    if len(schedule) > MAX_ENTRIES:
        raise InvalidInput.one("schedule", "too_many", f"At most {MAX_ENTRIES}.")
    errors: list[FieldError] = []
    spans = [
        span
        for index, entry in enumerate(schedule)
        for span in _spans(entry, f"schedule[{index}]", errors)
    ]
    if errors:
        raise InvalidInput(errors)
    return Schedule(_merged(spans))


def is_open(schedule: Schedule | None, at_utc: datetime, zone: ZoneInfo) -> bool:
    """Say whether the aware time `at_utc` lies in the schedule's hours in `zone`."""
    if schedule is None:
        return True
    minute = _local_minute(at_utc, zone)
    for span in schedule.spans:
        if span.opens <= minute < span.closes or minute + _WEEK < span.closes:
            return True
    return False


def minute_of_week(local: datetime) -> int:
    """Return the minute of the local week, Monday 00:00 being 0."""
    return local.weekday() * _DAY + local.hour * 60 + local.minute


# Of one moment the same is asked for every subscription.
@lru_cache(maxsize=1024)
def _local_minute(at_utc: datetime, zone: ZoneInfo) -> int:
    return minute_of_week(at_utc.astimezone(zone))


def timezone_named(name: object) -> ZoneInfo:
    """Return the IANA time zone of that name; raise InvalidInput if there is none."""
    if not isinstance(name, str) or name not in _known_names():
        raise InvalidInput.one(
            "timezone", "unknown", "Name an IANA time zone such as America/New_York."
        )
    return ZoneInfo(name)


@cache
def _known_names() -> frozenset[str]:
    # ZoneInfo also opens names such as right/UTC, which counts leap seconds.
    return frozenset(available_timezones())


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.opens):
        if merged and span.opens <= merged[-1].closes:
            last = merged.pop()
            merged.append(Span(last.opens, max(last.closes, span.closes)))
        else:
            merged.append(span)
    return tuple(merged)


def _spans(entry: object, name: str, errors: list[FieldError]) -> list[Span]:
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        errors.append(FieldError(name, "keys", "Give exactly days, from and to."))
        return []
    days = _days(entry["days"], f"{name}.days", errors)
    opens = _minutes(entry["from"], f"{name}.from", errors)
    closes = _minutes(entry["to"], f"{name}.to", errors)
    if opens == _DAY:
        errors.append(FieldError(f"{name}.from", "value", "Write 00:00 of the day."))
    elif opens is not None and opens == closes:
        errors.append(FieldError(f"{name}.to", "value", "Must differ from `from`."))
    if opens is None or closes is None:
        return []
    length = (closes - opens) % _DAY or _DAY
    return [Span(day * _DAY + opens, day * _DAY + opens + length) for day in days]


def _days(days: object, name: str, errors: list[FieldError]) -> list[int]:
    if isinstance(days, list) and days and all(day in DAYS for day in days):
        return [DAYS.index(day) for day in days]
    errors.append(FieldError(name, "value", f"Give some of {', '.join(DAYS)}."))
    return []


def _minutes(text: object, name: str, errors: list[FieldError]) -> int | None:
    if isinstance(text, str) and _CLOCK.fullmatch(text):
        return int(text[:2]) * 60 + int(text[3:])
    errors.append(FieldError(name, "value", "Write the time like 09:00."))
    return None
