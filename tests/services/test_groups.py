"""Groups: tiers that are asked for a lead in turn, and what their form refuses."""

from typing import Any

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import InvalidInput
from app.domain.ranking import POINT
from app.domain.states import Method, SubscriptionStatus
from app.jobs import delivery, routing, validation
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.subscription import Subscription
from app.services.campaigns import save_campaign
from app.services.integrity import run_checks
from app.services.subscriptions import save_subscription
from app.services.trace import trace_of
from tests.factories import (
    STAFF,
    lead_of,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer, Says

pytestmark = pytest.mark.usefixtures("database")

GOLD = {"name": "gold", "method": "price", "limit": 1, "if_sold": "go_on"}
REST = {"name": "rest", "method": "priority", "limit": None, "if_sold": "go_on"}


def make(*groups: dict[str, Any], max_sales: int = 2) -> Campaign:
    return make_campaign(method=Method.groups, groups=list(groups), max_sales=max_sales)


def order(campaign: Campaign, partner: PartnerServer, **values: Any) -> Subscription:
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    return make_subscription(campaign, buyer, endpoint_id=endpoint.id, **values)


def sell(campaign: Campaign) -> Lead:
    taken = take(make_source(campaign))
    for _ in range(4):
        validation.drain()
        routing.drain()
        delivery.drain()
    return lead_of(taken.public_id)


def winners(lead: Lead) -> list[int]:
    query = text(
        "SELECT subscription_id FROM transaction WHERE lead_id = :id"
        " AND status <> 'released' ORDER BY subscription_id"
    )
    return list(db.session.scalars(query, {"id": lead.id}))


def test_groups_buy_in_turn_each_up_to_its_limit(partner: PartnerServer) -> None:
    campaign = make(GOLD, REST)
    order(campaign, partner, group="gold", price_cents=100)
    best = order(campaign, partner, group="gold", price_cents=200)
    rest = order(campaign, partner)

    lead = sell(campaign)

    assert winners(lead) == [best.id, rest.id]
    assert [c for c in run_checks()["checks"] if not c["ok"]] == []


def test_group_that_gave_a_lead_back_may_buy_it_again(partner: PartnerServer) -> None:
    campaign = make({**GOLD, "if_sold": "stop"}, REST)
    order(campaign, partner, group="gold", price_cents=200)
    second = order(campaign, partner, group="gold", price_cents=100)
    order(campaign, partner)
    partner.says(Says(422, b"no"), Says(200))

    lead = sell(campaign)

    assert winners(lead) == [second.id]
    reasons = [decision["reason"] for decision in trace_of(lead.id)["decisions"]]
    assert reasons == [
        None,
        None,
        "after_group:gold",
        "duplicate_for_partner:tried",
        None,
        "after_group:gold",
    ]


def test_percentages_and_weights_keep_to_their_groups(partner: PartnerServer) -> None:
    share = {**GOLD, "method": "percentage"}
    campaign = make(share, {**REST, "method": "weighted"})
    half = order(campaign, partner, group="gold", percent=50)
    others = [order(campaign, partner, weight=weight) for weight in (1, 2)]

    for _ in range(3):
        sell(campaign)

    db.session.expire_all()
    owed = {
        one.id: db.session.get_one(Subscription, one.id).deficit_from
        for one in (half, *others)
    }
    assert owed[half.id] is not None
    assert {owed[one.id] for one in others} == {None}
    assert db.session.get_one(Subscription, half.id).deficit_nano == -50 * POINT


def refused(obj: Campaign | Subscription) -> dict[str, str]:
    with pytest.raises(InvalidInput) as error:
        if isinstance(obj, Campaign):
            save_campaign(obj, STAFF)
        else:
            save_subscription(obj, STAFF)
    db.session.rollback()
    return {wrong.field: wrong.code for wrong in error.value.errors}


@pytest.mark.parametrize(
    ("groups", "errors"),
    [
        (None, {"groups": "required"}),
        ([], {"groups": "type"}),
        ({}, {"groups": "type"}),
        (["gold"], {"groups[0]": "keys"}),
        ([{**GOLD, "groups": []}], {"groups[0]": "keys"}),
        ([{**GOLD, "method": "groups"}], {"groups[0].method": "nested"}),
        ([{**GOLD, "method": []}], {"groups[0].method": "choice"}),
        ([{**GOLD, "limit": 0}], {"groups[0].limit": "out_of_range"}),
        ([{**GOLD, "limit": True}], {"groups[0].limit": "out_of_range"}),
        ([{**GOLD, "limit": "many"}], {"groups[0].limit": "out_of_range"}),
        ([{**GOLD, "if_sold": "maybe"}], {"groups[0].if_sold": "choice"}),
        ([GOLD, GOLD], {"groups[1].name": "taken"}),
        ([{**GOLD, "name": " "}], {"groups[0].name": "required"}),
        (
            [{**GOLD, "name": "x" * 65}, {"name": 1, "method": "price"}],
            {"groups[0].name": "too_long", "groups[1].name": "required"},
        ),
    ],
)
def test_wrong_groups_are_refused_at_their_place(
    groups: Any, errors: dict[str, str]
) -> None:
    campaign = make(REST)

    campaign.groups = groups

    assert refused(campaign) == errors


def test_group_of_an_active_subscription_stays(partner: PartnerServer) -> None:
    campaign = make(GOLD, REST)
    one = order(campaign, partner, group="gold")
    campaign.groups = [REST]
    assert refused(campaign) == {"groups": "in_use"}
    one.status = SubscriptionStatus.paused
    save_subscription(one, STAFF)
    db.session.commit()

    campaign.groups = [REST]
    save_campaign(campaign, STAFF)
    db.session.commit()

    one.status = SubscriptionStatus.active
    assert refused(one) == {"group": "unknown"}


@pytest.mark.parametrize("name", ["silver", "Gold"])
def test_subscription_names_a_group_that_is_there(
    partner: PartnerServer, name: str
) -> None:
    one = order(make(GOLD, REST), partner)

    one.group = name

    assert refused(one) == {"group": "unknown"}


def test_shares_are_added_up_group_by_group(partner: PartnerServer) -> None:
    share = {**GOLD, "method": "percentage"}
    campaign = make(share, {**share, "name": "rest", "limit": None})
    order(campaign, partner, group="gold", percent=90)
    order(campaign, partner, percent=90)
    more = order(campaign, partner, percent=0)

    more.percent = 100
    save_subscription(more, STAFF)
    db.session.commit()

    more.group = "gold"
    assert refused(more) == {"percent": "too_much"}


def test_database_knows_no_campaign_by_groups_without_any() -> None:
    make(GOLD)

    with pytest.raises(Exception, match="ck_campaign_groups"), transaction() as session:
        session.execute(text("UPDATE campaign SET groups = NULL"))
