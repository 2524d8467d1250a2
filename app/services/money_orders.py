"""Money by hand: booked at once, or, above a limit, when a second person agrees."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.people import Actor
from app.domain.states import MoneyOrderKind, MoneyOrderStatus
from app.models.base import Base
from app.models.money_order import MoneyOrder
from app.models.partner import Partner
from app.models.sale import Transaction
from app.models.vendor import Vendor
from app.services.adjustments import adjust_partner, adjust_vendor, read_adjustment
from app.services.audit import record
from app.services.idempotency import Answer
from app.services.locking import lock_row
from app.services.overrides import check_price, override_price
from app.services.policy import policy
from app.services.refunds import (
    lock_sale,
    read_refund,
    refund_transaction,
    refundable,
)
from app.services.saving import check_staff
from app.services.wallet import credit_partner, read_cents, read_movement

PENDING = "pending_approval"
OK, CREATED, ACCEPTED = 200, 201, 202
Book = Callable[[int, Any, Any, Actor], dict[str, Any]]
BOOKS: Mapping[MoneyOrderKind, Book] = {
    MoneyOrderKind.credit: credit_partner,
    MoneyOrderKind.wallet: adjust_partner,
    MoneyOrderKind.payable: adjust_vendor,
    MoneyOrderKind.refund: refund_transaction,
    MoneyOrderKind.override: override_price,
}
SUBJECTS: Mapping[MoneyOrderKind, tuple[str, type[Base]]] = {
    MoneyOrderKind.credit: ("partner_id", Partner),
    MoneyOrderKind.wallet: ("partner_id", Partner),
    MoneyOrderKind.payable: ("vendor_id", Vendor),
    MoneyOrderKind.refund: ("transaction_id", Transaction),
    MoneyOrderKind.override: ("transaction_id", Transaction),
}


def order_money(
    kind: MoneyOrderKind, id_: int, amount_cents: object, reason: object, actor: Actor
) -> Answer:
    """Credit or correct a balance: (201, the entry), or (202, what waits).

    Raises NotAllowed, NotFound, InvalidInput, Conflict.
    """
    check_staff(actor)
    read = read_cents if kind is MoneyOrderKind.credit else read_adjustment
    amount, why = read_movement(amount_cents, reason, read)
    with transaction() as session:
        if needs_second_person(amount):
            return ACCEPTED, _ask(session, kind, id_, amount, why, actor)
        return CREATED, BOOKS[kind](id_, amount, why, actor)


def order_refund(
    transaction_id: int,
    amount_cents: object,
    reason: object,
    actor: Actor,
    *,
    is_keyed: bool = True,
) -> Answer:
    """Refund a sale, whole or in part: (200, the entry), or (202, what waits).

    Raises as `refund_transaction` does.
    """
    check_staff(actor)
    wanted, why = read_refund(amount_cents, reason)
    with transaction() as session:
        amount = refundable(session, transaction_id, wanted)
        if needs_second_person(amount):
            kind = MoneyOrderKind.refund
            return ACCEPTED, _ask(session, kind, transaction_id, amount, why, actor)
        return OK, refund_transaction(
            transaction_id, amount, why, actor, is_keyed=is_keyed
        )


def order_override(
    transaction_id: int, price_cents: object, reason: object, actor: Actor
) -> Answer:
    """Charge another price for a captured sale: (200, the entry), or (202, what waits).

    Raises as `override_price` does, and Conflict while something of the sale waits:
    what was agreed to is a difference, which must not begin at another price.
    """
    check_staff(actor)
    read = partial(read_cents, name="price_cents")
    price, why = read_movement(price_cents, reason, read)
    with transaction() as session:
        sale = lock_sale(session, transaction_id)
        check_price(session, sale, price)
        amount = sale.charged_cents - price
        _check_none_waits(session, transaction_id)
        if needs_second_person(amount):
            kind = MoneyOrderKind.override
            return ACCEPTED, _ask(session, kind, transaction_id, amount, why, actor)
        return OK, override_price(transaction_id, amount, why, actor)


def approve_order(order_id: int, actor: Actor) -> dict[str, Any]:
    """Book what another person asked for; return the entry.

    For administrators, never of their own. Raises NotAllowed, NotFound, and Conflict
    where it was decided, or what the books refuse by now.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        order = _pending(session, order_id)
        if actor.user_id is None or order.asked_by_id == actor.user_id:
            raise NotAllowed("Another administrator has to agree to this.")
        id_ = getattr(order, SUBJECTS[order.kind][0])
        done = BOOKS[order.kind](id_, order.amount_cents, order.reason, actor)
        _decide(session, order, MoneyOrderStatus.booked, actor, done["id"])
        return done


def reject_order(order_id: int, actor: Actor) -> None:
    """Drop what somebody asked for; one may take back what one asked for.

    For administrators. Raises NotAllowed, NotFound, Conflict where it was decided.
    """
    check_staff(actor, admin_only=True)
    with transaction() as session:
        order = _pending(session, order_id)
        _decide(session, order, MoneyOrderStatus.rejected, actor)


def needs_second_person(amount_cents: int) -> bool:
    """Say whether so much money by hand is more than one person may move."""
    limit = policy.second_person_above_cents
    return limit is not None and abs(amount_cents) > limit


def _ask(
    session: Session,
    kind: MoneyOrderKind,
    id_: int,
    amount: int,
    why: str,
    actor: Actor,
) -> dict[str, Any]:
    column, model = SUBJECTS[kind]
    subject: Any = session.get(model, id_)
    if subject is None:
        raise NotFound("There is no such row.")
    if model is Transaction:
        _check_none_waits(session, id_)
    order = MoneyOrder(
        kind=kind,
        amount_cents=amount,
        currency=subject.currency,
        reason=why,
        asked_by_id=actor.user_id,
        **{column: id_},
    )
    session.add(order)
    session.flush()
    told = {"kind": kind.name, column: id_, "amount_cents": amount}
    record(session, actor, "money_order.asked", f"money_order:{order.id}", None, told)
    return {
        "id": order.id,
        "status": PENDING,
        "amount_cents": amount,
        "currency": order.currency,
    }


def _check_none_waits(session: Session, transaction_id: int) -> None:
    waiting = session.query(MoneyOrder.id).filter_by(
        transaction_id=transaction_id, status=MoneyOrderStatus.pending
    )
    if waiting.first() is not None:
        raise Conflict("Something of this sale waits for approval.", PENDING)


def _pending(session: Session, order_id: int) -> MoneyOrder:
    order = lock_row(session, MoneyOrder, order_id, "row")
    if order.status is not MoneyOrderStatus.pending:
        raise Conflict(f"This was {order.status.name} before.", "decided")
    return order


def _decide(
    session: Session,
    order: MoneyOrder,
    status: MoneyOrderStatus,
    actor: Actor,
    entry_id: int | None = None,
) -> None:
    session.execute(
        update(MoneyOrder)
        .where(MoneyOrder.id == order.id)
        .values(
            status=status,
            decided_at=func.now(),
            decided_by_id=actor.user_id,
            entry_id=entry_id,
        )
    )
    subject = f"money_order:{order.id}"
    told = {"entry_id": entry_id} if entry_id else None
    record(session, actor, f"money_order.{status.name}", subject, None, told)
