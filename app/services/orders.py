"""The standing orders of a campaign as the router sees them, with how things stand.

Read plainly for a forecast, or under lock (subscriptions, then accounts, by id) where
a hold follows: what is read under lock needs no second check.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.domain.filters import Filter, compile_rule
from app.domain.limits import limits_at
from app.domain.price_rules import PriceRule, compile_price_rules
from app.domain.routing_facts import (
    CampaignFacts,
    LimitTerms,
    Standing,
    SubscriptionFacts,
)
from app.domain.schedule import Schedule, compile_schedule, timezone_named
from app.domain.shares import share_window_start
from app.domain.states import AccountKind, Method, SaleType, ShareWindow, SwitchScope
from app.domain.windows import Window
from app.gateways.regex import compile_regex
from app.services.accounts import Balance, balance_of
from app.services.holds import WindowTaken
from app.services.order_limits import Windows, every_limit, terms_of_order
from app.trips import Asked

OF_CAMPAIGN = (
    "s.campaign_id = :campaign AND s.status <> 'archived'"
    " AND (s.mode = 'auto' OR :every OR s.id = CAST(:by_hand AS bigint))"
)
FIND = (
    "SELECT s.id, s.version, s.partner_id, s.endpoint_id,"  # noqa: S608 - all is ours
    ' s.priority, s."group", s.weight, s.percent, s.sale_type,'
    " s.exclusive_price_cents, e.timeout_s,"
    " s.filters, s.schedule, coalesce(s.timezone, p.timezone) AS timezone,"
    " CASE WHEN s.price_rules IS NULL THEN coalesce(s.price_cents, c.price_cents)"
    "   ELSE s.price_cents END AS price_cents, s.price_rules,"
    " s.hourly_cap, s.daily_cap, s.weekly_cap, s.monthly_cap, s.total_cap,"
    " s.hourly_budget_cents, s.daily_budget_cents, s.weekly_budget_cents,"
    " s.monthly_budget_cents, s.total_budget_cents,"
    " s.weekday_caps, s.weekday_budgets_cents, s.pacing, s.at_cap,"
    " waiting.at AS waiting_at, waiting.leads AS waiting_leads,"
    " s.deficit_nano, s.deficit_from, s.last_sold_at, s.return_rate_bp,"
    # A lead of which a part is sold never expires; the rest of it is sold no longer.
    " s.reject_rate_bp, least(s.backfill_days, c.sell_days) AS backfill_days,"
    " e.ping IS NOT NULL AS is_asked,"
    " s.status = 'active' AND p.status = 'active' AS is_active,"
    " e.status = 'active' AND (e.open_until IS NULL OR e.open_until <= now())"
    "   AND (e.ping IS NULL OR e.ping_open_until IS NULL"
    "     OR e.ping_open_until <= now()) AS endpoint_up,"
    " EXISTS (SELECT FROM kill_switch k WHERE k.off_at IS NULL"
    "   AND k.partner_id = p.id) AS is_partner_stopped"
    " FROM subscription s JOIN partner p ON p.id = s.partner_id"
    " JOIN campaign c ON c.id = s.campaign_id"
    " LEFT JOIN endpoint e ON e.id = s.endpoint_id"
    # Leads that wait for it already, by the moment at which they are to come.
    " CROSS JOIN LATERAL (SELECT array_agg(run_at) AS at, array_agg(leads) AS leads"
    "   FROM (SELECT run_at, count(*) AS leads FROM work"
    "     WHERE s.at_cap = 'queue' AND waits_for = s.id AND run_at > now()"
    "     GROUP BY run_at) AS by_moment) AS waiting"
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
    " unnest(ARRAY['hour', 'day', 'week', 'month', 'total']) AS of (kind)"
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

Compiled = tuple[Filter | None, Schedule | None, tuple[PriceRule, ...], LimitTerms]
_cache: dict[tuple[int, int], Compiled] = {}


@dataclass
class Orders:
    """A campaign's standing orders and their standing at one moment."""

    facts: list[SubscriptionFacts]
    endpoints: Mapping[int, int | None]
    standing: Standing
    balances: list[Balance]
    windows: Windows
    deficits_from: Mapping[int, datetime | None]

    def windows_taken(self, taken: Mapping[int, tuple[int, int]]) -> list[WindowTaken]:
        """Return what a batch takes of each window: {subscription: (holds, cents)}.

        Those without a limit count too: one that is set later finds what was sold.
        """
        return [
            WindowTaken(
                one.id,
                window.value,
                *self.windows.bounds(one.id, window, one.zone),
                *taken[one.id],
                limit.count,
                limit.cents,
            )
            for one in self.facts
            if one.id in taken
            for window, limit in every_limit(one)
        ]


