"""A lead's whole story for staff: its way, its sales, what partners were sent."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor
from app.gateways.checks.offline import read_contact
from app.models.lead import LeadContact
from app.models.partner import Partner
from app.models.sale import Delivery, Transaction
from app.sealing import compared_hash
from app.services.trace import trace_of


def lead_story(lead_id: int, actor: Actor) -> dict[str, Any]:
    """Return the trace, transactions and contact of a lead; for staff alone.

    `partners` names the partners of its decisions by id. Raises NotAllowed.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may read this.")
    trace = trace_of(lead_id)
    with transaction() as session:
        sales = session.scalars(
            select(Transaction)
            .where(Transaction.lead_id == lead_id)
            .options(
                joinedload(Transaction.partner),
                joinedload(Transaction.delivery).joinedload(Delivery.endpoint),
                joinedload(Transaction.delivery).selectinload(Delivery.attempts_made),
            )
            .order_by(Transaction.id)
        ).all()
        ids = {decision["partner_id"] for decision in trace["decisions"]}
        names = session.execute(
            select(Partner.id, Partner.name).where(Partner.id.in_(ids))
        )
        return {
            "events": trace["events"],
            "decisions": trace["decisions"],
            "transactions": sales,
            "partners": dict(iter(names)),
            "contact": session.get(LeadContact, lead_id),
        }


def matching_hashes(find: str) -> tuple[bytes | None, bytes | None]:
    """Return the hashes of an email and of a phone that a search text may be."""
    contact, errors = read_contact({"email": find} if "@" in find else {"phone": find})
    if errors:
        return None, None
    email, phone = contact.get("email_compared"), contact.get("phone")
    return (
        compared_hash("email", email) if email else None,
        compared_hash("phone", phone) if phone else None,
    )
