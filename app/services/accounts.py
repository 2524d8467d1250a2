"""The chart of accounts: opening them, finding them, locking them in id order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict
from app.domain.states import AccountKind
from app.models.partner import Partner
from app.models.vendor import Vendor

LOCK_GUARDED = text(
    "SELECT id, partner_id, vendor_id, kind, balance_cents, floor_cents"
    " FROM account WHERE currency = :currency"
    " AND (partner_id = ANY(:partners) OR vendor_id = ANY(:vendors)) ORDER BY id"
    " FOR NO KEY UPDATE"
)
BALANCES = text(
    "SELECT id, coalesce(balance_cents, (SELECT sum(amount_cents) FROM posting"
    " WHERE account_id = account.id), 0) AS cents FROM account WHERE id = ANY(:ids)"
)
OPEN = text(
    "INSERT INTO account (kind, partner_id, vendor_id, currency, balance_cents,"
    " floor_cents) VALUES (:kind, :partner, :vendor, :currency, :balance, :floor)"
    " ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True)
class Balance:
    """A guarded account under lock: what it holds and how far down it may go."""

    account_id: int
    partner_id: int | None
    vendor_id: int | None
    kind: AccountKind
    balance_cents: int
    floor_cents: int | None

    @property
    def spendable_cents(self) -> int:
        """What may still be taken out; accounts without a floor have no such bound."""
        return self.balance_cents - (self.floor_cents or 0)


def open_partner_accounts(partner: Partner) -> None:
    """Open a partner's wallet and holds in its currency, inside a transaction."""
    for kind, floor in (
        (AccountKind.wallet, -partner.credit_limit_cents),
        (AccountKind.holds, 0),
    ):
        _open(kind, partner.currency, partner_id=partner.id, floor=floor)


def open_vendor_accounts(vendor: Vendor) -> None:
    """Open a vendor's payable in its currency; it may go negative (set off later)."""
    _open(AccountKind.payable, vendor.currency, vendor_id=vendor.id)


def set_credit_limit(partner: Partner) -> None:
    """Let the wallet go as far down as the partner's credit limit says.

    Raises Conflict where it already owes more than the new limit.
    """
    with transaction() as session:
        found = session.execute(
            text(
                "UPDATE account SET floor_cents = :floor WHERE partner_id = :partner"
                " AND kind = 'wallet' AND currency = :currency"
                " AND balance_cents >= :floor RETURNING id"
            ),
            {
                "floor": -partner.credit_limit_cents,
                "partner": partner.id,
                "currency": partner.currency,
            },
        ).first()
        if found is None:
            raise Conflict("The wallet already owes more than this credit limit.")


def platform_account(session: Session, kind: AccountKind, currency: str) -> int:
    """Return the platform's account of that kind and currency, opened when new."""
    values = {"kind": kind.value, "currency": currency}
    find = text(
        "SELECT id FROM account WHERE kind = :kind AND currency = :currency"
        " AND partner_id IS NULL AND vendor_id IS NULL"
    )
    found = session.execute(find, values).scalar()
    if found is None:
        _open(kind, currency)
        found = session.execute(find, values).scalar_one()
    return int(found)


def balances_of(account_ids: Sequence[int]) -> dict[int, int]:
    """Return the balance of each account; the platform's are summed from postings."""
    with transaction() as session:
        rows = session.execute(BALANCES, {"ids": list(account_ids)})
        return {row.id: int(row.cents) for row in rows}


def lock_accounts(
    session: Session,
    currency: str,
    partner_ids: Iterable[int] = (),
    vendor_ids: Iterable[int] = (),
) -> list[Balance]:
    """Lock the guarded accounts of those partners and vendors, in id order."""
    rows = session.execute(
        LOCK_GUARDED,
        {
            "currency": currency,
            "partners": sorted(set(partner_ids)),
            "vendors": sorted(set(vendor_ids)),
        },
    )
    return [balance_of(row) for row in rows]


def balance_of(row: Any) -> Balance:  # noqa: ANN401 - a row of `account`
    """Return a guarded account that was read."""
    return Balance(
        row.id,
        row.partner_id,
        row.vendor_id,
        AccountKind(row.kind),
        row.balance_cents,
        row.floor_cents,
    )


def _open(
    kind: AccountKind,
    currency: str,
    partner_id: int | None = None,
    vendor_id: int | None = None,
    floor: int | None = None,
) -> None:
    guarded = partner_id is not None or vendor_id is not None
    with transaction() as session:
        session.execute(
            OPEN,
            {
                "kind": kind.value,
                "partner": partner_id,
                "vendor": vendor_id,
                "currency": currency,
                "balance": 0 if guarded else None,
                "floor": floor,
            },
        )
