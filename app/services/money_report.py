"""What the books say of a period, by the day of booking; for staff alone.

All in minor units, a figure per currency: captured, less what was refunded, is shared
between vendors and the platform.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import TextClause, text

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor
from app.services.reports import Period

SUMS = (
    "sum(sales)::bigint, sum(captured_cents)::bigint, sum(refunded_cents)::bigint,"
    " sum(vendor_cents)::bigint"
)
WITHIN = "FROM money_day WHERE day >= :start AND day < :end"
BY_DAY = text(f"SELECT currency, day, {SUMS} {WITHIN} GROUP BY 1, 2 ORDER BY 1, 2")
# What each owes or is owed now stands in its accounts: a partner's wallet below zero,
# a vendor's payable.
BALANCE = {
    "partner": "(SELECT balance_cents FROM account a WHERE a.partner_id = m.id"
    " AND a.kind = 'wallet' AND a.currency = m.currency)",
    "vendor": "(SELECT balance_cents FROM account a WHERE a.vendor_id = m.id"
    " AND a.kind = 'payable' AND a.currency = m.currency)",
    "campaign": "CAST(NULL AS bigint)",
}
BY = {
    name: text(
        f"SELECT m.currency, m.id, o.name, m.sales, m.captured, m.refunded, m.vendor,"  # noqa: S608 - ours
        f" {balance} AS balance FROM (SELECT currency, {name}_id AS id,"
        f" sum(sales)::bigint AS sales, sum(captured_cents)::bigint AS captured,"
        f" sum(refunded_cents)::bigint AS refunded, sum(vendor_cents)::bigint AS vendor"
        f" {WITHIN} GROUP BY 1, 2) m JOIN {name} o ON o.id = m.id"
        f" ORDER BY m.currency, m.captured DESC, m.id"
    )
    for name, balance in BALANCE.items()
}
BALANCES = text(
    """
SELECT currency,
       coalesce(sum(balance_cents) FILTER (WHERE kind = 'wallet'
         AND balance_cents > 0), 0)::bigint AS prepaid,
       coalesce(-sum(balance_cents) FILTER (WHERE kind = 'wallet'
         AND balance_cents < 0), 0)::bigint AS receivable,
       coalesce(sum(balance_cents) FILTER (WHERE kind = 'holds'), 0)::bigint AS held,
       coalesce(sum(balance_cents) FILTER (WHERE kind = 'payable'
         AND balance_cents > 0), 0)::bigint AS payable,
       coalesce(-sum(balance_cents) FILTER (WHERE kind = 'payable'
         AND balance_cents < 0), 0)::bigint AS overpaid
  FROM account WHERE partner_id IS NOT NULL OR vendor_id IS NOT NULL
 GROUP BY currency ORDER BY currency
"""
)


@dataclass(frozen=True)
class Money:
    """What was booked; the platform's margin is what refunds and vendors leave."""

    sales: int
    captured_cents: int
    refunded_cents: int
    vendor_cents: int

    @property
    def margin_cents(self) -> int:
        """The platform's own revenue."""
        return self.captured_cents - self.refunded_cents - self.vendor_cents


@dataclass(frozen=True)
class Part:
    """What one campaign, partner or vendor brought, and its balance now."""

    id: int
    name: str
    money: Money
    balance_cents: int | None


@dataclass(frozen=True)
class Balances:
    """What the platform keeps for others now, and what it is owed, in one currency."""

    currency: str
    prepaid_cents: int
    receivable_cents: int
    held_cents: int
    payable_cents: int
    overpaid_cents: int


def money_by_day(period: Period, actor: Actor) -> dict[str, dict[date, Money]]:
    """Return what was booked, by currency and day; raises NotAllowed."""
    found: dict[str, dict[date, Money]] = {}
    for currency, day, *figures in _rows(BY_DAY, period, actor):
        found.setdefault(currency, {})[day] = Money(*figures)
    return found


def money_by(side: str, period: Period, actor: Actor) -> dict[str, list[Part]]:
    """Return what each campaign, partner or vendor brought, by currency, most first.

    Raises NotAllowed.
    """
    found: dict[str, list[Part]] = {}
    for currency, id_, name, *figures, balance in _rows(BY[side], period, actor):
        part = Part(id_, name, Money(*figures), balance)
        found.setdefault(currency, []).append(part)
    return found


def balances_now(actor: Actor) -> list[Balances]:
    """Return what is kept for others and owed now, a row per currency."""
    _check(actor)
    with transaction() as session:
        return [Balances(*row) for row in session.execute(BALANCES)]


def added_up(figures: Sequence[Money]) -> Money:
    """Return the sum of figures of one currency."""
    return Money(
        sum(one.sales for one in figures),
        sum(one.captured_cents for one in figures),
        sum(one.refunded_cents for one in figures),
        sum(one.vendor_cents for one in figures),
    )


def _rows(query: TextClause, period: Period, actor: Actor) -> Sequence[Any]:
    _check(actor)
    with transaction() as session:
        return session.execute(query, {"start": period.start, "end": period.end}).all()


def _check(actor: Actor) -> None:
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may read reports.")
