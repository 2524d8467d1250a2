"""The standing orders of a campaign as the router sees them, with how things stand.

Read plainly for a forecast, or under lock (subscriptions, then accounts, by id) where
a hold follows: what is read under lock needs no second check.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.domain.filters import Filter, compile_rule
from app.domain.price_rules import PriceRule, compile_price_rules
from app.domain.routing_facts import Limit, Standing, SubscriptionFacts, Used
from app.domain.schedule import Schedule, compile_schedule, timezone_named
from app.domain.shares import share_window_start
from app.domain.states import AccountKind, Method, ShareWindow, SwitchScope
from app.domain.windows import Window, next_window
from app.gateways.regex import compile_regex
from app.services.accounts import Balance, balance_of
from app.services.holds import WindowTaken
from app.trips import Asked

OF_CAMPAIGN = (
    "s.campaign_id = :campaign AND s.status <> 'archived'"
    " AND (s.mode = 'auto' OR s.id = CAST(:by_hand AS bigint))"
)
FIND = (
    "SELECT s.id, s.version, s.partner_id, s.endpoint_id,"  # noqa: S608 - all is ours
    " s.priority, s.weight, s.percent,"
    " s.filters, s.schedule, coalesce(s.timezone, p.timezone) AS timezone,"
    " CASE WHEN s.price_rules IS NULL THEN coalesce(s.price_cents, c.price_cents)"
    "   ELSE s.price_cents END AS price_cents, s.price_rules,"
    " s.daily_cap, s.weekly_cap, s.monthly_cap, s.daily_budget_cents,"
    " s.weekly_budget_cents, s.monthly_budget_cents, s.deficit_nano, s.deficit_from,"
    " s.last_sold_at, s.return_rate_bp,"
    " s.status = 'active' AND p.status = 'active' AS is_active,"
    " e.status = 'active' AND (e.open_until IS NULL OR e.open_until <= now())"
    "   AS endpoint_up,"
    " EXISTS (SELECT FROM kill_switch k WHERE k.off_at IS NULL"
    "   AND k.partner_id = p.id) AS is_partner_stopped"
    " FROM subscription s JOIN partner p ON p.id = s.partner_id"
    " JOIN campaign c ON c.id = s.campaign_id"
    " LEFT JOIN endpoint e ON e.id = s.endpoint_id"
    f" WHERE {OF_CAMPAIGN} ORDER BY s.id"
)
# Arrays, so that the index is used whatever the planner expects of the subquery.
ACCOUNTS = (
    "SELECT id, partner_id, vendor_id, kind,"  # noqa: S608
    " balance_cents, floor_cents FROM account"
    " WHERE partner_id = ANY(ARRAY(SELECT s.partner_id FROM subscription s"
    f"   WHERE {OF_CAMPAIGN}))"
    " AND currency = (SELECT currency FROM campaign WHERE id = :campaign) ORDER BY id"
)
# The last window of each kind, whatever was before it.
WINDOWS = text(
    "SELECT w.* FROM subscription s,"  # noqa: S608
    " unnest(ARRAY['day', 'week', 'month']) AS of (kind)"
    " CROSS JOIN LATERAL ("
    "   SELECT subscription_id, kind, starts_at, ends_at, holds, cents"
    "     FROM subscription_window"
    "    WHERE subscription_id = s.id AND kind = of.kind"
    "    ORDER BY starts_at DESC LIMIT 1"
    f" ) AS w WHERE {OF_CAMPAIGN}"
)
PLAIN = (text(FIND), text(ACCOUNTS), WINDOWS)
LOCKING = (
    text(f"{FIND} FOR NO KEY UPDATE OF s"),
    text(f"{ACCOUNTS} FOR NO KEY UPDATE"),
    WINDOWS,
)
MOST_COMPILED = 20_000
LIMITS = (
    (Window.day, "daily_cap", "daily_budget_cents"),
    (Window.week, "weekly_cap", "weekly_budget_cents"),
    (Window.month, "monthly_cap", "monthly_budget_cents"),
)

Compiled = tuple[Filter | None, Schedule | None, tuple[PriceRule, ...]]
_cache: dict[tuple[int, int], Compiled] = {}


@dataclass
class Orders:
    """A campaign's standing orders and their standing at one moment."""

    facts: list[SubscriptionFacts]
    endpoints: Mapping[int, int | None]
    standing: Standing
    balances: list[Balance]
    deficits_from: datetime | None = None
    bounds: dict[tuple[int, Window], tuple[datetime, datetime]] = field(
        default_factory=dict
    )

    def windows_taken(self, taken: Mapping[int, tuple[int, int]]) -> list[WindowTaken]:
        """Return what a batch takes of each window: {subscription: (holds, cents)}."""
        by_id = {one.id: one for one in self.facts}
        return [
            WindowTaken(
                subscription_id,
                limit.window.value,
                *self.bounds[subscription_id, limit.window],
                holds,
                cents,
                limit.count,
                limit.cents,
            )
            for subscription_id, (holds, cents) in sorted(taken.items())
            for limit in by_id[subscription_id].limits
        ]