def orders_asked(
    campaign_id: int, *, lock: bool, by_hand: int | None = None, every: bool = False
) -> list[Asked]:
    """Return what reads a campaign's automatic orders, and the one sold to by hand.

    Or `every` one, whoever it is to be sold to.
    """
    bound = {"campaign": campaign_id, "by_hand": by_hand, "every": every}
    return [(query, bound) for query in (LOCKING if lock else PLAIN)]


def orders_of(
    campaign: Any,  # noqa: ANN401 - a row
    terms: CampaignFacts,
    rows: Sequence[Any],
    accounts: Sequence[Any],
    windows: Sequence[Any],
) -> Orders:
    """Return the orders that were read."""
    balances = [balance_of(row) for row in accounts]
    last = {(row.subscription_id, Window(row.kind)): row for row in windows}
    current = Windows(last, campaign.now)
    since = _deficits_from(campaign, terms, rows)
    return Orders(
        facts=[_facts(row, campaign.stopped, current) for row in rows],
        endpoints={row.id: row.endpoint_id for row in rows},
        standing=Standing(
            usage=current.usage(),
            expected={
                row.id: list(zip(row.waiting_at, row.waiting_leads, strict=True))
                for row in rows
                if row.waiting_at
            },
            available={
                balance.partner_id: balance.spendable_cents
                for balance in balances
                if balance.kind is AccountKind.wallet and balance.partner_id
            },
            deficits={
                row.id: row.deficit_nano
                for row in rows
                if row.deficit_from == since[row.id]
            },
        ),
        balances=balances,
        deficits_from=since,
        windows=current,
    )


def forget() -> None:
    """Forget what was compiled; only a database that went back in time asks for it."""
    _cache.clear()


def _deficits_from(
    campaign: Any,  # noqa: ANN401 - a row
    terms: CampaignFacts,
    rows: Sequence[Any],
) -> dict[int, datetime | None]:
    """Return since when deficits count: percentages begin anew with their window."""
    start = share_window_start(ShareWindow(campaign.percentage_window), campaign.now)
    by_percent = {
        name: terms.tier_of(name).method is Method.percentage
        for name in {row.group for row in rows}
    }
    return {row.id: start if by_percent[row.group] else None for row in rows}


def _facts(
    row: Any,  # noqa: ANN401 - a row
    stopped: str | None,
    windows: Windows,
) -> SubscriptionFacts:
    rule, schedule, price_rules, terms = _compiled(row)
    zone = timezone_named(row.timezone)
    by_partner = SwitchScope.partner.name if row.is_partner_stopped else None
    return SubscriptionFacts(
        id=row.id,
        partner_id=row.partner_id,
        price_cents=row.price_cents,
        zone=zone,
        is_active=row.is_active,
        schedule=schedule,
        rule=rule,
        price_rules=price_rules,
        priority=row.priority,
        return_rate_bp=row.return_rate_bp,
        is_asked=bool(row.is_asked),
        reject_rate_bp=row.reject_rate_bp,
        backfill_days=row.backfill_days,
        group=row.group,
        weight=row.weight,
        percent=row.percent,
        sale_type=SaleType(row.sale_type),
        exclusive_price_cents=row.exclusive_price_cents,
        limits=limits_at(
            terms, lambda of: windows.bounds(row.id, of, zone), schedule, zone
        ),
        terms=terms if terms.is_queued else None,
        endpoint_up=bool(row.endpoint_up),
        timeout_s=row.timeout_s or 0,
        stopped=stopped or by_partner,
        last_sold_at=row.last_sold_at,
    )


def _compiled(row: Any) -> Compiled:  # noqa: ANN401 - a row
    """Compile filters, schedule, prices and limits once per version of an order."""
    key = (row.id, row.version)
    if key not in _cache:
        if len(_cache) >= MOST_COMPILED:
            _cache.clear()
        _cache[key] = (
            compile_rule(row.filters, compile_regex),
            compile_schedule(row.schedule),
            compile_price_rules(row.price_rules, compile_regex),
            terms_of_order(row),
        )
    return _cache[key]
