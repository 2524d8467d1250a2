"""Prices: what the decision says is what pricing says, is what is charged."""

from typing import Any

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import Conflict
from app.domain.people import Actor, Role
from app.domain.states import LeadStatus, MemberRole, SaleType
from app.jobs import routing, validation
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.services.campaigns import save_campaign
from app.services.integrity import run_checks
from app.services.partner_overview import reach_of_wallet
from app.services.routing import sell_lead
from app.services.subscriptions import save_subscription
from app.services.trace import trace_of
from app.services.wallet import wallet_of
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

ZIP = {"CA": "94105", "NY": "10001"}


def rule(state: str, cents: int) -> dict[str, Any]:
    return {
        "when": {"field": "state", "op": "eq", "value": state},
        "price_cents": cents,
    }


def routed(campaign: Campaign, hours: int = 0, **values: Any) -> Lead:
    """Take a lead in, let it be so many hours old, and route it."""
    vendor = make_vendor(commission_bp=2000)
    lead = lead_of(take(make_source(campaign, vendor), **values).public_id)
    validation.drain()
    with transaction() as session:
        session.execute(
            text(
                "UPDATE lead SET live_at = live_at - make_interval(hours => :hours)"
                " WHERE id = :lead"
            ),
            {"lead": lead.id, "hours": hours},
        )
    routing.drain()
    return lead


def decision(lead: Lead) -> tuple[str | None, int | None, bool]:
    [found] = trace_of(lead.id)["decisions"]
    return found["reason"], found["price_cents"], found["taken"]


def held(partner_id: int) -> int:
    return int(wallet_of(partner_id)["held_cents"])


@pytest.mark.parametrize(
    ("state", "hours", "price"),
    [("CA", 0, 4_005), ("NY", 0, 3_000), ("CA", 24, 2_002), ("NY", 47, 1_500)],
)
def test_price_of_the_trace_is_held(state: str, hours: int, price: int) -> None:
    steps = [{"after_hours": 24, "percent": 50}, {"after_hours": 48, "percent": 0}]
    campaign = make_campaign(price_cents=9_999, age_prices=steps)
    rules = [rule("CA", 4_005), rule("CA", 1)]
    order = make_subscription(campaign, price_cents=3_000, price_rules=rules)

    lead = routed(campaign, hours, state=state, zip=ZIP[state])

    assert decision(lead) == (None, price, True)
    assert held(order.partner_id) == price
    assert [c for c in run_checks()["checks"] if not c["ok"]] == []


def test_changed_rule_holds_from_the_next_lead_on() -> None:
    campaign = make_campaign(price_cents=100)
    order = make_subscription(campaign, price_rules=[rule("CA", 3_000)])
    first = routed(campaign, state="CA")

    order.price_rules = [rule("CA", 2_000)]
    save_subscription(order, STAFF)
    campaign.age_prices = [{"after_hours": 1, "percent": 50}]
    save_campaign(campaign, STAFF)
    second = routed(campaign, 2, state="CA")

    assert decision(first) == (None, 3_000, True)
    assert decision(second) == (None, 1_000, True)
    assert held(order.partner_id) == 4_000


def test_lead_that_no_rule_fits_is_not_sold_and_the_trace_says_so() -> None:
    campaign = make_campaign(price_cents=100)
    order = make_subscription(campaign, price_rules=[rule("NY", 3_000)])

    lead = routed(campaign, state="CA")

    assert decision(lead) == ("no_price", None, False)
    assert lead.status is LeadStatus.available
    with pytest.raises(Conflict) as refused:
        sell_lead(lead.id, order.id, STAFF)
    assert refused.value.code == "no_price"


@pytest.mark.parametrize(("least", "reason"), [(500, None), (501, "margin")])
def test_sale_that_leaves_too_little_is_not_made(
    least: int, reason: str | None
) -> None:
    campaign = make_campaign(min_margin_cents=least)
    order = make_subscription(campaign, price_cents=2_500)

    lead = routed(campaign)

    assert decision(lead) == (reason, 2_500, reason is None)
    assert held(order.partner_id) == (0 if reason else 2_500)


def test_test_lead_costs_nothing_whatever_the_margin() -> None:
    campaign = make_campaign(min_margin_cents=10**6)
    make_subscription(campaign, price_rules=[rule("CA", 3_000)])

    assert decision(routed(campaign, test=True)) == (None, 0, True)


def test_sale_by_hand_books_the_price_of_the_lead() -> None:
    campaign = make_campaign()
    lead = routed(campaign, state="CA")
    order = make_subscription(campaign, price_rules=[rule("CA", 3_210)])

    assert sell_lead(lead.id, order.id, STAFF).price_cents == 3_210
    assert held(order.partner_id) == 3_210


def test_funds_are_judged_by_the_dearest_rule() -> None:
    campaign = make_campaign(price_cents=100)
    buyer = make_partner(2_999)
    make_subscription(campaign, buyer, price_rules=[rule("CA", 1), rule("NY", 3_000)])

    actor = Actor(Role.client, 1, buyer.id, member=MemberRole.buyer)
    assert reach_of_wallet(actor).funds.name == "out"


def test_funds_of_who_buys_alone_are_judged_by_its_price_alone() -> None:
    campaign = make_campaign(price_cents=5_000)
    buyer = make_partner(2_000)
    order = make_subscription(
        campaign, buyer, sale_type="exclusive", exclusive_price_cents=1_000
    )
    actor = Actor(Role.client, 1, buyer.id, member=MemberRole.buyer)
    assert reach_of_wallet(actor).funds.name == "enough"

    order.sale_type = SaleType.hybrid
    db.session.commit()
    assert reach_of_wallet(actor).funds.name == "out"
