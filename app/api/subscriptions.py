"""A partner's own orders: `/api/campaigns`, `/api/subscriptions`, `/api/endpoints`."""

from typing import Any

from marshmallow import fields

from app.api.doors import PARTNERS, Doors, row_id, save_body
from app.api.queries import Query, Slug, state_of
from app.domain.errors import TooMany
from app.domain.people import Actor, Right
from app.domain.states import EndpointStatus, SubscriptionStatus
from app.limiting import wait_s
from app.models.campaign import Campaign
from app.models.partner import Endpoint
from app.models.subscription import Subscription
from app.schemas import (
    NewSecret,
    Overlap,
    Strict,
    Text,
    Truth,
    Whole,
    read_body,
    schema_of,
)
from app.services.endpoints import save_endpoint, shown_auth
from app.services.fields import fields_of
from app.services.own_rows import (
    list_endpoints,
    list_offers,
    list_subscriptions,
    own_row,
)
from app.services.paging import Asked, Page
from app.services.signing import rotate_secret
from app.services.subscriptions import ORDER, save_subscription
from app.services.trial import TRIALS, Trial, try_endpoint

ENDPOINT = (
    "name",
    "url",
    "format",
    "mapping",
    "reply_rules",
    "ping",
    "timeout_s",
    "status",
)
OFFER = (
    "id",
    "name",
    "slug",
    "industry",
    "price_cents",
    "age_prices",
    "currency",
    "max_sales",
    "delivery_minutes",
)
STAMPS = ("created_at", "updated_at")
ALONE = ("sale_type", "exclusive_price_cents")


class FieldSchema(Strict):
    """One field that a campaign asks for."""

    name = Text()
    label = Text()
    type = Text()
    required = Truth()
    options = fields.List(Text())


class Auth(fields.Raw):
    """The credentials of an endpoint: written whole, shown by their type."""

    def serialize(self, attr: str, obj: Endpoint, *_: Any, **__: Any) -> Any:  # noqa: ANN401, ARG002
        """Return what may be shown."""
        return shown_auth(obj)


OFFERED = schema_of(
    Campaign,
    "Offer",
    OFFER,
    fields=fields.Function(
        lambda campaign: FieldSchema(many=True).dump(fields_of(campaign)),
        metadata={"type": "array", "items": {"type": "object"}},
    ),
)
ORDERED = schema_of(
    Subscription,
    "Order",
    ("id", *ORDER, *ALONE, "last_sold_at", "version", *STAMPS),
    campaign=fields.Pluck(schema_of(Campaign, "Slug", ("slug",)), "slug"),
)
ORDER_BODY = schema_of(Subscription, "OrderBody", ORDER)
AUTH = {"auth": Auth(allow_none=True)}
ONCE = Text(
    allow_none=True,
    metadata={
        "description": "The key of signatures, shown this once; null to a repeat.",
        "x-once": True,
    },
)
TARGET = schema_of(
    Endpoint, "Target", ("id", *ENDPOINT, "old_secret_until", *STAMPS), **AUTH
)
TARGET_MADE = schema_of(
    Endpoint,
    "TargetMade",
    ("id", *ENDPOINT, "old_secret_until", *STAMPS),
    **AUTH,
    signing_secret=ONCE,
)
TARGET_BODY = schema_of(Endpoint, "TargetBody", ENDPOINT, **AUTH)


class TrialSchema(Strict):
    """What an endpoint said to a made-up lead, and what that means."""

    verdict = Text()
    reason = Text()
    rule = Whole(allow_none=True)
    status = Whole(allow_none=True)
    elapsed_ms = Whole()
    sent = Text()
    came = Text()


class OfferQuery(Query):
    """Campaigns by industry."""

    industry = Slug()


class OrderQuery(Query):
    """Subscriptions by state and campaign."""

    status = state_of(SubscriptionStatus)
    campaign = Slug()


class TargetQuery(Query):
    """Endpoints by state."""

    status = state_of(EndpointStatus)


doors = Doors("subscriptions_api", PARTNERS)


