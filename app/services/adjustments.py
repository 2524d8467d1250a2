"""Corrections by hand: a partner's wallet or a vendor's payable, up or down.

The other side of each is the platform's account `adjustments`, so that what was given
away or taken back by hand is one sum.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.domain.money import MAX_CENTS
from app.domain.people import Actor
from app.domain.states import AccountKind, EntryKind
from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.accounts import Balance, lock_accounts, platform_account
from app.services.audit import record
from app.services.ledger import Booking, book
from app.services.wallet import read_movement, wallet_of

PAYABLE = text(
    "SELECT balance_cents FROM account WHERE vendor_id = :vendor"
    " AND currency = :currency AND kind = 'payable'"
)


def payable_of(vendor_id: int) -> dict[str, Any]:
    """Return what a vendor is owed, in minor units; negative is set off later.

    Raises NotFound.
    """
    with transaction() as session:
        vendor = session.get(Vendor, vendor_id)
        if vendor is None:
            raise NotFound("There is no such vendor.")
        values = {"vendor": vendor_id, "currency": vendor.currency}
        owed = int(session.scalar(PAYABLE, values) or 0)
        return {"payable_cents": owed, "currency": vendor.currency}


def adjust_partner(
    partner_id: int, amount_cents: object, reason: object, actor: Actor
) -> dict[str, Any]:
    """Correct a wallet by a signed amount; return the entry and the wallet.

    Raises NotAllowed, NotFound, InvalidInput, Conflict beyond what may be spent.
    """
    amount, why = _read(amount_cents, reason, actor)
    with transaction() as session:
        partner = session.get(Partner, partner_id)
        if partner is None:
            raise NotFound("There is no such partner.")
        balances = lock_accounts(session, partner.currency, [partner_id])
        [wallet] = [one for one in balances if one.kind is AccountKind.wallet]
        if amount < 0 and wallet.spendable_cents + amount < 0:
            message = "The wallet has not that much left."
            raise Conflict(message, "insufficient_funds")
        entry = _adjust(
            session,
            wallet,
            partner.currency,
            amount,
            why=why,
            actor=actor,
            subject=f"partner:{partner_id}",
        )
        return {"id": entry, "amount_cents": amount, **wallet_of(partner_id)}


def adjust_vendor(
    vendor_id: int, amount_cents: object, reason: object, actor: Actor
) -> dict[str, Any]:
    """Correct what a vendor is owed by a signed amount; return the entry and the sum.

    Raises NotAllowed, NotFound, InvalidInput.
    """
    amount, why = _read(amount_cents, reason, actor)
    with transaction() as session:
        vendor = session.get(Vendor, vendor_id)
        if vendor is None:
            raise NotFound("There is no such vendor.")
        [owed] = lock_accounts(session, vendor.currency, (), [vendor_id])
        entry = _adjust(
            session,
            owed,
            vendor.currency,
            amount,
            why=why,
            actor=actor,
            subject=f"vendor:{vendor_id}",
        )
        return {"id": entry, "amount_cents": amount, **payable_of(vendor_id)}


def read_adjustment(value: object) -> int:
    """Return a signed amount in minor units; raises InvalidInput."""
    if isinstance(value, bool) or not isinstance(value, int):
        message = "Send a whole number of cents."
        raise InvalidInput.one("amount_cents", "invalid", message)
    if not 0 < abs(value) <= MAX_CENTS:
        message = f"Send an amount from 1 to {MAX_CENTS}, or as much below zero."
        raise InvalidInput.one("amount_cents", "out_of_range", message)
    return value


def _read(amount_cents: object, reason: object, actor: Actor) -> tuple[int, str]:
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may correct balances.")
    return read_movement(amount_cents, reason, read_adjustment)


def _adjust(  # noqa: PLR0913 - what a booking consists of
    session: Session,
    balance: Balance,
    currency: str,
    amount: int,
    *,
    why: str,
    actor: Actor,
    subject: str,
) -> int:
    """Book the correction of a locked account; return the entry."""
    if abs(balance.balance_cents + amount) > MAX_CENTS:
        raise InvalidInput.one("amount_cents", "too_large", "That is too much.")
    other = platform_account(session, AccountKind.adjustments, currency)
    lines = ((balance.account_id, amount), (other, -amount))
    booking = Booking(
        EntryKind.adjustment, currency, lines, reason=why, actor=actor.label
    )
    [entry_id] = book(session, [booking])
    # The reason is free text, which may name somebody: it stays with its entry.
    detail = {"entry_id": entry_id, "amount_cents": amount}
    action = f"{subject.partition(':')[0]}.adjusted"
    record(session, actor, action, subject, None, detail)
    return entry_id
