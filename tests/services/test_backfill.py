"""Backfill: late leads go to the orders that take them, once, and never before live."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import Conflict, NotAllowed
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import (
    LeadStatus,
    MemberRole,
    Mode,
    Stage,
    SubscriptionStatus,
    SwitchScope,
)
from app.jobs import delivery, routing, validation
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.sale import Delivery, Transaction
from app.models.subscription import Subscription
from app.services import backfill as service
from app.services.backfill import backfill, last_backfill, put_leads_back
from app.services.integrity import run_checks
from app.services.subscriptions import save_subscription
from app.services.switches import Stop, switch_off, switch_on
from app.services.trace import trace_of
from app.services.work import claim, put
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

pytestmark = pytest.mark.usefixtures("database")
AGE = text(
    "UPDATE lead SET received_at = received_at - CAST(:age AS interval),"
    " live_at = live_at - CAST(:age AS interval),"
    " due_at = due_at - CAST(:age AS interval) WHERE id = :lead"
)
LATER = "run_at = now() + interval '1 day'"


def unsold(campaign: Campaign, days: float, **values: Any) -> Lead:
    """Return a lead that came so many days ago and that nobody took."""
    lead = lead_of(take(make_source(campaign), **values).public_id)
    validation.drain()
    routing.drain()
    with transaction() as session:
        session.execute(AGE, {"lead": lead.id, "age": timedelta(days=days)})
    db.session.refresh(lead)
    return lead


def order_of(campaign: Campaign, **values: Any) -> Subscription:
    """Save an order as a person does."""
    partner = make_partner()
    order = Subscription(
        partner_id=partner.id,
        campaign_id=campaign.id,
        endpoint_id=make_endpoint(partner).id,
        **values,
    )
    save_subscription(order, STAFF)
    return order


def go() -> None:
    put_leads_back()
    routing.drain()


def sold_to(order: Subscription) -> list[int]:
    sales = db.session.query(Transaction).filter_by(subscription_id=order.id)
    return sorted(sale.lead_id for sale in sales)


def test_new_order_takes_the_leads_of_its_days_alone() -> None:
    campaign = make_campaign(max_sales=3)
    new, old = unsold(campaign, 1), unsold(campaign, 9)
    other = make_subscription(campaign)

    order = order_of(campaign, backfill_days=7)
    go()

    assert sold_to(order) == [new.id]
    assert sold_to(other) == []
    assert [d["reason"] for d in trace_of(new.id)["decisions"]] == ["too_old", None]
    assert trace_of(old.id)["decisions"] == []
    [sale] = db.session.query(Transaction)
    assert sale.delivery.is_bulk
    assert sale.delivery.due_at - sale.held_at == timedelta(minutes=30)
    found = last_backfill(order.id)
    assert found is not None
    assert found.leads == 1
    assert [c for c in run_checks()["checks"] if not c["ok"]] == []


def test_rest_of_a_lead_is_sold_no_longer_than_its_campaign_sells() -> None:
    campaign = make_campaign(max_sales=2, sell_days=5)
    make_subscription(campaign)
    old, new = unsold(campaign, 6), unsold(campaign, 4)
    order = order_of(campaign, backfill_days=7)

    assert backfill(order.id, STAFF) == 1
    with transaction() as session:
        put(session, old.id, Stage.routing)
    go()

    assert sold_to(order) == [new.id]


def test_without_backfill_a_late_lead_stays_as_it_is() -> None:
    campaign = make_campaign()
    lead = unsold(campaign, 1)

    order = order_of(campaign)
    go()

    assert sold_to(order) == []
    assert count("backfill") == 0
    assert lead.status is LeadStatus.available


def test_what_is_being_worked_on_sold_to_it_or_a_test_stays_out() -> None:
    campaign = make_campaign(max_sales=2)
    again, test = unsold(campaign, 1), unsold(campaign, 1, test=True)
    order = order_of(campaign, backfill_days=7)
    go()

    assert backfill(order.id, STAFF) == 0
    go()

    assert sold_to(order) == [again.id]
    assert count("routing_run", f"lead_id = {test.id}") == 1


def test_going_back_twice_routes_each_lead_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(service, "WALKED", 3)
    campaign = make_campaign()
    leads = [unsold(campaign, 1) for _ in range(5)]
    order = order_of(campaign, backfill_days=7)

    assert backfill(order.id, STAFF) == 5
    put_leads_back()
    assert count("work", "is_bulk") == 2
    for _ in range(4):
        go()

    assert sold_to(order) == sorted(lead.id for lead in leads)
    assert count("backfill") == 1
    assert count("backfill", "ended_at IS NULL") == 0


def test_late_lead_without_news_leaves_no_second_run() -> None:
    campaign = make_campaign()
    lead = unsold(campaign, 1, zip="94105")
    rule = {"field": "zip", "op": "eq", "value": "10001"}
    order = order_of(campaign, backfill_days=7, filters=rule)
    go()
    before = count("routing_run", f"lead_id = {lead.id}")

    backfill(order.id, STAFF)
    go()

    assert count("routing_run", f"lead_id = {lead.id}") == before
    assert count("work") == 0


def test_late_lead_that_a_short_stop_took_back_is_sold_there_again() -> None:
    campaign = make_campaign()
    lead = unsold(campaign, 1)
    order = order_of(campaign, backfill_days=7)
    go()
    stop = Stop(SwitchScope.partner, "Too fast", partner_id=order.partner_id)
    switch = switch_on(stop, SYSTEM)
    delivery.drain()
    switch_off(switch.id, SYSTEM)

    # It is decided as it was before, and has to be written all the same.
    for _ in range(2):
        routing.drain()

    assert sold_to(order) == [lead.id, lead.id]
    assert count("transaction", "status = 'held'") == 1


def test_live_leads_are_claimed_before_those_put_back() -> None:
    campaign = make_campaign()
    for _ in range(3):
        unsold(campaign, 1)
    order_of(campaign, backfill_days=7)
    put_leads_back()
    live = lead_of(take(make_source(campaign)).public_id)
    validation.drain()

    claimed = claim(Stage.routing, 1)

    assert claimed.lead_ids == [live.id]


def test_partner_whose_server_lags_is_not_flooded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "MOST_OPEN", 2)
    campaign = make_campaign()
    for _ in range(4):
        unsold(campaign, 1)
    order = order_of(campaign, backfill_days=7)

    for _ in range(4):
        go()

    assert len(sold_to(order)) == 2
    with transaction() as session:
        for one in session.query(Delivery):
            one.status, one.ended_at = "accepted", one.due_at
    go()
    assert len(sold_to(order)) == 4


@pytest.mark.parametrize(
    ("meanwhile", "put"),
    [
        ("stage = 'ping'", 2),
        (f"{LATER}, waits_for = (SELECT min(id) FROM subscription)", 4),
        (LATER, 2),
    ],
)
def test_leads_go_back_while_few_are_under_way(
    monkeypatch: pytest.MonkeyPatch, meanwhile: str, put: int
) -> None:
    monkeypatch.setattr(service, "MOST_WAITING", 2)
    campaign = make_campaign()
    for _ in range(4):
        unsold(campaign, 1)
    order_of(campaign, backfill_days=7)
    put_leads_back()
    with transaction() as session:
        session.execute(text(f"UPDATE work SET {meanwhile}"))

    put_leads_back()

    assert count("work") == put


CHANGES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"status": SubscriptionStatus.paused}, {"status": "active"}, True),
    ({"mode": Mode.manual}, {"mode": "auto"}, True),
    ({"backfill_days": 0}, {"backfill_days": 7}, True),
    ({"price_cents": 100}, {"price_cents": 200}, True),
    ({"sale_type": "exclusive"}, {"sale_type": "shared"}, True),
    (
        {"sale_type": "exclusive", "exclusive_price_cents": 900},
        {"exclusive_price_cents": 800},
        True,
    ),
    ({"percent": 0}, {"percent": 50}, True),
    ({"daily_cap": 1}, {"daily_cap": 2}, True),
    ({"daily_cap": 1}, {"daily_cap": None}, True),
    ({"daily_cap": 2}, {"daily_cap": 1}, False),
    ({"daily_cap": None}, {"daily_cap": 1}, False),
    ({"priority": 1}, {"priority": 2}, False),
    ({}, {"status": "paused"}, False),
]


@pytest.mark.parametrize(("before", "after", "goes"), CHANGES)
def test_change_that_lets_more_in_goes_back(
    before: dict[str, Any], after: dict[str, Any], *, goes: bool
) -> None:
    order = make_subscription(make_campaign(), **{"backfill_days": 7, **before})

    for name, value in after.items():
        setattr(order, name, value)
    save_subscription(order, STAFF)

    assert count("backfill") == goes


def test_by_hand_it_says_what_is_missing() -> None:
    plain = make_subscription(make_campaign())
    paused = make_subscription(make_campaign(), backfill_days=1, status="paused")
    buyer = Actor(Role.client, 1, paused.partner_id, member=MemberRole.owner)

    with pytest.raises(Conflict, match="Set first how many days"):
        backfill(plain.id, STAFF)
    with pytest.raises(Conflict, match="active subscription"):
        backfill(paused.id, STAFF)
    with pytest.raises(NotAllowed):
        backfill(paused.id, buyer)
