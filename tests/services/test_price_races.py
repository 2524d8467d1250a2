"""Prices that change while leads are sold: what was decided is what is charged."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import LeadNexusError
from app.jobs import validation
from app.models.campaign import Campaign
from app.models.subscription import Subscription
from app.services.campaigns import save_campaign
from app.services.integrity import run_checks
from app.services.routing import route_due, sell_lead
from app.services.selling import buyers_of
from app.services.subscriptions import save_subscription
from app.services.wallet import wallet_of
from tests.factories import (
    STAFF,
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)

pytestmark = pytest.mark.usefixtures("committed")
LEADS, CHANGES = 60, 40
# Of a price by field, in full or at half for the lead's age.
PRICES = {1_000, 2_000, 500}
DECIDED = text(
    "SELECT t.price_cents AS sold, (decision ->> 4)::bigint AS decided"
    " FROM transaction t JOIN routing_run r ON r.lead_id = t.lead_id,"
    " jsonb_array_elements(r.decisions) AS decision"
    " WHERE (decision ->> 0)::bigint = t.subscription_id AND decision ->> 2 IS NULL"
)


def rules(cents: int) -> list[dict[str, Any]]:
    when = {"field": "state", "op": "eq", "value": "CA"}
    return [{"when": when, "price_cents": cents}]


def together(app: Flask, *jobs: Callable[[], object]) -> None:
    """Run the jobs in threads until all have ended."""

    def run(job: Callable[[], object]) -> None:
        with app.app_context():
            job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        list(pool.map(run, jobs))


def test_sale_has_the_price_of_its_decision_whatever_changes_meanwhile(
    committed: Flask,
) -> None:
    half = [{"after_hours": 24, "percent": 50}]
    campaign = make_campaign()
    buyer = make_partner(10**9)
    order = make_subscription(campaign, buyer, price_rules=rules(1_000))
    order_id, campaign_id = order.id, campaign.id
    source = make_source(campaign)
    leads = [take(source) for _ in range(LEADS)]
    validation.drain()
    with transaction() as session:
        old = "UPDATE lead SET live_at = live_at - interval '25 hours' WHERE id % 2 = 0"
        session.execute(text(old))

    def change() -> None:
        for n in range(CHANGES):
            changed = db.session.get_one(Subscription, order_id)
            changed.price_rules = rules(1_000 * (1 + n % 2))
            save_subscription(changed, STAFF)
            aged = db.session.get_one(Campaign, campaign_id)
            aged.age_prices = half if n % 2 else None
            save_campaign(aged, STAFF)
            db.session.remove()

    def sell() -> None:
        while route_due():
            db.session.remove()

    together(committed, change, sell, sell)

    found = db.session.execute(DECIDED).all()
    assert len(found) == len(leads)
    assert {row.sold for row in found} <= PRICES
    assert [row for row in found if row.sold != row.decided] == []
    assert wallet_of(buyer.id)["held_cents"] == sum(row.sold for row in found)
    assert [c for c in run_checks()["checks"] if not c["ok"]] == []


def test_price_by_hand_is_the_one_shown_or_nothing_is_sold(committed: Flask) -> None:
    campaign = make_campaign()
    order_id = make_subscription(campaign, make_partner(10**9), price_cents=1).id
    source = make_source(campaign)
    with transaction() as session:
        session.execute(text("UPDATE subscription SET mode = 'manual'"))
    for _ in range(CHANGES):
        take(source)
    validation.drain()
    route_due()
    lead_ids = list(db.session.scalars(text("SELECT id FROM lead ORDER BY id")))
    sold: list[tuple[int, int]] = []

    def change() -> None:
        for n in range(CHANGES):
            order = db.session.get_one(Subscription, order_id)
            order.price_cents = n + 2
            save_subscription(order, STAFF)
            db.session.remove()

    def sell() -> None:
        for lead_id in lead_ids:
            [shown] = buyers_of(lead_id, STAFF)
            assert shown.price_cents is not None
            try:
                sale = sell_lead(lead_id, order_id, STAFF, shown.price_cents)
            except LeadNexusError as refused:
                assert refused.code == "price_changed"  # noqa: PT017 - in a thread
            else:
                sold.append((shown.price_cents, sale.price_cents))
            db.session.remove()

    together(committed, change, sell)

    assert sold
    assert all(shown == booked for shown, booked in sold)
