"""What the screens of partners and vendors share: the rows of the reader's account.

The filters are functions asked per request; who belongs to no account sees nothing.
"""

from collections.abc import Callable
from typing import Any

from flask import request
from flask_appbuilder.models.filters import BaseFilter
from sqlalchemy import ColumnElement, and_, false, select

from app.db import db
from app.domain.states import CampaignStatus, EndpointStatus
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.source import Source
from app.models.subscription import Subscription
from app.security import current_actor

MAX_DIGITS = 18


class OfAccount(BaseFilter):
    """The rows whose column holds the reader's own partner or vendor."""

    name = "own"

    def apply(self, query: Any, owner: Callable[[], int | None]) -> Any:  # noqa: ANN401
        """Narrow the query; an owner of None would match the rows of nobody."""
        number = owner()
        if number is None:
            return query.filter(false())
        return query.filter(getattr(self.model, self.column_name) == number)


class OnSale(BaseFilter):
    """The campaigns that a partner may order from: active, in its currency."""

    name = "on sale"

    def apply(self, query: Any, owner: Callable[[], int | None]) -> Any:  # noqa: ANN401
        """Narrow the query."""
        return query.filter(is_on_sale(owner()))


def own_partner() -> int | None:
    """Return the partner that the reader belongs to."""
    return current_actor().partner_id


def own_vendor() -> int | None:
    """Return the vendor that the reader belongs to."""
    return current_actor().vendor_id


def own_endpoints() -> list[Endpoint]:
    """Return the endpoints that the reader's leads may be handed over to."""
    query = select(Endpoint).where(
        Endpoint.partner_id == own_partner(),
        Endpoint.status != EndpointStatus.archived,
    )
    return list(db.session.scalars(query.order_by(Endpoint.name)))


def campaigns_on_sale() -> list[Campaign]:
    """Return the campaigns that the reader's partner may order from, by name."""
    query = select(Campaign).where(is_on_sale(own_partner()))
    return list(db.session.scalars(query.order_by(Campaign.name)))


def is_on_sale(partner_id: int | None) -> ColumnElement[bool]:
    """Return the condition that a partner may order from a campaign."""
    currency = select(Partner.currency).where(Partner.id == partner_id)
    return and_(
        Campaign.status == CampaignStatus.active,
        Campaign.currency == currency.scalar_subquery(),
    )


def ordered_campaigns() -> list[tuple[str, str]]:
    """Return the campaigns that the reader's partner ever ordered from."""
    rows = db.session.execute(
        select(Campaign.id, Campaign.name)
        .join(Subscription, Subscription.campaign_id == Campaign.id)
        .where(Subscription.partner_id == own_partner())
        .distinct()
        .order_by(Campaign.name)
    )
    return [(str(number), name) for number, name in rows]


def supplied_campaigns() -> list[tuple[str, str]]:
    """Return the campaigns that the reader's vendor has a source of."""
    rows = db.session.execute(
        select(Campaign.id, Campaign.name)
        .join(Source, Source.campaign_id == Campaign.id)
        .where(Source.vendor_id == own_vendor())
        .distinct()
        .order_by(Campaign.name)
    )
    return [(str(number), name) for number, name in rows]


def supplied_sources() -> list[tuple[str, str]]:
    """Return the sources of the reader's vendor."""
    query = select(Source.id, Source.name).where(Source.vendor_id == own_vendor())
    rows = db.session.execute(query.order_by(Source.name))
    return [(str(number), name) for number, name in rows]


def asked_id(name: str) -> int | None:
    """Return the number that the address gives by that name, if it is one."""
    text = request.args.get(name, "")
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        return int(text)
    return None
