"""The groups of a campaign, and the subscriptions that name them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import InvalidInput
from app.domain.groups import compile_groups
from app.domain.states import Method, SubscriptionStatus
from app.models.campaign import Campaign
from app.models.subscription import Subscription
from app.services.saving import Errors
from app.services.stored import is_new


def check_groups(session: Session, campaign: Campaign, errors: Errors) -> None:
    """Check a campaign's groups; one that active subscriptions name stays."""
    try:
        groups = compile_groups(campaign.groups)
    except InvalidInput as refused:
        errors.extend(refused.errors)
        return
    if campaign.method in (Method.groups, Method.groups.name) and not groups:
        message = "Add a group, or choose another method."
        errors.add("groups", "required", message)
    if is_new(campaign):
        return
    named = select(Subscription.group).where(
        Subscription.campaign_id == campaign.id,
        Subscription.status == SubscriptionStatus.active,
        Subscription.group.is_not(None),
        Subscription.group.not_in([group.name for group in groups]),
    )
    missing = sorted({str(name) for name in session.scalars(named)})
    if missing:
        message = f"Active subscriptions are in {', '.join(missing)}; move them first."
        errors.add("groups", "in_use", message)


def check_group(session: Session, subscription: Subscription, errors: Errors) -> None:
    """Check that a subscription's group is one of its campaign's."""
    campaign = session.get(Campaign, subscription.campaign_id or 0)
    if campaign is None or subscription.group is None or not errors.spares("group"):
        return
    names = [group.name for group in compile_groups(campaign.groups)]
    if subscription.group not in names:
        known = f"Choose one of {', '.join(names)}." if names else "It has none."
        message = f"The campaign has no group of that name. {known}"
        errors.add("group", "unknown", message)
