"""A partner's own subscriptions and endpoints, and what there is to order."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotFound
from app.domain.people import Actor, Right
from app.domain.states import (
    CampaignStatus,
    EndpointStatus,
    SubscriptionStatus,
)
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.subscription import Subscription
from app.services.own import own_partner
from app.services.paging import Asked, Page, page_of_rows

Owned = TypeVar("Owned", Subscription, Endpoint)


def list_subscriptions(
    actor: Actor,
    asked: Asked,
    *,
    status: str | None = None,
    campaign: str | None = None,
) -> Page[Subscription]:
    """Return the subscriptions of the actor's partner, newest first.

    Raises NotAllowed.
    """
    conditions = [Subscription.partner_id == own_partner(actor)]
    if status is not None:
        conditions.append(Subscription.status == SubscriptionStatus[status])
    if campaign is not None:
        conditions.append(Subscription.campaign_id == _named(campaign))
    with transaction() as session:
        return page_of_rows(session, Subscription, conditions, asked)


def list_endpoints(
    actor: Actor, asked: Asked, *, status: str | None = None
) -> Page[Endpoint]:
    """Return the endpoints of the actor's partner, newest first; raises NotAllowed."""
    conditions = [Endpoint.partner_id == own_partner(actor)]
    if status is not None:
        conditions.append(Endpoint.status == EndpointStatus[status])
    with transaction() as session:
        return page_of_rows(session, Endpoint, conditions, asked)


def own_row(
    actor: Actor, model: type[Owned], row_id: int, right: Right = Right.read
) -> Owned:
    """Return a row of the actor's partner, to read it or to do `right` to it.

    Raises NotAllowed, and NotFound for another's.
    """
    mine = model.partner_id == own_partner(actor, right)
    with transaction() as session:
        found = session.scalar(select(model).where(model.id == row_id, mine))
        if found is None:
            raise NotFound("There is no such row.")
        return found


def list_offers(
    actor: Actor, asked: Asked, *, industry: str | None = None
) -> Page[Campaign]:
    """Return the campaigns that the actor's partner may order from, newest first.

    Those are the active ones in its currency. Raises NotAllowed.
    """
    partner_id = own_partner(actor)
    with transaction() as session:
        conditions: list[ColumnElement[bool]] = [*on_sale(session, partner_id)]
        if industry is not None:
            conditions.append(Campaign.industry == industry)
        return page_of_rows(session, Campaign, conditions, asked)


def on_sale(session: Session, partner_id: int) -> Sequence[ColumnElement[bool]]:
    """Return what holds of a campaign that the partner may order from."""
    currency = session.get_one(Partner, partner_id).currency
    return Campaign.status == CampaignStatus.active, Campaign.currency == currency


def _named(slug: str) -> ColumnElement[int]:
    return select(Campaign.id).where(Campaign.slug == slug).scalar_subquery()