@doors.list("/api/campaigns", OFFERED, OfferQuery())
def campaigns(actor: Actor, asked: Asked, **filters: Any) -> Page[Campaign]:  # noqa: ANN401
    """List the campaigns that one's partner may order from."""
    return list_offers(actor, asked, **filters)


@doors.list("/api/subscriptions", ORDERED, OrderQuery())
def subscriptions(actor: Actor, asked: Asked, **filters: Any) -> Page[Subscription]:  # noqa: ANN401
    """List the subscriptions of one's partner."""
    return list_subscriptions(actor, asked, **filters)


@doors.post("/api/subscriptions", Right.buy, ORDERED, ORDER_BODY)
def add_subscription(actor: Actor) -> Subscription:
    """Order leads of a campaign."""
    order = Subscription(partner_id=actor.partner_id)
    return save_body(order, ORDER_BODY, save_subscription, actor, shown=ORDERED)


@doors.get("/api/subscriptions/<subscription_id>", ORDERED)
def subscription(actor: Actor, subscription_id: str) -> Subscription:
    """Tell one subscription."""
    return own_row(actor, Subscription, row_id(subscription_id))


@doors.patch("/api/subscriptions/<subscription_id>", Right.buy, ORDERED, ORDER_BODY)
def change_subscription(actor: Actor, subscription_id: str) -> Subscription:
    """Change or pause a subscription; what is left out stays."""
    order = own_row(actor, Subscription, row_id(subscription_id), Right.buy)
    return save_body(
        order, ORDER_BODY, save_subscription, actor, shown=ORDERED, partial=True
    )


@doors.list("/api/endpoints", TARGET, TargetQuery())
def endpoints(actor: Actor, asked: Asked, **filters: Any) -> Page[Endpoint]:  # noqa: ANN401
    """List the endpoints of one's partner."""
    return list_endpoints(actor, asked, **filters)


@doors.post("/api/endpoints", Right.manage, TARGET_MADE, TARGET_BODY)
def add_endpoint(actor: Actor) -> Endpoint:
    """Say where leads may be handed over to."""
    target = Endpoint(partner_id=actor.partner_id)
    return save_body(target, TARGET_BODY, save_endpoint, actor, shown=TARGET)


@doors.get("/api/endpoints/<endpoint_id>", TARGET)
def endpoint(actor: Actor, endpoint_id: str) -> Endpoint:
    """Tell one endpoint."""
    return own_row(actor, Endpoint, row_id(endpoint_id))


@doors.patch("/api/endpoints/<endpoint_id>", Right.manage, TARGET, TARGET_BODY)
def change_endpoint(actor: Actor, endpoint_id: str) -> Endpoint:
    """Change an endpoint; what is left out stays."""
    target = own_row(actor, Endpoint, row_id(endpoint_id), Right.manage)
    return save_body(
        target, TARGET_BODY, save_endpoint, actor, shown=TARGET, partial=True
    )


@doors.post(
    "/api/endpoints/<endpoint_id>/rotate-secret", Right.manage, NewSecret(), Overlap()
)
def rotate_endpoint_secret(actor: Actor, endpoint_id: str) -> dict[str, Any]:
    """Give an endpoint a new signing secret; the old one signs along a while."""
    overlap = read_body(Overlap(), optional=True).get("overlap_minutes")
    target = own_row(actor, Endpoint, row_id(endpoint_id), Right.manage)
    return rotate_secret(actor, target.id, overlap)


@doors.act("/api/endpoints/<endpoint_id>/test", Right.manage, TrialSchema())
def test_endpoint(actor: Actor, endpoint_id: str) -> Trial:
    """Send an endpoint a made-up lead, and tell what came back; nothing is stored."""
    target = own_row(actor, Endpoint, row_id(endpoint_id), Right.manage)
    if wait := wait_s(TRIALS, "endpoint trial", str(target.id)):
        raise TooMany("This endpoint was tried often enough.", wait)
    return try_endpoint(target.id, actor)
