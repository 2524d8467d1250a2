"""The stretches of time in which a schedule is open, and how much of it has passed.

They agree with `is_open` at every moment, also where the clock skips or repeats hours.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from app.domain.schedule import Schedule, is_open, minute_of_week

MAX_KEPT = 4096
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_NONE = timedelta()
# After eight days every hour of the week was reached, whatever the clocks did.
_AHEAD = timedelta(days=8)


@dataclass(frozen=True)
class OpenHours:
    """The open stretches of a window, each with the open time before it."""

    opens: tuple[datetime, ...]
    closes: tuple[datetime, ...]
    before: tuple[timedelta, ...]
    total: timedelta

    def passed(self, at_utc: datetime) -> timedelta:
        """Return how much open time of the window is over at that moment."""
        index = bisect_right(self.opens, at_utc) - 1
        if index < 0:
            return _NONE
        closed = min(at_utc, self.closes[index])
        return self.before[index] + (closed - self.opens[index])

    def moment(self, passed: timedelta) -> datetime | None:
        """Return the open moment at which so much is over; None where it never is."""
        if passed >= self.total:
            return None
        index = bisect_right(self.before, passed) - 1
        return self.opens[index] + (passed - self.before[index])


@lru_cache(MAX_KEPT)
def open_hours(
    schedule: Schedule | None, starts_utc: datetime, ends_utc: datetime, zone: ZoneInfo
) -> OpenHours:
    """Return the open stretches of a window; without a schedule it is all open."""
    stretches = list(open_stretches(schedule, starts_utc, ends_utc, zone))
    lengths = [closes - opens for opens, closes in stretches]
    *before, total = accumulate(lengths, initial=_NONE)
    return OpenHours(
        tuple(opens for opens, _ in stretches),
        tuple(closes for _, closes in stretches),
        tuple(before),
        total,
    )


@lru_cache(MAX_KEPT)
def next_opening(
    schedule: Schedule | None, at_utc: datetime, zone: ZoneInfo
) -> datetime | None:
    """Return the first open moment from `at_utc` on; None where it never opens."""
    stretches = open_stretches(schedule, at_utc, at_utc + _AHEAD, zone)
    return next((opens for opens, _ in stretches), None)


def open_stretches(
    schedule: Schedule | None, starts_utc: datetime, ends_utc: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield (opens, closes) between two moments, none touching the next."""
    if schedule is None:
        yield starts_utc, ends_utc
        return
    if not schedule.spans:
        return
    at, opened = starts_utc, None
    while at < ends_utc:
        if is_open(schedule, at, zone):
            opened = opened or at
        elif opened is not None:
            yield opened, at
            opened = None
        at = min(_steady_until(schedule, at, zone), ends_utc)
    if opened is not None:
        yield opened, ends_utc


def _steady_until(schedule: Schedule, at_utc: datetime, zone: ZoneInfo) -> datetime:
    """Return the next moment at which a span begins or ends, or the clock is put."""
    local = at_utc.astimezone(zone)
    minute = minute_of_week(local)
    edges = (edge for span in schedule.spans for edge in (span.opens, span.closes))
    ahead = min((edge - minute - 1) % _WEEK_MINUTES + 1 for edge in edges)
    over = timedelta(seconds=local.second, microseconds=local.microsecond)
    # No clock is put twice within a day, so that none is missed.
    until = at_utc - over + timedelta(minutes=min(ahead, _DAY_MINUTES))
    if until.astimezone(zone).utcoffset() == local.utcoffset():
        return until
    return _clock_put(at_utc, until, zone)


def _clock_put(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment between both at which the zone's clock is put."""
    offset = before.astimezone(zone).utcoffset()
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        at = datetime.fromtimestamp(middle, zone)
        low, high = (middle, high) if at.utcoffset() == offset else (low, middle)
    return datetime.fromtimestamp(high, UTC)
