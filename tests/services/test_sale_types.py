"""Leads that are sold to one alone: their slots, their price, their way back."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.domain.errors import InvalidInput
from app.domain.people import Actor, MemberRole, Role
from app.domain.states import LeadStatus, Method, SaleType
from app.jobs import delivery, routing, validation
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.subscription import Subscription
from app.services.alternatives import has_alternative
from app.services.integrity import run_checks
from app.services.subscriptions import save_subscription
from app.services.trace import trace_of
from tests.factories import (
    STAFF,
    count,
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


@pytest.fixture
def campaign(database: object) -> Campaign:
    return make_campaign(max_sales=3, price_cents=1000, method=Method.price)


def order(campaign: Campaign, url: str, **values: object) -> Subscription:
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=url)
    return make_subscription(campaign, buyer, endpoint_id=endpoint.id, **values)


def sell(campaign: Campaign) -> Lead:
    taken = take(make_source(campaign))
    for _ in range(4):
        validation.drain()
        routing.drain()
        delivery.drain()
    return lead_of(taken.public_id)


def slots(lead: Lead) -> tuple[int, int, int, LeadStatus]:
    return lead.slots_taken, lead.slots_sold, lead.sold_count, lead.status


def failing() -> list[str]:
    return [check["name"] for check in run_checks()["checks"] if not check["ok"]]


def test_one_alone_takes_all_of_a_lead_and_it_is_sold(
    campaign: Campaign, partner: PartnerServer
) -> None:
    order(campaign, partner.url)
    order(
        campaign,
        partner.url,
        sale_type=SaleType.hybrid,
        exclusive_price_cents=3000,
    )

    lead = sell(campaign)

    assert slots(lead) == (3, 3, 1, LeadStatus.sold)
    assert count("transaction", "slots = 3 AND price_cents = 3000") == 1
    assert failing() == []


def test_who_buys_alone_too_is_next_when_the_first_fails_for_good(
    campaign: Campaign,
) -> None:
    alone = {"sale_type": SaleType.exclusive}
    make_subscription(campaign, price_cents=2000, **alone)
    assert not would_go_on(campaign)

    make_subscription(campaign, **alone)

    assert would_go_on(campaign)


def test_lead_alone_goes_on_to_who_buys_alone_after_three_failures(
    campaign: Campaign, partner: PartnerServer
) -> None:
    alone = {"sale_type": SaleType.exclusive}
    order(campaign, partner.url, price_cents=2000, **alone)
    second = order(campaign, partner.url, **alone).id
    partner.says(*[Says(503)] * 3, Says(200))

    lead = sell(campaign)
    for _ in range(3):
        with transaction() as session:
            session.execute(text("UPDATE delivery SET run_at = now()"))
        delivery.drain()
        routing.drain()
        delivery.drain()

    assert (
        count("transaction", f"status = 'captured' AND {second} = subscription_id") == 1
    )
    db.session.refresh(lead)
    assert slots(lead) == (3, 3, 1, LeadStatus.sold)
    assert failing() == []


def test_who_has_its_share_is_not_next(database: object) -> None:
    campaign = make_campaign(method=Method.percentage)
    make_subscription(campaign, percent=60)
    make_subscription(campaign, percent=0)

    assert not would_go_on(campaign)


def test_what_a_group_gives_back_opens_it_to_the_next(database: object) -> None:
    groups = [
        {"name": "gold", "method": "priority", "if_sold": "stop"},
        {"name": "rest", "method": "priority"},
    ]
    campaign = make_campaign(method=Method.groups, groups=groups, max_sales=2)
    make_subscription(campaign, group="gold")
    make_subscription(campaign, group="rest")

    assert would_go_on(campaign)


def would_go_on(campaign: Campaign) -> bool:
    """Say of a lead that one has now whether another would get it."""
    take(make_source(campaign))
    validation.drain()
    routing.drain()
    with transaction() as session:
        newest = session.scalar(text("SELECT max(id) FROM delivery"))
        return has_alternative(session, newest)


def test_shared_ones_worth_more_share_it(
    campaign: Campaign, partner: PartnerServer
) -> None:
    for _ in range(2):
        order(campaign, partner.url)
    order(campaign, partner.url, sale_type=SaleType.exclusive, price_cents=1999)

    lead = sell(campaign)

    assert slots(lead) == (2, 2, 2, LeadStatus.available)
    assert [d["taken"] for d in trace_of(lead.id)["decisions"]] == [True, True, False]


def test_rejected_by_one_alone_it_gives_all_slots_back_and_others_share_it(
    campaign: Campaign, partner: PartnerServer
) -> None:
    order(campaign, partner.url)
    order(campaign, partner.url, sale_type=SaleType.exclusive, price_cents=9000)
    partner.says(Says(422, b"no"), Says(200))

    lead = sell(campaign)

    assert slots(lead) == (1, 1, 1, LeadStatus.available)
    assert failing() == []


def test_nobody_gets_alone_what_is_shared_already(
    campaign: Campaign, partner: PartnerServer
) -> None:
    order(campaign, partner.url)
    lead = sell(campaign)
    alone = order(campaign, partner.url, sale_type=SaleType.exclusive)
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO work (stage, lead_id, campaign_id, group_id)"
                " SELECT 'routing', id, campaign_id, source_id FROM lead"
            )
        )

    routing.drain()

    reasons = {
        d["subscription_id"]: d["reason"] for d in trace_of(lead.id)["decisions"]
    }
    assert reasons[alone.id] == "not_exclusive"


def test_auditor_finds_who_has_a_part_but_more_than_a_slot(
    campaign: Campaign, partner: PartnerServer
) -> None:
    order(campaign, partner.url)
    sell(campaign)
    with transaction() as session:
        session.execute(text("UPDATE transaction SET slots = 2"))

    assert failing() == [
        "leads_within_their_share_limit",
        "sales_alone_take_the_whole_lead",
    ]


@pytest.mark.parametrize(
    "change",
    [
        "transaction SET slots = 0",
        "lead SET slots_sold = slots_taken + 1",
        "lead SET status = 'sold'",
    ],
)
def test_database_refuses_slots_that_cannot_be(
    campaign: Campaign, partner: PartnerServer, change: str
) -> None:
    order(campaign, partner.url)
    sell(campaign)

    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text(f"UPDATE {change}"))


def test_partner_does_not_lower_the_price_of_leads_it_has_alone(
    campaign: Campaign,
) -> None:
    one = order(campaign, "https://a.example", sale_type=SaleType.exclusive)
    one.price_cents = 5000
    save_subscription(one, STAFF)
    db.session.commit()
    buyer = Actor(role=Role.client, partner_id=one.partner_id, member=MemberRole.owner)

    one.price_cents = 1000
    with pytest.raises(InvalidInput) as refused:
        save_subscription(one, buyer)

    assert [error.code for error in refused.value.errors] == ["staff_only"]
