"""`/api/leads/mine`: a vendor's own leads, as JSON or CSV."""

from typing import Any

from marshmallow import fields

from app.api.doors import VENDORS, Doors, row_id
from app.api.queries import Filters, Query, state_of
from app.domain.people import Actor, Right
from app.domain.states import ApprovalStatus, LeadStatus, ValidationStatus
from app.models.campaign import Campaign
from app.models.source import Source
from app.schemas import (
    Choice,
    NewKey,
    Overlap,
    Strict,
    Text,
    Time,
    Truth,
    Whole,
    read_body,
    schema_of,
)
from app.services.own_leads import list_own_leads
from app.services.paging import Asked, Page
from app.services.sources import last_uses, list_own_sources, rotate_key


class OwnLeadSchema(Strict):
    """How a lead of one's own fares, and what its sales earned so far."""

    id = Text()
    campaign = Text()
    source_id = Whole()
    sub_id = Text(allow_none=True)
    status = Choice(LeadStatus)
    validation_status = Choice(ValidationStatus)
    approval_status = Choice(ApprovalStatus)
    reason = Text(allow_none=True)
    test = Truth()
    received_at = Time()
    due_at = Time(allow_none=True)
    delivered_at = Time(allow_none=True)
    sold = Whole()
    earned_cents = Whole()
    currency = Text()


SOURCE = schema_of(
    Source,
    "OwnSource",
    ("id", "name", "kind", "status", "per_minute", "key_prefix", "old_key_until"),
    campaign=fields.Pluck(schema_of(Campaign, "CampaignSlug", ("slug",)), "slug"),
    last_used_at=Time(allow_none=True),
)


class OwnLeadQuery(Filters):
    """Leads by state, campaign and time of receipt."""

    status = state_of(LeadStatus)
    validation_status = state_of(ValidationStatus)


doors = Doors("vendors_api", VENDORS)


@doors.list("/api/leads/mine", OwnLeadSchema(), OwnLeadQuery())
def my_leads(actor: Actor, asked: Asked, **filters: Any) -> Page[dict[str, Any]]:  # noqa: ANN401
    """List the leads of one's vendor, newest first, without contact data."""
    return list_own_leads(actor, asked, **filters)


@doors.list("/api/sources", SOURCE, Query())
def sources(actor: Actor, asked: Asked) -> Page[Source]:
    """List the sources of one's vendor, with the last use of their keys."""
    page = list_own_sources(actor, asked)
    used = last_uses([source.id for source in page.items])
    for source in page.items:
        vars(source)["last_used_at"] = used[source.id]
    return page


@doors.post("/api/sources/<source_id>/rotate", Right.own, NewKey(), Overlap())
def rotate(actor: Actor, source_id: str) -> dict[str, Any]:
    """Give a source a new key; the old one opens for the overlap."""
    overlap = read_body(Overlap(), optional=True).get("overlap_minutes")
    return rotate_key(actor, row_id(source_id), overlap)
