"""A partner's own returns, as its programs read them; the latest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.db import transaction
from app.domain.errors import NotFound
from app.domain.people import Actor
from app.domain.states import ReturnStatus
from app.models.campaign import Campaign
from app.models.lead_return import LeadReturn
from app.services.lookup import read_uuid
from app.services.own import own_partner
from app.services.paging import Asked, Page, page_of_ids

PARTS = (
    joinedload(LeadReturn.transaction),
    joinedload(LeadReturn.lead),
    joinedload(LeadReturn.campaign),
    selectinload(LeadReturn.messages),
)


def list_returns(
    actor: Actor,
    asked: Asked,
    *,
    status: str | None = None,
    campaign: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[dict[str, Any]]:
    """Return the returns of the actor's partner, newest first; raises NotAllowed."""
    conditions: list[ColumnElement[bool]] = [
        LeadReturn.partner_id == own_partner(actor)
    ]
    if status is not None:
        conditions.append(LeadReturn.status == ReturnStatus[status])
    if campaign is not None:
        named = select(Campaign.id).where(Campaign.slug == campaign)
        conditions.append(LeadReturn.campaign_id == named.scalar_subquery())
    if since is not None:
        conditions.append(LeadReturn.asked_at >= since)
    if until is not None:
        conditions.append(LeadReturn.asked_at < until)
    with transaction() as session:
        page = page_of_ids(session, LeadReturn.id, conditions, asked)
        return page.holding(_told(session, LeadReturn.id.in_(page.items)))


def return_of(actor: Actor, public_id: str) -> dict[str, Any]:
    """Return one return by its public id; raises NotAllowed, NotFound."""
    mine = LeadReturn.partner_id == own_partner(actor)
    named = LeadReturn.public_id == read_uuid(public_id)
    with transaction() as session:
        found = _told(session, mine & named)
    if not found:
        raise NotFound("There is no such return.")
    return found[0]


def _told(session: Session, which: ColumnElement[bool]) -> Sequence[dict[str, Any]]:
    query = select(LeadReturn).where(which).options(*PARTS)
    rows = session.scalars(query.order_by(LeadReturn.id.desc()))
    return [_return(row) for row in rows]


def _return(row: LeadReturn) -> dict[str, Any]:
    """Return what a partner is told: its own words, and who decides by side alone."""
    return {
        "id": row.public_id,
        "transaction_id": row.transaction.public_id,
        "lead_id": row.lead.public_id,
        "campaign": row.campaign.slug,
        "reason_code": row.reason_code,
        "note": row.note,
        "status": row.status,
        "amount_cents": row.amount_cents,
        "currency": row.currency,
        "confirmed": row.evidence.get("confirmed"),
        "asked_at": row.asked_at,
        "decided_at": row.decided_at,
        "decision_reason": row.decision_reason,
        "messages": [
            {
                "at": message.at,
                "from": "partner" if message.is_partners else "platform",
                "text": message.text,
            }
            for message in row.messages
        ],
    }
