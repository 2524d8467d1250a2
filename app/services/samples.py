"""The lead that a preview or a trial of an endpoint is made of: made up, or a real one.

Who may see a real one's contact data: staff, and a partner of what it has bought.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload
from uuid_utils.compat import uuid7

from app.domain.errors import NotFound
from app.domain.fields import CONTACT, FieldSpec
from app.domain.people import Actor
from app.domain.states import TransactionStatus
from app.models.campaign import Campaign
from app.models.lead import Lead, LeadContact
from app.models.partner import Endpoint
from app.models.sale import Transaction
from app.models.subscription import Subscription
from app.services.fields import fields_of
from app.services.lookup import read_uuid
from app.services.parcels import payload_of

RECENT = 10
MADE_UP: Mapping[str, Any] = {
    "slug": "test",
    "price_cents": 0,
    "currency": "USD",
    "score": None,
    "is_test": True,
    "first_name": "Test",
    "last_name": "Lead",
    "email": "test@example.com",
    "phone": "+14155550100",
    "address": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "zip": "94105",
    "country": "US",
    "fields": {},
    "consent": {"text": "This is a test.", "given_at": "2026-01-01T00:00:00Z"},
    "source_id": 0,
    "sub_id": None,
}
ANSWERS: Mapping[str, Any] = {
    "number": 2,
    "integer": 1,
    "boolean": True,
    "date": "2026-01-31",
    "email": "test@example.com",
    "phone": "+14155550100",
}
CAR: Mapping[str, Any] = {"year": 2022, "make": "Honda", "model": "Civic"}


@dataclass(frozen=True)
class Choice:
    """A real lead that may be chosen, told without contact data."""

    public_id: UUID
    campaign: str
    received_at: datetime


def recent_leads(session: Session, endpoint: Endpoint, actor: Actor) -> list[Choice]:
    """Return the newest leads that may be looked at with an endpoint."""
    rows = session.execute(
        select(Lead.public_id, Campaign.name, Lead.received_at)
        .join(Campaign, Campaign.id == Lead.campaign_id)
        .where(_seen_with(endpoint, actor))
        .order_by(Lead.id.desc())
        .limit(RECENT)
    )
    return [Choice(public_id, name, at) for public_id, name, at in rows]


def sample(
    session: Session, endpoint: Endpoint, actor: Actor, lead: str | None
) -> dict[str, Any]:
    """Return the payload of a lead by its reference; without one a made-up lead's.

    Raises NotFound for a lead that this actor may not look at.
    """
    row = _real(session, endpoint, actor, lead) if lead else _made_up(session, endpoint)
    return payload_of({**row, "transaction_public_id": uuid7()})


def _seen_with(endpoint: Endpoint, actor: Actor) -> ColumnElement[bool]:
    """Return the condition of a lead that still has its contact data."""
    has_contact = select(LeadContact.lead_id).where(LeadContact.lead_id == Lead.id)
    if actor.is_staff:
        ordered = select(Subscription.campaign_id).where(
            Subscription.partner_id == endpoint.partner_id
        )
        return has_contact.exists() & Lead.campaign_id.in_(ordered)
    bought = select(Transaction.lead_id).where(
        Transaction.lead_id == Lead.id,
        Transaction.partner_id == actor.partner_id,
        Transaction.status == TransactionStatus.captured,
    )
    return has_contact.exists() & bought.exists()


def _real(
    session: Session, endpoint: Endpoint, actor: Actor, reference: str
) -> dict[str, Any]:
    lead = session.scalar(
        select(Lead)
        .where(Lead.public_id == read_uuid(reference), _seen_with(endpoint, actor))
        .options(joinedload(Lead.contact), joinedload(Lead.campaign))
    )
    if lead is None or lead.contact is None:
        raise NotFound("There is no such lead.")
    contact = lead.contact
    return {
        "lead_public_id": lead.public_id,
        "slug": lead.campaign.slug,
        "price_cents": lead.campaign.price_cents,
        "currency": lead.campaign.currency,
        "received_at": lead.received_at,
        "score": lead.score,
        "is_test": lead.is_test,
        **{name: getattr(contact, name) for name in CONTACT},
        "fields": contact.fields,
        "consent": contact.consent,
        "source_id": lead.source_id,
        "sub_id": lead.sub_id,
    }


def _made_up(session: Session, endpoint: Endpoint) -> dict[str, Any]:
    """Return a made-up lead, with answers as the partner's newest order asks them."""
    campaign = session.scalar(
        select(Campaign)
        .join(Subscription, Subscription.campaign_id == Campaign.id)
        .where(Subscription.partner_id == endpoint.partner_id)
        .order_by((Subscription.endpoint_id == endpoint.id).desc(), Campaign.id.desc())
        .limit(1)
    )
    stamp = {"lead_public_id": uuid7(), "received_at": datetime.now(UTC)}
    if campaign is None:
        answers = dict(CAR) if endpoint.format.name == "adf" else {}
        return {**MADE_UP, **stamp, "fields": answers}
    about = {"slug": campaign.slug, "currency": campaign.currency}
    return {**MADE_UP, **stamp, **about, "fields": _answers(fields_of(campaign))}


def _answers(specs: Sequence[FieldSpec]) -> dict[str, Any]:
    own = [spec for spec in specs if spec.name not in (*CONTACT, "consent")]
    return {spec.name: CAR.get(spec.name, _answer(spec)) for spec in own}


def _answer(spec: FieldSpec) -> Any:  # noqa: ANN401 - JSON
    if spec.options:
        several = spec.type == "multiselect"
        return list(spec.options[:2]) if several else spec.options[0]
    return ANSWERS.get(spec.type, spec.label)
