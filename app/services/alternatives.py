"""Whether a lead that one partner does not take could go to another."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.eligibility import why_ineligible
from app.domain.pricing import price_of
from app.services.routing_reads import look


def has_alternative(session: Session, lead_id: int) -> bool:
    """Say whether another subscription could have the lead if this one gave it back."""
    campaign_id = session.scalar(
        text("SELECT campaign_id FROM lead WHERE id = :lead"), {"lead": lead_id}
    )
    found = look(session, campaign_id, [lead_id])
    [row], campaign, orders = found.leads, found.campaign, found.orders
    if campaign.status != "active":
        return False
    lead, now = found.facts(row), campaign.now
    reasons = (
        why_ineligible(
            lead, one, price_of(one, lead, found.terms, now), orders.standing, now
        )
        for one in orders.facts
    )
    return any(next(found_wrong, None) is None for found_wrong in reasons)
