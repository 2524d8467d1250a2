"""Whether a lead that one partner does not take could go to another."""

from collections import Counter
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.routing import route
from app.domain.routing_facts import LeadFacts
from app.services.routing_reads import look

HELD = text(
    'SELECT t.lead_id, t.campaign_id, t.slots, s."group"'
    " FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    " JOIN subscription s ON s.id = t.subscription_id WHERE d.id = :delivery"
)


def has_alternative(session: Session, delivery_id: int) -> bool:
    """Say whether the lead would be sold again if this delivery gave it back."""
    held = session.execute(HELD, {"delivery": delivery_id}).one()
    found = look(session, held.campaign_id, [held.lead_id])
    [row], campaign, orders = found.leads, found.campaign, found.orders
    if campaign.status != "active":
        return False
    lead = _given_back(found.facts(row), held, is_whole=row.slots_taken == held.slots)
    decisions = route(lead, orders.facts, orders.standing, found.terms, campaign.now)
    return any(decision.taken for decision in decisions)


def _given_back(lead: LeadFacts, held: Any, *, is_whole: bool) -> LeadFacts:  # noqa: ANN401 - a row
    """Return the lead as it would be: who buys alone may have it only when whole.

    Its partner counts as having it still: what fails is most likely its server.
    """
    return replace(
        lead,
        free_slots=lead.free_slots + held.slots,
        is_whole=is_whole,
        sold_in=Counter(lead.sold_in) - Counter([held.group]),
    )
