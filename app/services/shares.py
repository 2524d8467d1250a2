"""Percentages of a campaign's leads: together no more than there is to sell."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.groups import compile_groups
from app.domain.routing_facts import CampaignFacts, Group
from app.domain.states import Method, Mode, SaleType, SubscriptionStatus
from app.models.campaign import Campaign
from app.models.subscription import Subscription
from app.services.saving import Errors
from app.services.stored import is_new

OF_CAMPAIGN = (
    Subscription.status == SubscriptionStatus.active,
    Subscription.mode == Mode.auto,
)
# Two who save at once would each find room for their own share.
LOCK = text("SELECT 1 FROM campaign_routing WHERE campaign_id = :id FOR UPDATE")


def check_share(
    session: Session, subscription: Subscription, errors: Errors, *, is_staff: bool
) -> None:
    """Refuse a share that, with the others', is more than the campaign sells."""
    campaign = session.get(Campaign, subscription.campaign_id or 0)
    if campaign is None or not errors.spares("percent", "status", "mode"):
        return
    takes = subscription.status in (None, SubscriptionStatus.active) and (
        subscription.mode in (None, Mode.auto)
    )
    if not takes or not _percentages(campaign):
        return
    session.execute(LOCK, {"id": campaign.id})
    others = [one for one in _active(session, campaign.id) if one.id != subscription.id]
    told = why_too_much(campaign, [subscription, *others])
    if told is None:
        return
    if not is_staff:
        told = "Its share was given to others meanwhile; ask the platform."
    errors.add("percent" if is_staff else "status", "too_much", told)


def check_shares(session: Session, campaign: Campaign, errors: Errors) -> None:
    """Refuse what would leave the active shares more than the campaign sells."""
    readable = errors.spares("method", "max_sales") and not any(
        error.field.startswith("groups") for error in errors
    )
    if is_new(campaign) or not readable or not _percentages(campaign):
        return
    session.execute(LOCK, {"id": campaign.id})
    active = _active(session, campaign.id)
    if told := why_too_much(campaign, active):
        errors.add("method", "too_much", told)


def why_too_much(campaign: Campaign, active: Sequence[Subscription]) -> str | None:
    """Say whose shares cannot all be kept, None where they can."""
    facts = _facts(campaign)
    for group in _percentages(campaign):
        sales = min(campaign.max_sales, group.limit or campaign.max_sales)
        # Who buys alone takes as much of a lead as all the sales of it.
        total = sum(
            (one.percent or 0) * (sales if one.sale_type is SaleType.exclusive else 1)
            for one in active
            if facts.tier_of(one.group) == group
        )
        if total > 100 * sales:
            times = "once" if sales == 1 else f"{sales} times"
            of = f" in {group.name}" if group.name else ""
            return (
                f"The active subscriptions' shares{of} come to {total} %; "
                f"a lead sold {times} has {100 * sales} % to give."
            )
    return None


def _facts(campaign: Campaign) -> CampaignFacts:
    has_groups = campaign.method is Method.groups
    groups = compile_groups(campaign.groups) if has_groups else ()
    return CampaignFacts(campaign.method, groups=groups)


def _percentages(campaign: Campaign) -> list[Group]:
    """Return the groups that go by percentage; a campaign without any is one itself."""
    tiers = _facts(campaign).tiers
    return [group for group in tiers if group.method is Method.percentage]


def _active(session: Session, campaign_id: int) -> list[Subscription]:
    query = select(Subscription).where(
        Subscription.campaign_id == campaign_id, *OF_CAMPAIGN
    )
    return list(session.scalars(query))
