"""Campaigns: what staff set for them, checked before anything is sold under it."""

import re

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.money import MAX_CENTS
from app.domain.people import Actor
from app.domain.price_rules import compile_age_prices
from app.domain.return_policy import check_policy
from app.domain.states import SubscriptionStatus
from app.models.base import Base
from app.models.campaign import Campaign, CampaignRouting
from app.models.lead import Lead
from app.models.sale import Transaction
from app.models.source import Source
from app.models.subscription import Subscription
from app.services.campaign_checks import check_checks
from app.services.campaign_fields import check_fields
from app.services.commission import check_commission
from app.services.currencies import check_currency
from app.services.groups import check_groups
from app.services.policy import policy
from app.services.rule_checks import check_fields_stay
from app.services.saving import Errors, check_final, check_range, checking, store
from app.services.shares import check_shares
from app.services.stored import is_new, was

SLUG = re.compile(r"[a-z0-9-]{1,64}")
RANGES = {
    "price_cents": (0, MAX_CENTS),
    "min_margin_cents": (0, MAX_CENTS),
    "max_sales": (1, 100),
    "dedupe_days": (0, 3650),
    "sell_days": (1, 3650),
    "delivery_minutes": (1, 1440),
}
# What a new campaign takes from the settings, by the same names.
BY_POLICY = ("dedupe_days", "sell_days", "delivery_minutes")


def save_campaign(campaign: Campaign, actor: Actor) -> None:
    """Store a new or changed campaign; a change makes a new version of it.

    Raises NotAllowed, InvalidInput with every error, Taken for its slug.
    """
    new = is_new(campaign)
    if new:
        _fill_in(campaign)
    with transaction() as session:
        with checking(session, campaign, actor) as errors:
            check_slug(campaign, errors)
            check_currency(campaign, errors)
            check_final(campaign, errors)
            for name, (least, most) in RANGES.items():
                check_range(campaign, name, least, most, errors)
            check_commission(campaign, errors)
            errors.attempt(lambda: compile_age_prices(campaign.age_prices))
            errors.attempt(lambda: check_fields(campaign.fields))
            check_fields_stay(session, campaign, errors)
            errors.attempt(lambda: check_checks(campaign.checks))
            errors.attempt(lambda: check_policy(campaign.return_policy))
            _check_currency_stays(session, campaign, errors)
            check_groups(session, campaign, errors)
            check_shares(session, campaign, errors)
        if not new:
            campaign.version = Campaign.version + 1
        store(session, campaign, actor)
        if new:
            session.add(CampaignRouting(campaign_id=campaign.id))


def check_slug(obj: Base, errors: Errors) -> None:
    """Check that the slug is one of CONTRACT §3."""
    slug = getattr(obj, "slug", None)
    if slug is not None and errors.spares("slug") and not SLUG.fullmatch(slug):
        message = "Use 1 to 64 lower-case letters, digits and hyphens."
        errors.add("slug", "invalid", message)


def _fill_in(campaign: Campaign) -> None:
    """Give a new campaign what its maker leaves to the platform."""
    for name in BY_POLICY:
        if getattr(campaign, name) is None:
            setattr(campaign, name, getattr(policy, name))


def _check_currency_stays(session: Session, campaign: Campaign, errors: Errors) -> None:
    if was(campaign, "currency") is None or not errors.spares("currency"):
        return
    orders = select(Subscription.id).where(
        Subscription.campaign_id == campaign.id,
        Subscription.status != SubscriptionStatus.archived,
    )
    sales = select(Transaction.id).where(Transaction.campaign_id == campaign.id)
    # A vendor is owed in its own currency, also for leads that its source brought
    # before it was another's.
    sources, leads = (
        select(model.id).where(
            model.campaign_id == campaign.id, model.vendor_id.is_not(None)
        )
        for model in (Source, Lead)
    )
    if session.scalar(
        select(exists(sales) | exists(orders) | exists(sources) | exists(leads))
    ):
        message = "Leads were sold, ordered or supplied in another currency already."
        errors.add("currency", "fixed", message)
