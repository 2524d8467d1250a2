"""A vendor's own leads: how they fare and what they earned, without contact data."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.people import Actor
from app.domain.states import LeadStatus, ValidationStatus
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.vendor import Vendor
from app.services.own import own_vendor
from app.services.paging import Asked, Page, page_of_ids

# What was booked to the vendor for a lead's sales, refunds taken back.
EARNED = text(
    "SELECT t.lead_id, sum(p.amount_cents)::bigint AS cents FROM transaction t"
    " JOIN entry e ON e.transaction_id = t.id JOIN posting p ON p.entry_id = e.id"
    " JOIN account a ON a.id = p.account_id AND a.vendor_id = :vendor"
    " WHERE t.lead_id = ANY(:leads) GROUP BY t.lead_id"
)


def list_own_leads(  # noqa: PLR0913 - the filters of the list
    actor: Actor,
    asked: Asked,
    *,
    status: str | None = None,
    validation_status: str | None = None,
    campaign: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Page[dict[str, Any]]:
    """Return the leads of the actor's vendor, newest first.

    `since` and `until` bound the time of receipt. Raises NotAllowed.
    """
    vendor_id = own_vendor(actor)
    conditions = [Lead.vendor_id == vendor_id]
    if status is not None:
        conditions.append(Lead.status == LeadStatus[status])
    if validation_status is not None:
        wanted = ValidationStatus[validation_status]
        conditions.append(Lead.validation_status == wanted)
    if campaign is not None:
        named = select(Campaign.id).where(Campaign.slug == campaign)
        conditions.append(Lead.campaign_id == named.scalar_subquery())
    if since is not None:
        conditions.append(Lead.received_at >= since)
    if until is not None:
        conditions.append(Lead.received_at < until)
    with transaction() as session:
        page = page_of_ids(session, Lead.id, conditions, asked)
        return page.holding(_told(session, vendor_id, page.items))


def _told(
    session: Session, vendor_id: int, ids: Sequence[int]
) -> Sequence[dict[str, Any]]:
    currency = session.get_one(Vendor, vendor_id).currency
    bound = {"vendor": vendor_id, "leads": list(ids)}
    earned = {row.lead_id: row.cents for row in session.execute(EARNED, bound)}
    rows = session.execute(
        select(Lead, Campaign.slug)
        .join(Campaign, Campaign.id == Lead.campaign_id)
        .where(Lead.id.in_(ids))
        .order_by(Lead.id.desc())
    )
    return [
        {
            "id": lead.public_id,
            "campaign": slug,
            "source_id": lead.source_id,
            "sub_id": lead.sub_id,
            "status": lead.status,
            "validation_status": lead.validation_status,
            "approval_status": lead.approval_status,
            "reason": lead.reason,
            "test": lead.is_test,
            "received_at": lead.received_at,
            "due_at": lead.due_at,
            "delivered_at": lead.delivered_at,
            "sold": lead.sold_count,
            "earned_cents": earned.get(lead.id, 0),
            "currency": currency,
        }
        for lead, slug in rows
    ]
