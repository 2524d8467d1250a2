"""Overrides: another price is charged for a captured sale, as an entry of its own.

The sale keeps the price it was sold for, and so do caps and budgets; its vendor's share
follows what is charged. To take a sale back altogether is a refund.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.currencies import write_amount
from app.domain.errors import Conflict, InvalidInput, NotAllowed
from app.domain.money import MAX_CENTS, share_change
from app.domain.people import Actor
from app.domain.states import EntryKind
from app.models.sale import Transaction
from app.services import audit, trace
from app.services.ledger import Booking, book
from app.services.refunds import check_captured, lock_sale, shared

IS_RETURNED = text(
    "SELECT EXISTS (SELECT FROM lead_return WHERE transaction_id = :sale"
    " AND status IN ('open', 'needs_info'))"
)


def override_price(
    transaction_id: int, amount_cents: int, reason: str, actor: Actor
) -> dict[str, Any]:
    """Give a wallet so much of a sale's price back, or take so much more (negative).

    Both were read by `order_override`. Raises NotAllowed, NotFound, InvalidInput, and
    Conflict where nothing is captured, or beyond what may be spent.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may change a price.")
    with transaction() as session:
        sale = lock_sale(session, transaction_id)
        before = sale.charged_cents
        after = before - amount_cents
        check_price(session, sale, after)
        entry_id = _book(session, sale, after, reason, actor)
        sale.override_cents = after - sale.price_cents
        told = {"transaction_id": sale.id, "charged_cents": after, "by": actor.label}
        trace.record(session, sale.lead_id, "price_overridden", told)
        audit.record(
            session,
            actor,
            "transaction.overridden",
            f"transaction:{sale.id}",
            {"charged_cents": before},
            {"charged_cents": after, "entry_id": entry_id},
        )
        return {
            "id": entry_id,
            "transaction_id": sale.id,
            "amount_cents": amount_cents,
            "charged_cents": after,
            "currency": sale.currency,
            "status": sale.status.value,
        }


def check_price(session: Session, sale: Transaction, charged_cents: int) -> None:
    """Refuse what a locked sale cannot be charged; raises Conflict or InvalidInput."""
    check_captured(sale)
    if charged_cents == sale.charged_cents:
        raise Conflict("This is what the sale costs already.", "unchanged")
    if charged_cents <= sale.refunded_cents:
        refunded = write_amount(sale.refunded_cents, sale.currency)
        message = f"Send more than the {refunded} that went back, or refund the rest."
        raise InvalidInput.one("price_cents", "out_of_range", message)
    if charged_cents > MAX_CENTS:
        raise InvalidInput.one("price_cents", "too_large", "That is too much.")
    if charged_cents > sale.charged_cents and session.scalar(
        IS_RETURNED, {"sale": sale.id}
    ):
        # Who approves the return looked at what would go back when it was asked for.
        message = "A return of this sale waits: decide on it before you charge more."
        raise Conflict(message, "returned")


def _book(
    session: Session, sale: Transaction, charged_cents: int, why: str, actor: Actor
) -> int:
    platform, vendor = share_change(
        sale.charged_cents,
        charged_cents,
        sale.price_cents,
        sale.commission_bp,
        sale.commission_cents,
    )
    lines = shared(session, sale, platform, vendor)
    label, kind = actor.label, EntryKind.override
    booking = Booking(kind, sale.currency, lines, sale.id, why, label)
    [entry_id] = book(session, [booking])
    return entry_id
