"""How many leads of the last days a rule would have matched, while it is written.

Leads are counted as the router would see them, the newest MOST at the most. A partner
learns nothing of people whose leads it has not bought: what may tell who somebody is
is not counted for it, and its figures are rounded, few ones not told at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotAllowed, NotFound
from app.domain.filter_checks import check_rule
from app.domain.filter_fields import OWN, KnownFields
from app.domain.filters import Filter, compile_rule, fields_used
from app.domain.people import Actor
from app.domain.states import CampaignStatus
from app.gateways.regex import compile_regex
from app.models.campaign import Campaign
from app.models.partner import Partner
from app.models.subscription import Subscription
from app.services.lead_values import SPELLED
from app.services.rule_checks import fields_for

DAYS = 7
MOST = 5_000
# A partner's figures are multiples of it; what is below it is not told.
FEW = 5
# Ids grow with time, so that the index by campaign, status and id serves; of each
# status no more is looked at than is counted.
NEWEST = (
    "WITH since AS (SELECT id FROM lead"
    "   WHERE received_at >= now() - make_interval(days => :days)"
    "   ORDER BY received_at LIMIT 1),"
    " newest AS (SELECT found.id FROM"
    "   unnest(ARRAY['available', 'sold', 'expired']) AS of (status)"
    "   CROSS JOIN LATERAL (SELECT x.id FROM lead x"
    "     WHERE x.campaign_id = :campaign AND x.status = of.status"
    "     AND x.id >= (SELECT id FROM since) AND NOT x.is_test"
    "     ORDER BY x.id DESC LIMIT :most) AS found"
    "   ORDER BY found.id DESC LIMIT :most)"
    " SELECT {columns} FROM newest JOIN lead l ON l.id = newest.id"
    " JOIN lead_contact k ON k.lead_id = l.id JOIN campaign c ON c.id = l.campaign_id"
    " WHERE l.received_at >= now() - make_interval(days => :days)"
    " ORDER BY l.id DESC"
)
# What is few beside all leads looks many to the planner: it would read them all.
BY_KEYS = text(
    "SELECT set_config(name, 'off', true)"
    " FROM unnest(ARRAY['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan']) name"
)


@dataclass(frozen=True)
class Matches:
    """How many of the leads match; to a partner both are multiples of FEW.

    `uncounted` names the fields for which nothing is counted; `is_capped` says that
    only the newest leads were looked at.
    """

    matched: int = 0
    total: int = 0
    is_capped: bool = False
    uncounted: Sequence[str] = ()


def rule_fields(actor: Actor, campaign_id: int) -> KnownFields:
    """Return what rules may name of a campaign.

    Raises NotFound for one that a partner neither may order from nor ever did.
    """
    with transaction() as session:
        return _fields(session, actor, campaign_id)


def count_matches(actor: Actor, campaign_id: int, rule: object) -> Matches:
    """Count the leads of the last DAYS that a rule matches; null matches all.

    Raises NotAllowed, NotFound, and InvalidInput with every error of the rule.
    """
    compiled = compile_rule(rule, compile_regex)
    with transaction() as session:
        known = _fields(session, actor, campaign_id)
        check_rule(rule, known)
        names = sorted(fields_used(compiled))
        if not actor.is_staff and (hidden := _private(names, known)):
            return Matches(uncounted=hidden)
        rows = _rows(session, campaign_id, names)
    capped, rows = len(rows) > MOST, rows[:MOST]
    matched = len(rows) if compiled is None else _count(compiled, names, rows)
    if actor.is_staff:
        return Matches(matched, len(rows), capped)
    return Matches(matched // FEW * FEW, len(rows) // FEW * FEW, capped)


def _fields(session: Session, actor: Actor, campaign_id: int) -> KnownFields:
    query = select(Campaign.fields).where(Campaign.id == campaign_id)
    if not actor.is_staff:
        if not actor.may_buy:
            raise NotAllowed("Only a partner's owner or buyer may do this.")
        query = query.where(_is_theirs(actor))
    found = session.execute(query).first()
    if found is None:
        raise NotFound("There is no such campaign.")
    return fields_for(found.fields)


def _is_theirs(actor: Actor) -> Any:  # noqa: ANN401 - SQL
    currency = select(Partner.currency).where(Partner.id == actor.partner_id)
    is_on_sale = (Campaign.status == CampaignStatus.active) & (
        Campaign.currency == currency.scalar_subquery()
    )
    ordered = select(Subscription.id).where(
        Subscription.campaign_id == Campaign.id,
        Subscription.partner_id == actor.partner_id,
    )
    return or_(is_on_sale, exists(ordered))


def _private(names: Sequence[str], known: KnownFields) -> list[str]:
    """Return the labels of the fields that may tell who somebody is."""
    found = (known.find(name) for name in names)
    return [field.label for field in found if field is not None and field.is_private]


def _rows(session: Session, campaign_id: int, names: Sequence[str]) -> Sequence[Any]:
    """Return the newest leads' values of those fields, one more than are counted."""
    bound: dict[str, Any] = {"campaign": campaign_id, "days": DAYS, "most": MOST + 1}
    columns = []
    for number, name in enumerate(names):
        if name in SPELLED:
            columns.append(SPELLED[name])
            continue
        bound[f"field_{number}"] = name.removeprefix(OWN)
        columns.append(f"k.fields -> CAST(:field_{number} AS text)")
    session.execute(BY_KEYS)
    query = NEWEST.format(columns=", ".join(columns) or "1")
    return session.execute(text(query), bound).all()


def _count(rule: Filter, names: Sequence[str], rows: Sequence[Any]) -> int:
    return sum(rule.why_not(dict(zip(names, row, strict=True))) is None for row in rows)
