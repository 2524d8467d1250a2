"""Even pacing: a limit is let through in step with the open hours of its window.

By any moment at most `ceil(limit * passed / open)`, so never more than the limit; the
first lead of a window may come as soon as it opens.
"""

from datetime import datetime, timedelta

from app.domain.open_hours import OpenHours
from app.domain.routing_facts import Limit, Used

_TICK = timedelta.resolution


def is_ahead(limit: Limit, so_far: Used, price_cents: int, now: datetime) -> bool:
    """Say whether a lead at that price would be more than is due by now."""
    if limit.hours is None:
        return False
    passed, total = limit.hours.passed(now), limit.hours.total
    if not total:
        return True
    if not so_far.count:
        return False
    after = so_far.cents + price_cents
    return (
        limit.count is not None and so_far.count >= _due(limit.count, passed, total)
    ) or (limit.cents is not None and after > _due(limit.cents, passed, total))


def next_slot(limit: Limit, so_far: Used, price_cents: int) -> datetime | None:
    """Return from when a lead at that price is due; None where not in this window."""
    hours = limit.hours
    if hours is None or not so_far.count:
        return limit.starts_at
    moments = []
    if limit.count is not None:
        moments.append(_passed(so_far.count, limit.count, hours))
    if limit.cents is not None:
        moments.append(_passed(so_far.cents + price_cents - 1, limit.cents, hours))
    return hours.moment(max(moments))


def _due(limit: int, passed: timedelta, total: timedelta) -> int:
    return -(-limit * (passed // _TICK) // (total // _TICK))


def _passed(more_than: int, limit: int, hours: OpenHours) -> timedelta:
    """Return the least open time by which more than so many are due."""
    if more_than < 0:
        return timedelta()
    if not limit:
        return hours.total
    return (more_than * (hours.total // _TICK) // limit + 1) * _TICK
