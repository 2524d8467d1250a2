"""What a partner bought: in clear what is bought, without contact data what is not."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotFound
from app.domain.fields import CONTACT
from app.domain.people import Actor
from app.domain.states import TransactionStatus
from app.models.campaign import Campaign
from app.models.lead import Lead, LeadContact
from app.models.sale import BOUGHT, Delivery, Transaction
from app.services.lookup import read_uuid
from app.services.own import own_partner
from app.services.paging import Asked, Page, page_of_ids

# Columns, not rows of five models: an export reads ten thousand of them.
READ = (
    select(
        Transaction.public_id.label("transaction_id"),
        Transaction.subscription_id,
        Transaction.status,
        Transaction.price_cents,
        Transaction.override_cents,
        Transaction.refunded_cents,
        Transaction.currency,
        Transaction.held_at,
        Transaction.captured_at,
        Lead.public_id.label("lead_id"),
        Lead.received_at,
        Lead.score,
        Lead.is_test,
        Lead.source_id,
        Lead.sub_id,
        Campaign.slug,
        LeadContact.lead_id.label("bought"),
        *(getattr(LeadContact, name) for name in CONTACT),
        LeadContact.fields.label("answers"),
        LeadContact.consent,
        Delivery.status.label("delivery"),
        Delivery.tries,
        Delivery.endpoint_id,
        Delivery.due_at,
        Delivery.ended_at,
        Delivery.reason,
    )
    .join(Lead, Lead.id == Transaction.lead_id)
    .join(Campaign, Campaign.id == Transaction.campaign_id)
    .outerjoin(Delivery, Delivery.transaction_id == Transaction.id)
    # What was not bought is not even read.
    .outerjoin(
        LeadContact,
        and_(
            LeadContact.lead_id == Transaction.lead_id,
            Transaction.status.in_(BOUGHT),
        ),
    )
)


def list_purchases(
    actor: Actor,
    asked: Asked,
    *,
    status: str | None = None,
    campaign: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[dict[str, Any]]:
    """Return what the actor's partner bought or was offered, newest first.

    Sales that came to nothing (`released`) are told when asked for by status. `since`
    and `until` bound the time of the sale. Raises NotAllowed.
    """
    partner_id = own_partner(actor)
    conditions = [Transaction.partner_id == partner_id, _of_status(status)]
    if campaign is not None:
        named = select(Campaign.id).where(Campaign.slug == campaign)
        conditions.append(Transaction.campaign_id == named.scalar_subquery())
    if since is not None:
        conditions.append(Transaction.held_at >= since)
    if until is not None:
        conditions.append(Transaction.held_at < until)
    with transaction() as session:
        page = page_of_ids(session, Transaction.id, conditions, asked)
        return page.holding(_told(session, Transaction.id.in_(page.items)))


def purchase_of(actor: Actor, public_id: str) -> dict[str, Any]:
    """Return one purchase by its transaction's public id.

    Raises NotAllowed, and NotFound for another's.
    """
    partner_id = own_partner(actor)
    with transaction() as session:
        mine = Transaction.partner_id == partner_id
        named = Transaction.public_id == read_uuid(public_id)
        found = _told(session, and_(mine, named))
    if not found:
        raise NotFound("There is no such purchase.")
    return found[0]


def _of_status(status: str | None) -> ColumnElement[bool]:
    if status is None:
        return Transaction.status != TransactionStatus.released
    return Transaction.status == TransactionStatus[status]


def _told(session: Session, which: ColumnElement[bool]) -> Sequence[dict[str, Any]]:
    rows = session.execute(READ.where(which).order_by(Transaction.id.desc()))
    return [_purchase(row) for row in rows]


def _purchase(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of READ
    contact = {name: getattr(row, name) for name in CONTACT}
    return {
        "transaction_id": row.transaction_id,
        "lead_id": row.lead_id,
        "campaign": row.slug,
        "subscription_id": row.subscription_id,
        "status": row.status,
        "price_cents": row.price_cents,
        "charged_cents": row.price_cents + row.override_cents,
        "refunded_cents": row.refunded_cents,
        "currency": row.currency,
        "held_at": row.held_at,
        "captured_at": row.captured_at,
        "submitted_at": row.received_at,
        "score": row.score,
        "test": row.is_test,
        "source": {"id": row.source_id, "sub_id": row.sub_id},
        "contact": None if row.bought is None else contact,
        "fields": row.answers,
        "consent": row.consent,
        "delivery": _delivery(row) if row.delivery is not None else None,
    }


def _delivery(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of READ
    return {
        "status": row.delivery,
        "tries": row.tries,
        "endpoint_id": row.endpoint_id,
        "due_at": row.due_at,
        "ended_at": row.ended_at,
        "reason": row.reason,
    }
