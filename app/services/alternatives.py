"""Whether a lead that one partner does not take could go to another."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.eligibility import why_ineligible
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
    facts = found.facts(row)
    open_to = orders.free_of_charge() if row.is_test else orders.facts
    return any(
        next(why_ineligible(facts, one, orders.standing, campaign.now), None) is None
        for one in open_to
    )
