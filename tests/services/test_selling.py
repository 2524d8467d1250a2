"""Selling by hand: who may have a lead, at which price, and that price it is."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.db import transaction
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.people import Actor, Role
from app.domain.states import Mode, SaleType
from app.jobs import routing, validation
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.services.routing import sell_lead
from app.services.selling import Buyer, buyers_of, order_for
from tests.factories import (
    STAFF,
    lead_of,
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)

pytestmark = pytest.mark.usefixtures("database")
BUYER = Actor(Role.client, 1, 1)


def available(campaign: Campaign, **values: Any) -> Lead:
    vendor = make_vendor(commission_bp=2000)
    lead = lead_of(take(make_source(campaign, vendor), **values).public_id)
    validation.drain()
    routing.drain()
    return lead


def by_id(lead: Lead) -> dict[int, Buyer]:
    return {one.subscription_id: one for one in buyers_of(lead.id, STAFF)}


def test_list_tells_for_each_whether_it_may_have_the_lead_and_why_not() -> None:
    campaign = make_campaign(price_cents=2_500, max_sales=3)
    lead = available(campaign, state="CA")
    cheap = make_subscription(campaign, mode=Mode.manual, price_cents=100)
    dear = make_subscription(campaign, price_cents=900)
    poor = make_subscription(campaign, make_partner(0), status="paused")
    gone = make_subscription(campaign, status="archived")

    found = buyers_of(lead.id, STAFF)

    assert [one.subscription_id for one in found] == [dear.id, cheap.id, poor.id]
    assert [one.price_cents for one in found] == [900, 100, 2_500]
    assert [one.reasons for one in found] == [(), (), ("paused", "insufficient_funds")]
    assert gone.id not in by_id(lead)

    sell_lead(lead.id, dear.id, STAFF)
    assert by_id(lead)[dear.id].reasons == ("duplicate_for_partner",)
    with pytest.raises(NotAllowed):
        buyers_of(lead.id, BUYER)
    with pytest.raises(NotFound):
        buyers_of(2**40, STAFF)


def test_without_a_free_slot_nobody_may_have_it() -> None:
    campaign = make_campaign()
    lead = available(campaign)
    first, second = make_subscription(campaign), make_subscription(campaign)
    sell_lead(lead.id, first.id, STAFF)

    assert by_id(lead)[second.id].reasons == ("no_free_slot",)


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(
    st.none() | st.integers(0, 5_000),
    st.lists(st.tuples(st.sampled_from(("CA", "NY")), st.integers(0, 5_000))),
    st.none() | st.integers(0, 400),
    st.sampled_from(SaleType),
    st.none() | st.integers(0, 5_000),
    st.booleans(),
)
def test_price_that_is_shown_is_the_price_that_is_booked(
    own: int | None,
    rules: list[tuple[str, int]],
    margin: int | None,
    sale_type: SaleType,
    alone_cents: int | None,
    is_whole: bool,
) -> None:
    campaign = make_campaign(price_cents=2_500, min_margin_cents=margin, max_sales=2)
    lead = available(campaign, state="CA")
    if not is_whole:
        sell_lead(lead.id, make_subscription(campaign).id, STAFF)
    prices = [
        {
            "when": {"field": "state", "op": "eq", "value": state},
            "price_cents": cents,
        }
        for state, cents in rules
    ]
    order = make_subscription(
        campaign,
        price_cents=own,
        price_rules=prices or None,
        sale_type=sale_type,
        exclusive_price_cents=alone_cents,
    )
    shown = by_id(lead)[order.id]

    if not shown.reasons:
        sold = sell_lead(lead.id, order.id, STAFF, shown.price_cents)
        assert sold.price_cents == shown.price_cents
        return
    with pytest.raises(Conflict) as refused:
        sell_lead(lead.id, order.id, STAFF)
    assert refused.value.code == shown.reasons[0]


def test_who_buys_alone_is_told_of_as_such() -> None:
    campaign = make_campaign(max_sales=3)
    lead = available(campaign)
    alone = make_subscription(campaign, sale_type="exclusive")
    shared = make_subscription(campaign)

    assert by_id(lead)[alone.id].slots == 3
    assert by_id(lead)[shared.id].slots == 1


def test_lead_that_is_not_on_sale_has_no_buyers() -> None:
    campaign = make_campaign()
    order = make_subscription(campaign, mode=Mode.manual)
    lead = available(campaign)
    with transaction() as session:
        gone = {"lead": lead.id}
        session.execute(text("DELETE FROM lead_contact WHERE lead_id = :lead"), gone)

    for ask in (buyers_of, lambda lead_id, who: sell_lead(lead_id, order.id, who)):
        with pytest.raises(Conflict, match="Only an available lead"):
            ask(lead.id, STAFF)


def test_another_price_than_the_one_shown_sells_nothing() -> None:
    campaign = make_campaign()
    lead = available(campaign)
    order = make_subscription(campaign, price_cents=4_000)

    with pytest.raises(Conflict, match=r"it is 40\.00 USD now") as refused:
        sell_lead(lead.id, order.id, STAFF, 3_000)

    assert refused.value.code == "price_changed"
    assert sell_lead(lead.id, order.id, STAFF, 4_000).price_cents == 4_000


def test_partner_stands_for_its_one_subscription() -> None:
    campaign = make_campaign()
    lead = available(campaign)
    buyer = make_partner()
    with pytest.raises(NotFound):
        order_for(lead.id, buyer.id, STAFF)
    make_subscription(campaign, buyer, status="archived")
    make_subscription(make_campaign(), buyer)
    one = make_subscription(campaign, buyer)

    assert order_for(lead.id, buyer.id, STAFF) == one.id

    two = make_subscription(campaign, buyer, mode=Mode.manual)
    told = rf"{one.id} \(auto, active\), {two.id} \(manual, active\)"
    with pytest.raises(Conflict, match=told):
        order_for(lead.id, buyer.id, STAFF)
