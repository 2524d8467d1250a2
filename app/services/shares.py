"""Percentages of a campaign's leads: together no more than there is to sell."""

from collections.abc import Iterable

from sqlalchemy import select, text
from sqlalchemy.orm import Session

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
    if campaign.method is not Method.percentage or not takes:
        return
    session.execute(LOCK, {"id": campaign.id})
    others = [one for one in _active(session, campaign.id) if one.id != subscription.id]
    told = why_too_much(campaign.max_sales, [subscription, *others])
    if told is None:
        return
    if not is_staff:
        told = "Its share was given to others meanwhile; ask the platform."
    errors.add("percent" if is_staff else "status", "too_much", told)


def check_shares(session: Session, campaign: Campaign, errors: Errors) -> None:
    """Refuse what would leave the active shares more than the campaign sells."""
    if is_new(campaign) or campaign.method is not Method.percentage:
        return
    if not errors.spares("method", "max_sales"):
        return
    session.execute(LOCK, {"id": campaign.id})
    active = _active(session, campaign.id)
    if told := why_too_much(campaign.max_sales, active):
        errors.add("method", "too_much", told)


def why_too_much(max_sales: int, active: Iterable[Subscription]) -> str | None:
    """Say why shares cannot all be kept, None where they can."""
    most = 100 * max_sales
    total = sum((one.percent or 0) * _slots(one, max_sales) for one in active)
    if total <= most:
        return None
    return (
        f"The active subscriptions' shares come to {total} %; "
        f"a lead sold {'once' if max_sales == 1 else f'{max_sales} times'} "
        f"has {most} % to give."
    )


def _slots(one: Subscription, max_sales: int) -> int:
    """Return how many slots a sale takes: who buys alone takes them all."""
    return max_sales if one.sale_type is SaleType.exclusive else 1


def _active(session: Session, campaign_id: int) -> list[Subscription]:
    query = select(Subscription).where(
        Subscription.campaign_id == campaign_id, *OF_CAMPAIGN
    )
    return list(session.scalars(query))
