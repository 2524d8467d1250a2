"""What a subscription took in its current windows, beside its limits, for people.

A bar says it and words say it; the list says who is at a limit.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from app.domain.limits import day_limit
from app.domain.schedule import timezone_named
from app.domain.states import SaleType
from app.domain.windows import Window, window_bounds
from app.models.subscription import Subscription
from app.services.order_limits import LIMITS
from app.views.formats import money

LABELS = {
    Window.hour: "This hour",
    Window.day: "Today",
    Window.week: "This week",
    Window.month: "This month",
    Window.total: "In all",
}
CHIP = Markup('<span class="chip {}">{}</span>')
# What a list must read of a row to say how it stands.
READ_FOR_USE = (
    "price_rules",
    "weekday_caps",
    "weekday_budgets_cents",
    "schedule",
    "campaign.price_cents",
    "campaign.currency",
    "partner.timezone",
)
NEVER_OPENS = "Its schedule never opens: it takes no leads."


@dataclass(frozen=True)
class Used:
    """What was taken of one limit; None is no limit."""

    taken: int
    limit: int | None
    words: str
    is_reached: bool

    @property
    def percent(self) -> int:
        """How much of the limit is used, at most 100; nothing of nothing is all."""
        return min(100, self.taken * 100 // self.limit) if self.limit else 100


@dataclass(frozen=True)
class WindowUse:
    """A window with its leads and its money."""

    label: str
    leads: Used
    money: Used
    ends_at: datetime | None

    @property
    def is_reached(self) -> bool:
        """Whether it lets nothing more through."""
        return self.leads.is_reached or self.money.is_reached


def use_of(order: Subscription) -> list[WindowUse]:
    """Return an order's use of its day, week and month, and of what else is limited."""
    return [
        use
        for window, cap, budget in LIMITS
        for use in [_use(order, window, cap, budget)]
        if window not in (Window.hour, Window.total)
        or use.leads.limit is not None
        or use.money.limit is not None
    ]


def warnings_of(order: Subscription) -> list[str]:
    """Return what keeps an order from ever taking a lead, in sentences."""
    return [NEVER_OPENS] if order.schedule == [] else []


def today_of(order: Subscription) -> Markup | str:
    """Return what an order took today, and a chip for a limit that is reached."""
    uses = use_of(order)
    today = next(use for use in uses if use.label == LABELS[Window.day])
    cap, taken = today.leads.limit, today.leads.taken
    told = f"{taken:,}" if cap is None else f"{taken:,} of {cap:,}"
    if warnings_of(order):
        return Markup("{} {}").format(told, CHIP.format("warn", "Never open"))
    if not any(use.is_reached for use in uses):
        return told
    return Markup("{} {}").format(told, CHIP.format("warn", "At a limit"))


def _use(order: Subscription, window: Window, cap: str, budget: str) -> WindowUse:
    current = next((one for one in order.open_windows if one.kind == window), None)
    most, most_cents = getattr(order, cap), getattr(order, budget)
    if window is Window.day:
        most, most_cents = _limits_of_day(order, current, most, most_cents)
    holds, cents = (current.holds, current.cents) if current else (0, 0)
    currency, price = order.campaign.currency, _cheapest(order)
    spent = money(cents, currency)
    return WindowUse(
        LABELS[window],
        Used(
            holds,
            most,
            f"{holds:,}" if most is None else f"{holds:,} of {most:,}",
            most is not None and holds >= most,
        ),
        Used(
            cents,
            most_cents,
            spent
            if most_cents is None
            else f"{spent} of {money(most_cents, currency)}",
            # A budget of nothing takes not even a lead that is free.
            most_cents is not None and (cents + price > most_cents or not most_cents),
        ),
        current.ends_at if current and window is not Window.total else None,
    )


def _cheapest(order: Subscription) -> int:
    """Return the least that a lead costs it, beside others or alone."""
    alone = order.exclusive_price_cents
    if order.sale_type is SaleType.exclusive and alone is not None:
        return alone
    prices = [rule["price_cents"] for rule in order.price_rules or ()]
    prices += (
        [alone] if order.sale_type is SaleType.hybrid and alone is not None else []
    )
    if order.price_cents is not None:
        prices.append(order.price_cents)
    elif order.price_rules is None:
        prices.append(order.campaign.price_cents)
    return min(prices, default=0)


def _limits_of_day(
    order: Subscription,
    current: Any,  # noqa: ANN401 - a window or None
    cap: int | None,
    budget: int | None,
) -> tuple[int | None, int | None]:
    zone = timezone_named(order.timezone or order.partner.timezone)
    starts = (
        current.starts_at
        if current
        else window_bounds(Window.day, datetime.now(UTC), zone)[0]
    )
    return (
        day_limit(order.weekday_caps, cap, starts, zone),
        day_limit(order.weekday_budgets_cents, budget, starts, zone),
    )
