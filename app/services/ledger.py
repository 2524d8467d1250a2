"""The books: every movement of money is an entry whose postings sum to zero.

A posting adds to its account, seen from the account's owner: a wallet credited by
hand is `wallet +`, `bank -` (the outside paid it in). The database moves the guarded
balances with the postings and refuses what does not sum to zero or falls below a
floor; callers lock the accounts first, in id order (`accounts.lock_accounts`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.money import split_commission
from app.domain.states import AccountKind, EntryKind
from app.services.accounts import Balance, platform_account
from app.trips import Asked, ask

# One statement: the triggers that judge entries and postings see all of them.
BOOK = text(
    """
WITH new AS (
  SELECT nextval(pg_get_serial_sequence('entry', 'id')) AS id, new.*
    FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS new (ordinal bigint,
         kind text, currency text, transaction_id bigint, reason text, actor text,
         lines jsonb)
), entries AS (
  INSERT INTO entry (id, kind, currency, transaction_id, reason, actor)
  SELECT id, kind, currency, transaction_id, reason, actor FROM new
), postings AS (
  INSERT INTO posting (entry_id, account_id, currency, amount_cents, is_rare)
  SELECT new.id, (line -> 0)::bigint, new.currency, (line -> 1)::bigint,
         new.kind NOT IN ('hold', 'capture')
    FROM new, jsonb_array_elements(new.lines) AS line
)
SELECT id FROM new ORDER BY ordinal
"""
)


@dataclass(frozen=True)
class Booking:
    """One entry to be written: its lines as (account id, amount in minor units)."""

    kind: EntryKind
    currency: str
    lines: tuple[tuple[int, int], ...]
    transaction_id: int | None = None
    reason: str | None = None
    actor: str = "system"


@dataclass(frozen=True)
class Sale:
    """What the books need to know of a transaction."""

    transaction_id: int
    partner_id: int
    vendor_id: int | None
    price_cents: int
    currency: str
    commission_bp: int
    commission_cents: int | None = None


class Chart:
    """The accounts of one currency that a batch of bookings moves, by owner."""

    def __init__(
        self,
        session: Session,
        currency: str,
        balances: Sequence[Balance],
        revenue: int | None = None,
    ) -> None:
        self.session = session
        self.currency = currency
        self.known_revenue = revenue
        self.wallets = _by_partner(balances, AccountKind.wallet)
        self.holds = _by_partner(balances, AccountKind.holds)
        self.payables = {
            balance.vendor_id: balance
            for balance in balances
            if balance.kind is AccountKind.payable
        }

    @cached_property
    def revenue(self) -> int:
        """The platform's own account, opened with the first capture."""
        if self.known_revenue is not None:
            return self.known_revenue
        return platform_account(self.session, AccountKind.revenue, self.currency)

    def hold(self, sale: Sale) -> Booking:
        """Move the price from the partner's wallet to its holds."""
        return self._booking(
            EntryKind.hold,
            sale,
            (self.wallets[sale.partner_id].account_id, -sale.price_cents),
            (self.holds[sale.partner_id].account_id, sale.price_cents),
        )

    def release(self, sale: Sale, reason: str | None) -> Booking:
        """Move the price from the partner's holds back to its wallet."""
        return self._booking(
            EntryKind.release,
            sale,
            (self.holds[sale.partner_id].account_id, -sale.price_cents),
            (self.wallets[sale.partner_id].account_id, sale.price_cents),
            reason=reason,
        )

    def capture(self, sale: Sale) -> Booking:
        """Split the held price between the vendor and the platform."""
        platform, vendor = split_commission(
            sale.price_cents, sale.commission_bp, sale.commission_cents
        )
        lines = [
            (self.holds[sale.partner_id].account_id, -sale.price_cents),
            (self.revenue, platform),
        ]
        if vendor:
            lines.append((self.payables[sale.vendor_id].account_id, vendor))
        return self._booking(EntryKind.capture, sale, *lines)

    def _booking(
        self,
        kind: EntryKind,
        sale: Sale,
        *lines: tuple[int, int],
        reason: str | None = None,
    ) -> Booking:
        return Booking(kind, self.currency, lines, sale.transaction_id, reason)


def book(session: Session, bookings: Sequence[Booking]) -> list[int]:
    """Write entries with their postings; return their ids in the order given."""
    if not bookings:
        return []
    [rows] = ask(session, booked(bookings))
    return [row.id for row in rows]


def booked(bookings: Sequence[Booking]) -> Asked:
    """Return the statement that writes entries with their postings.

    A line of 0 is left out: a free lead is an entry without postings.
    """
    entries = [
        {
            "ordinal": ordinal,
            "kind": booking.kind.value,
            "currency": booking.currency,
            "transaction_id": booking.transaction_id,
            "reason": booking.reason,
            "actor": booking.actor,
            "lines": [line for line in booking.lines if line[1]],
        }
        for ordinal, booking in enumerate(bookings)
    ]
    return BOOK, {"entries": json.dumps(entries)}


def _by_partner(balances: Sequence[Balance], kind: AccountKind) -> dict[int, Balance]:
    return {
        balance.partner_id: balance
        for balance in balances
        if balance.kind is kind and balance.partner_id is not None
    }
