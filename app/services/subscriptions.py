"""Subscriptions: partners' standing orders, checked against all they rest on."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.limits import check_weekdays
from app.domain.money import MAX_CENTS
from app.domain.people import Actor
from app.domain.schedule import compile_schedule, timezone_named
from app.domain.states import CampaignStatus, Mode, SaleType, SubscriptionStatus
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.subscription import Subscription
from app.services.backfill import go_back, is_widened
from app.services.groups import check_group
from app.services.limit_mail import forget_marks
from app.services.order_limits import LIMITS
from app.services.ping_fields import why_not_asked
from app.services.rule_checks import check_rules
from app.services.saving import (
    NO_ROW,
    Errors,
    check_final,
    check_range,
    check_unchanged,
    checking,
    find,
    store,
)
from app.services.shares import check_share
from app.services.stored import changes_of, is_new, stored, was
from app.services.waits import wake

MAX_CAP = 10**9
MAX_PRIORITY = 10**6
CAPS = tuple(cap for _, cap, _ in LIMITS)
BUDGETS = tuple(budget for _, _, budget in LIMITS)
BY_WEEKDAY = {"weekday_caps": MAX_CAP, "weekday_budgets_cents": MAX_CENTS}
LIMITING = {*CAPS, *BUDGETS, *BY_WEEKDAY}
# What a partner sets of its own; its turn and its sale type are the operator's.
ORDER = (
    "campaign_id",
    "endpoint_id",
    "mode",
    "status",
    "price_cents",
    "price_rules",
    "filters",
    *CAPS,
    "weekday_caps",
    *BUDGETS,
    "weekday_budgets_cents",
    "pacing",
    "at_cap",
    "schedule",
    "timezone",
    "backfill_days",
)
OWN = frozenset(ORDER)
RANGES = {
    "price_cents": (0, MAX_CENTS),
    "exclusive_price_cents": (0, MAX_CENTS),
    "priority": (0, MAX_PRIORITY),
    "weight": (0, MAX_PRIORITY),
    "backfill_days": (0, 3650),
    "percent": (0, 100),
    **dict.fromkeys(CAPS, (0, MAX_CAP)),
    **dict.fromkeys(BUDGETS, (0, MAX_CENTS)),
}


def save_subscription(subscription: Subscription, actor: Actor) -> None:
    """Store a new or changed subscription; a change makes a new version of it.

    Staff may, and the buyers of its partner what is OWN, at the campaign's price or
    above. Raises NotAllowed, NotFound, InvalidInput with every error.
    """
    if not (actor.is_staff or actor.may_buy):
        raise NotAllowed("Only a partner's owner or buyer may do this.")
    new = is_new(subscription)
    with transaction() as session:
        with checking(session, subscription, actor, OWN) as errors:
            check_final(subscription, errors)
            check_unchanged(subscription, "partner_id", errors)
            check_unchanged(subscription, "campaign_id", errors)
            for name, (least, most) in RANGES.items():
                check_range(subscription, name, least, most, errors)
            _check_conditions(subscription, errors)
            if not actor.is_staff:
                _check_known(session, subscription, errors)
            _check_belongings(session, subscription, errors)
            if not actor.is_staff:
                _check_order(session, subscription, errors)
            check_group(session, subscription, errors)
            check_share(session, subscription, errors, is_staff=actor.is_staff)
            check_rules(session, subscription, errors)
            if not actor.is_staff:
                _check_rule_prices(session, subscription, errors)
        follows = _what_follows(subscription)
        if not new:
            subscription.version = Subscription.version + 1
        store(session, subscription, actor)
        for do in follows:
            do(session, subscription.id)


def _what_follows(
    subscription: Subscription,
) -> list[Callable[[Session, int], None]]:
    """Return what is to be done once the changes are stored."""
    follows: list[Callable[[Session, int], None]] = [wake]
    if is_widened(subscription):
        follows.append(go_back)
    if changes_of(subscription) & LIMITING:
        follows.append(forget_marks)
    return follows


def _check_known(session: Session, subscription: Subscription, errors: Errors) -> None:
    """Tell a partner of drafts and of others' endpoints as of what is not there."""
    if errors.spares("campaign_id") and is_new(subscription):
        campaign = session.get(Campaign, subscription.campaign_id or 0)
        if campaign is not None and campaign.status is CampaignStatus.draft:
            errors.add("campaign_id", "unknown", NO_ROW)
    if errors.spares("endpoint_id"):
        endpoint = session.get(Endpoint, subscription.endpoint_id or 0)
        if endpoint is not None and endpoint.partner_id != subscription.partner_id:
            errors.add("endpoint_id", "unknown", NO_ROW)


def _check_order(session: Session, subscription: Subscription, errors: Errors) -> None:
    """Let a partner order what is on sale alone, at its price or above."""
    campaign = session.get(Campaign, subscription.campaign_id or 0)
    if campaign is None or not errors.spares("campaign_id"):
        return
    if is_new(subscription) and campaign.status is not CampaignStatus.active:
        errors.add("campaign_id", "not_active", "This campaign takes no orders now.")
    # A lower price that the operator agreed to stays until the partner changes it.
    price = subscription.price_cents
    if price is not None and price != stored(subscription, "price_cents"):
        check_range(
            subscription, "price_cents", campaign.price_cents, MAX_CENTS, errors
        )
    _check_price_alone(subscription, errors)
    if was(subscription, "status") and (
        subscription.status is SubscriptionStatus.archived
    ):
        errors.add("status", "staff_only", "Pause it instead.")


def _check_price_alone(subscription: Subscription, errors: Errors) -> None:
    """Keep a partner from lowering what the operator agreed to for a whole lead."""
    if subscription.sale_type in (None, SaleType.shared) or (
        subscription.exclusive_price_cents is not None
    ):
        return
    for name in ("price_cents", "price_rules"):
        if getattr(subscription, name) != stored(subscription, name):
            message = "The price of leads that you have alone is the operators' to set."
            errors.add(name, "staff_only", message)


def _check_rule_prices(
    session: Session, subscription: Subscription, errors: Errors
) -> None:
    """Let a partner set a rule at the campaign's price or above."""
    campaign = session.get(Campaign, subscription.campaign_id or 0)
    are_read = not any(error.field.startswith("price_rules") for error in errors)
    if campaign is None or not errors.spares("campaign_id") or not are_read:
        return
    least = campaign.price_cents
    agreed = stored(subscription, "price_rules") or ()
    for index, rule in enumerate(subscription.price_rules or ()):
        if rule not in agreed and rule["price_cents"] < least:
            message = f"Send a number from {least} to {MAX_CENTS}."
            errors.add(f"price_rules[{index}].price_cents", "out_of_range", message)


def _check_conditions(subscription: Subscription, errors: Errors) -> None:
    errors.attempt(lambda: compile_schedule(subscription.schedule))
    for name, most in BY_WEEKDAY.items():
        errors.attempt(partial(check_weekdays, name, getattr(subscription, name), most))
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
    if endpoint and campaign and (why := why_not_asked(endpoint, campaign)):
        errors.add("endpoint_id", "contact", why)
    needs_endpoint = subscription.mode in (None, Mode.auto)
    if needs_endpoint and subscription.endpoint_id is None:
        message = "An automatic subscription needs an endpoint."
        errors.add("endpoint_id", "required", message)
