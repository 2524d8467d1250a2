"""The limits that an order sets, and the windows in which it counted last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.domain.routing_facts import Limit, LimitTerms, SubscriptionFacts, Used
from app.domain.states import AtCap, Pacing
from app.domain.windows import Window, next_window

LIMITS = (
    (Window.hour, "hourly_cap", "hourly_budget_cents"),
    (Window.day, "daily_cap", "daily_budget_cents"),
    (Window.week, "weekly_cap", "weekly_budget_cents"),
    (Window.month, "monthly_cap", "monthly_budget_cents"),
    (Window.total, "total_cap", "total_budget_cents"),
)


@dataclass(frozen=True)
class Windows:
    """The last window of each kind that a subscription counted in, at one moment."""

    rows: Mapping[tuple[int, Window], Any]
    now: datetime

    def bounds(
        self, subscription_id: int, window: Window, zone: ZoneInfo
    ) -> tuple[datetime, datetime]:
        """Return the current window; one that has ended gives way to the next."""
        row = self.rows.get((subscription_id, window))
        if row is not None and row.ends_at > self.now:
            return row.starts_at, row.ends_at
        ended = row.ends_at if row is not None else None
        return next_window(window, ended, self.now, zone)

    def usage(self) -> dict[tuple[int, Window], Used]:
        """Return what was taken of the windows that have not ended."""
        return {
            key: Used(row.holds, row.cents)
            for key, row in self.rows.items()
            if row.ends_at > self.now
        }


def terms_of_order(row: Any) -> LimitTerms:  # noqa: ANN401 - a row
    """Return the limits that an order sets, those of a day if any day has one."""
    weekdays = (row.weekday_caps or {}, row.weekday_budgets_cents or {})
    limits = [
        Limit(window, getattr(row, cap), getattr(row, budget))
        for window, cap, budget in LIMITS
    ]
    return LimitTerms(
        tuple(
            limit
            for limit in limits
            if (limit.count is not None or limit.cents is not None)
            or (limit.window is Window.day and any(weekdays))
        ),
        *weekdays,
        is_even=row.pacing == Pacing.even.name,
        is_queued=row.at_cap == AtCap.queue.name,
    )


def every_limit(one: SubscriptionFacts) -> list[tuple[Window, Limit]]:
    """Return the limit of each window, an empty one where none is set."""
    limits = {limit.window: limit for limit in one.limits}
    return [(window, limits.get(window) or Limit(window)) for window in Window]
