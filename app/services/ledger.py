"""The books: every movement of money is an entry whose postings sum to zero.

A posting adds to its account, seen from the account's owner: a wallet credited by
hand is `wallet +`, `bank -` (the outside paid it in). The database moves the guarded
balances with the postings and refuses what does not sum to zero or falls below a
floor; callers lock the accounts first, in id order (`accounts.lock_accounts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.money import split_commission
from app.domain.states import AccountKind, EntryKind
from app.services.accounts import Balance, platform_account

NEXT_IDS = text(
    "SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :n)"
)
ADD_ENTRIES = text(
    "INSERT INTO entry (id, kind, currency, transaction_id, reason, actor)"
    " SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:kinds AS text[]),"
    " CAST(:currencies AS text[]), CAST(:transactions AS bigint[]),"
    " CAST(:reasons AS text[]), CAST(:actors AS text[]))"
)
ADD_POSTINGS = text(
    "INSERT INTO posting (entry_id, account_id, currency, amount_cents)"
    " SELECT * FROM unnest(CAST(:entries AS bigint[]), CAST(:accounts AS bigint[]),"
    " CAST(:currencies AS text[]), CAST(:amounts AS bigint[]))"
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


class Chart:
    """The accounts of one currency that a batch of bookings moves, by owner."""

    def __init__(
        self, session: Session, currency: str, balances: Sequence[Balance]
    ) -> None:
        self.currency = currency
        self.wallets = _by_partner(balances, AccountKind.wallet)
        self.holds = _by_partner(balances, AccountKind.holds)
        self.payables = {
            balance.vendor_id: balance
            for balance in balances
            if balance.kind is AccountKind.payable
        }
        self.revenue = platform_account(session, AccountKind.revenue, currency)

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
        platform, vendor = split_commission(sale.price_cents, sale.commission_bp)
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
    """Write entries with their postings, each in one statement; return their ids.

    A line of 0 is left out: a free lead is an entry without postings.
    """
    if not bookings:
        return []
    ids = next_ids(session, "entry", len(bookings))
    session.execute(
        ADD_ENTRIES,
        {
            "ids": ids,
            "kinds": [booking.kind.value for booking in bookings],
            "currencies": [booking.currency for booking in bookings],
            "transactions": [booking.transaction_id for booking in bookings],
            "reasons": [booking.reason for booking in bookings],
            "actors": [booking.actor for booking in bookings],
        },
    )
    lines = [
        (entry_id, account_id, booking.currency, amount)
        for entry_id, booking in zip(ids, bookings, strict=True)
        for account_id, amount in booking.lines
        if amount
    ]
    if lines:
        entries, accounts, currencies, amounts = zip(*lines, strict=True)
        session.execute(
            ADD_POSTINGS,
            {
                "entries": list(entries),
                "accounts": list(accounts),
                "currencies": list(currencies),
                "amounts": list(amounts),
            },
        )
    return ids


def next_ids(session: Session, table: str, count: int) -> list[int]:
    """Take `count` ids of a table beforehand, so that rows can name each other."""
    return list(session.scalars(NEXT_IDS, {"table": table, "n": count}))


def _by_partner(balances: Sequence[Balance], kind: AccountKind) -> dict[int, Balance]:
    return {
        balance.partner_id: balance
        for balance in balances
        if balance.kind is kind and balance.partner_id is not None
    }
