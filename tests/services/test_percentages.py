"""Percentages as they are kept: by window, with releases, never over what is sold."""

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import InvalidInput
from app.domain.ranking import POINT
from app.domain.states import Method, SubscriptionStatus
from app.jobs import delivery, routing, validation
from app.models.campaign import Campaign
from app.models.subscription import Subscription
from app.services.campaigns import save_campaign
from app.services.routing import sell_lead
from app.services.subscriptions import save_subscription
from app.services.trace import trace_of
from tests.factories import (
    STAFF,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.factories import lead_of as find_lead
from tests.partner import PartnerServer, Says

pytestmark = pytest.mark.usefixtures("database")


def order(campaign: Campaign, percent: int, url: str = "") -> Subscription:
    buyer = make_partner()
    endpoint = make_endpoint(buyer, **({"url": url} if url else {}))
    return make_subscription(campaign, buyer, percent=percent, endpoint_id=endpoint.id)


def sell(campaign: Campaign, leads: int = 1, *, deliver: bool = False) -> list[int]:
    """Take leads in and route them; return their ids."""
    source = make_source(campaign)
    ids = [find_lead(take(source).public_id).id for _ in range(leads)]
    for _ in range(4):
        validation.drain()
        routing.drain()
        if deliver:
            delivery.drain()
    return ids


def deficit(one: Subscription) -> int:
    db.session.expire_all()
    return db.session.get_one(Subscription, one.id).deficit_nano


def sales(one: Subscription) -> int:
    query = text(
        "SELECT count(*) FROM transaction WHERE subscription_id = :id"
        " AND status <> 'released'"
    )
    return int(db.session.execute(query, {"id": one.id}).scalar_one())


def test_leads_go_by_percentage_and_the_rest_to_nobody() -> None:
    campaign = make_campaign(method=Method.percentage)
    most, some = order(campaign, 60), order(campaign, 20)

    *_, last = sell(campaign, 10)

    assert (sales(most), sales(some)) == (6, 2)
    assert (deficit(most), deficit(some)) == (0, 0)
    reasons = [decision["reason"] for decision in trace_of(last)["decisions"]]
    assert reasons == ["share", "share"]


def test_rejected_lead_is_counted_once_and_given_back(partner: PartnerServer) -> None:
    campaign = make_campaign(method=Method.percentage)
    first = order(campaign, 60, partner.url)
    second = order(campaign, 40, partner.url)
    partner.says(Says(422, b"no"), Says(200))

    sell(campaign, deliver=True)

    assert (sales(first), sales(second)) == (0, 1)
    assert (deficit(first), deficit(second)) == (60 * POINT, -60 * POINT)


def test_next_window_owes_nothing_of_the_last(partner: PartnerServer) -> None:
    campaign = make_campaign(method=Method.percentage)
    one = order(campaign, 50, partner.url)
    sell(campaign)
    assert deficit(one) == -50 * POINT
    # As if the sale had been yesterday's; it is given back once today began.
    with transaction() as session:
        session.execute(
            text("UPDATE subscription SET deficit_from = deficit_from - interval '1 d'")
        )
        session.execute(text("UPDATE transaction SET held_at = now() - interval '1 d'"))
    partner.says(Says(422, b"no"))
    delivery.drain()
    partner.says(Says(200))

    *_, again = sell(campaign, deliver=True)

    assert sales(one) == 1
    assert deficit(one) == -50 * POINT
    assert trace_of(again)["decisions"][0]["taken"]


def test_sale_by_hand_needs_no_share() -> None:
    campaign = make_campaign(method=Method.percentage)
    none = order(campaign, 0)
    [lead] = sell(campaign)

    sell_lead(lead, none.id, STAFF)

    assert (sales(none), deficit(none)) == (1, 0)


def refusals(obj: Campaign | Subscription) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        if isinstance(obj, Campaign):
            save_campaign(obj, STAFF)
        else:
            save_subscription(obj, STAFF)
    db.session.rollback()
    return {error.field: error.message for error in refused.value.errors}


def test_shares_over_what_is_sold_are_refused_with_a_sentence() -> None:
    campaign = make_campaign(method=Method.percentage)
    order(campaign, 70)
    paused = order(campaign, 40)
    paused.status = SubscriptionStatus.paused
    save_subscription(paused, STAFF)
    db.session.commit()

    paused.status = SubscriptionStatus.active

    assert refusals(paused) == {
        "percent": "The active subscriptions' shares come to 110 %; "
        "a lead sold once has 100 % to give."
    }


def test_share_is_from_0_to_100() -> None:
    one = order(make_campaign(), 0)
    one.percent = 101

    assert set(refusals(one)) == {"percent"}


def test_campaign_may_not_go_by_shares_that_are_too_many() -> None:
    campaign = make_campaign(max_sales=2)
    for _ in range(2):
        order(campaign, 60)
    campaign.method = Method.percentage
    save_campaign(campaign, STAFF)
    db.session.commit()

    campaign.max_sales = 1

    assert set(refusals(campaign)) == {"method"}
