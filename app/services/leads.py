"""A lead's whole story for staff: its way, its sales, what partners were sent."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor
from app.gateways.checks.offline import read_contact
from app.models.lead import Lead, LeadContact
from app.models.partner import Partner
from app.models.sale import Delivery, Transaction
from app.sealing import compared_hash
from app.services.lookup import read_uuid
from app.services.trace import trace_of

MAX_ID = 2**63 - 1
COMPARED = (
    ("email", "email_compared", Lead.email_hash),
    ("phone", "phone", Lead.phone_hash),
)
SEVERAL = 2


@dataclass(frozen=True)
class Found:
    """What a search found: one id, two for several, none.

    `token` stands for the email or phone in an address, without a word of it.
    """

    ids: list[int]
    token: str = ""


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
        asked = [*trace["decisions"], *trace["pings"]]
        ids = {one["partner_id"] for one in asked}
        names = session.execute(
            select(Partner.id, Partner.name).where(Partner.id.in_(ids))
        )
        return {
            "events": trace["events"],
            "decisions": trace["decisions"],
            "pings": trace["pings"],
            "transactions": sales,
            "partners": dict(iter(names)),
            "contact": session.get(LeadContact, lead_id),
        }


def find_leads(find: str, actor: Actor) -> Found:
    """Find leads by exact reference, email, phone or number; for staff alone.

    Raises NotAllowed.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may read this.")
    if (public_id := read_uuid(find)) is not None:
        return _found(Lead.public_id == public_id)
    contact, errors = read_contact({"email": find} if "@" in find else {"phone": find})
    for kind, name, column in COMPARED:
        if (spelled := contact.get(name)) and not errors:
            key = compared_hash(kind, spelled)
            return _found(column == key, key.hex())
    if find.isascii() and find.isdecimal() and int(find) <= MAX_ID:
        return _found(Lead.id == int(find))
    return Found([])


def has_hash(key: bytes) -> ColumnElement[bool]:
    """Return the condition that a lead's email or phone has that keyed hash."""
    return or_(Lead.email_hash == key, Lead.phone_hash == key)


def _found(condition: ColumnElement[bool], token: str = "") -> Found:
    with transaction() as session:
        ids = session.scalars(select(Lead.id).where(condition).limit(SEVERAL)).all()
        return Found(list(ids), token)
