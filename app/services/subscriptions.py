"""Subscriptions: partners' standing orders, checked against all they rest on."""

from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.filters import compile_rule
from app.domain.money import MAX_CENTS
from app.domain.people import Actor
from app.domain.schedule import compile_schedule, timezone_named
from app.domain.states import Mode
from app.gateways.regex import compile_regex
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.subscription import Subscription
from app.services.saving import (
    Errors,
    check_final,
    check_range,
    check_unchanged,
    checking,
    find,
    is_new,
    store,
)

MAX_CAP = 10**9
MAX_PRIORITY = 10**6
RANGES = {
    "price_cents": (0, MAX_CENTS),
    "priority": (0, MAX_PRIORITY),
    "weight": (0, MAX_PRIORITY),
    "daily_cap": (0, MAX_CAP),
    "weekly_cap": (0, MAX_CAP),
    "monthly_cap": (0, MAX_CAP),
    "daily_budget_cents": (0, MAX_CENTS),
    "weekly_budget_cents": (0, MAX_CENTS),
    "monthly_budget_cents": (0, MAX_CENTS),
}


def save_subscription(subscription: Subscription, actor: Actor) -> None:
    """Store a new or changed subscription; a change makes a new version of it.

    Raises NotAllowed, InvalidInput with every error.
    """
    new = is_new(subscription)
    with transaction() as session:
        with checking(session, subscription, actor) as errors:
            check_final(subscription, errors)
            check_unchanged(subscription, "partner_id", errors)
            check_unchanged(subscription, "campaign_id", errors)
            for name, (least, most) in RANGES.items():
                check_range(subscription, name, least, most, errors)
            _check_conditions(subscription, errors)
            _check_belongings(session, subscription, errors)
        if not new:
            subscription.version = Subscription.version + 1
        store(session, subscription)


def _check_conditions(subscription: Subscription, errors: Errors) -> None:
    errors.attempt(lambda: compile_rule(subscription.filters, compile_regex))
    errors.attempt(lambda: compile_schedule(subscription.schedule))
    if subscription.timezone is not None and errors.spares("timezone"):
        errors.attempt(lambda: timezone_named(subscription.timezone))


def _check_belongings(
    session: Session, subscription: Subscription, errors: Errors
) -> None:
    """Partner, campaign and endpoint must be there, and belong together."""
    partner = find(session, Partner, subscription, "partner_id", errors)
    campaign = find(session, Campaign, subscription, "campaign_id", errors)
    endpoint = find(session, Endpoint, subscription, "endpoint_id", errors)
    if partner and campaign and partner.currency != campaign.currency:
        message = "The partner's currency differs from the campaign's."
        errors.add("campaign_id", "currency", message)
    if endpoint and partner and endpoint.partner_id != partner.id:
        errors.add("endpoint_id", "foreign", "This endpoint is another partner's.")
    needs_endpoint = subscription.mode in (None, Mode.auto)
    if needs_endpoint and subscription.endpoint_id is None:
        message = "An automatic subscription needs an endpoint."
        errors.add("endpoint_id", "required", message)