def orders_asked(
    campaign_id: int, *, lock: bool, by_hand: int | None = None
) -> list[Asked]:
    """Return what reads a campaign's automatic orders, and the one sold to by hand."""
    bound = {"campaign": campaign_id, "by_hand": by_hand}
    return [(query, bound) for query in (LOCKING if lock else PLAIN)]


def orders_of(
    campaign: Any,  # noqa: ANN401 - a row
    rows: Sequence[Any],
    accounts: Sequence[Any],
    windows: Sequence[Any],
) -> Orders:
    """Return the orders that were read."""
    balances = [balance_of(row) for row in accounts]
    since = _deficits_from(campaign)
    orders = Orders(
        facts=[_facts(row, campaign.stopped) for row in rows],
        endpoints={row.id: row.endpoint_id for row in rows},
        standing=Standing(
            available={
                balance.partner_id: balance.spendable_cents
                for balance in balances
                if balance.kind is AccountKind.wallet and balance.partner_id
            },
            deficits={
                row.id: row.deficit_nano for row in rows if row.deficit_from == since
            },
        ),
        balances=balances,
        deficits_from=since,
    )
    _set_windows(orders, windows, campaign.now)
    return orders


def forget() -> None:
    """Forget what was compiled; only a database that went back in time asks for it."""
    _cache.clear()


def _deficits_from(campaign: Any) -> datetime | None:  # noqa: ANN401 - a row
    """Return since when deficits count: percentages begin anew with their window."""
    if Method(campaign.method) is not Method.percentage:
        return None
    return share_window_start(ShareWindow(campaign.percentage_window), campaign.now)


def _set_windows(orders: Orders, rows: Sequence[Any], now: datetime) -> None:
    """Fill in the current windows; one that has ended gives way to the next."""
    last = {(row.subscription_id, Window(row.kind)): row for row in rows}
    for one in orders.facts:
        for window in Window:
            row = last.get((one.id, window))
            if row is not None and row.ends_at > now:
                orders.bounds[one.id, window] = (row.starts_at, row.ends_at)
                orders.standing.usage[one.id, window] = Used(row.holds, row.cents)
            else:
                ended = row.ends_at if row is not None else None
                bounds = next_window(window, ended, now, one.zone)
                orders.bounds[one.id, window] = bounds


def _facts(row: Any, stopped: str | None) -> SubscriptionFacts:  # noqa: ANN401 - a row
    rule, schedule, price_rules = _compiled(row)
    by_partner = SwitchScope.partner.name if row.is_partner_stopped else None
    return SubscriptionFacts(
        id=row.id,
        partner_id=row.partner_id,
        price_cents=row.price_cents,
        zone=timezone_named(row.timezone),
        is_active=row.is_active,
        schedule=schedule,
        rule=rule,
        price_rules=price_rules,
        priority=row.priority,
        return_rate_bp=row.return_rate_bp,
        weight=row.weight,
        percent=row.percent,
        limits=tuple(
            Limit(window, getattr(row, cap), getattr(row, budget))
            for window, cap, budget in LIMITS
        ),
        endpoint_up=bool(row.endpoint_up),
        stopped=stopped or by_partner,
        last_sold_at=row.last_sold_at,
    )


def _compiled(row: Any) -> Compiled:  # noqa: ANN401 - a row
    """Compile filters, schedule and prices once per version of a subscription."""
    key = (row.id, row.version)
    if key not in _cache:
        if len(_cache) >= MOST_COMPILED:
            _cache.clear()
        _cache[key] = (
            compile_rule(row.filters, compile_regex),
            compile_schedule(row.schedule),
            compile_price_rules(row.price_rules, compile_regex),
        )
    return _cache[key]
