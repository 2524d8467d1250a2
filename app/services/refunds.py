"""Refunds: a captured price goes back, whole or in part, and never twice."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.currencies import write_amount
from app.domain.errors import Conflict, InvalidInput, NotAllowed
from app.domain.money import refund_split
from app.domain.people import Actor
from app.domain.states import AccountKind, EntryKind, TransactionStatus
from app.models.sale import Transaction
from app.services import audit, trace
from app.services.accounts import lock_accounts, platform_account
from app.services.ledger import Booking, book
from app.services.locking import lock_row
from app.services.wallet import read_movement

SAME_PART = text(
    "SELECT EXISTS (SELECT FROM entry e JOIN posting p ON p.entry_id = e.id"
    " JOIN account a ON a.id = p.account_id AND a.kind = 'wallet'"
    " WHERE e.transaction_id = :sale AND e.kind = 'refund' AND e.reason = :reason"
    " AND p.amount_cents = :amount)"
)


def refund_transaction(
    transaction_id: int,
    amount_cents: object,
    reason: object,
    actor: Actor,
    *,
    is_keyed: bool = True,
) -> dict[str, Any]:
    """Refund a captured transaction (what is left of it when no amount is given).

    The vendor's share is taken back in the same entry. A caller without a key
    (`is_keyed`) cannot say whether an equal part is the same one sent again, so it is
    refused. Raises NotAllowed, NotFound, Conflict (nothing captured, or refunded
    already), InvalidInput.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may refund.")
    wanted, why = read_refund(amount_cents, reason)
    with transaction() as session:
        amount = refundable(session, transaction_id, wanted)
        sale = session.get_one(Transaction, transaction_id)
        if not is_keyed:
            _check_is_new(session, sale, amount, why)
        entry_id = _book(session, sale, amount, why, actor)
        sale.refunded_cents += amount
        if not sale.left_cents:
            sale.status = TransactionStatus.refunded
        detail = {"transaction_id": sale.id, "amount_cents": amount}
        trace.record(session, sale.lead_id, "refunded", {**detail, "by": actor.label})
        audit.record(
            session,
            actor,
            "transaction.refunded",
            f"transaction:{sale.id}",
            {"refunded_cents": sale.refunded_cents - amount},
            {"refunded_cents": sale.refunded_cents, "entry_id": entry_id},
        )
        return {
            "id": entry_id,
            "transaction_id": sale.id,
            "amount_cents": amount,
            "refunded_cents": sale.refunded_cents,
            "currency": sale.currency,
            "status": sale.status.value,
        }


def _book(
    session: Session, sale: Transaction, amount: int, why: str, actor: Actor
) -> int:
    platform, vendor = refund_split(
        sale.refunded_cents,
        amount,
        sale.price_cents,
        sale.commission_bp,
        sale.commission_cents,
        sale.charged_cents,
    )
    lines = shared(session, sale, -platform, -vendor)
    label, kind = actor.label, EntryKind.refund
    booking = Booking(kind, sale.currency, lines, sale.id, why, label)
    [entry_id] = book(session, [booking])
    return entry_id


def shared(
    session: Session, sale: Transaction, platform: int, vendor: int
) -> tuple[tuple[int, int], ...]:
    """Return the lines that give the platform and the vendor so much from the wallet.

    Negative gives back to it. Raises Conflict for more than may be spent.
    """
    revenue = platform_account(session, AccountKind.revenue, sale.currency)
    moved = {AccountKind.wallet: -platform - vendor, AccountKind.payable: vendor}
    balances = lock_accounts(
        session, sale.currency, [sale.partner_id], [sale.vendor_id or 0]
    )
    [wallet] = [one for one in balances if one.kind is AccountKind.wallet]
    if 0 > moved[AccountKind.wallet] < -wallet.spendable_cents:
        message = "The wallet has not that much left."
        raise Conflict(message, "insufficient_funds")
    return (
        (revenue, platform),
        *((one.account_id, moved[one.kind]) for one in balances if one.kind in moved),
    )


def read_refund(amount_cents: object, reason: object) -> tuple[int | None, str]:
    """Return what is to go back (None: the rest) and why; raises InvalidInput."""
    # Without an amount any will do here: only the reason is read.
    amount, why = read_movement(1 if amount_cents is None else amount_cents, reason)
    return None if amount_cents is None else amount, why


def refundable(session: Session, transaction_id: int, wanted: int | None) -> int:
    """Return what a refund would give back, under lock; raises as a refund does."""
    return _refundable(lock_sale(session, transaction_id), wanted)


def lock_sale(session: Session, transaction_id: int) -> Transaction:
    """Return a sale under lock, as it stands; raises NotFound."""
    return lock_row(session, Transaction, transaction_id, "transaction")


def check_captured(sale: Transaction) -> None:
    """Refuse a sale that holds no captured money; raises Conflict."""
    if sale.status is TransactionStatus.refunded:
        raise Conflict("This transaction was refunded already.", "refunded")
    if sale.status is not TransactionStatus.captured:
        message = "Only a captured transaction can be changed."
        raise Conflict(message, "not_captured")


def _check_is_new(session: Session, sale: Transaction, amount: int, why: str) -> None:
    values = {"sale": sale.id, "amount": amount, "reason": why}
    if session.scalar(SAME_PART, values):
        message = "This part was refunded already. Send a key to refund it once more."
        raise Conflict(message, "refunded")


def _refundable(sale: Transaction, wanted: int | None) -> int:
    """Return the amount to refund; raises Conflict or InvalidInput."""
    check_captured(sale)
    left = sale.left_cents
    if not left:
        raise Conflict("This lead was free: there is nothing to refund.", "free")
    if wanted is not None and wanted > left:
        message = f"At most {write_amount(left, sale.currency)} can be refunded."
        raise InvalidInput.one("amount_cents", "out_of_range", message)
    return left if wanted is None else wanted
