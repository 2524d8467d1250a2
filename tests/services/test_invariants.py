"""What the database itself refuses of sales and hand-overs."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.jobs import routing, validation
from tests.factories import (
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)

pytestmark = pytest.mark.usefixtures("database")
COPY = text(
    "INSERT INTO transaction (public_id, lead_id, campaign_id, partner_id,"
    " subscription_id, price_cents, currency, commission_bp, status, stakes,"
    " refunded_cents)"
    " SELECT gen_random_uuid(), lead_id, campaign_id, :partner, subscription_id,"
    " price_cents, currency, commission_bp, CAST(:status AS text), stakes,"
    " CASE WHEN CAST(:status AS text) = 'refunded' THEN price_cents ELSE 0 END"
    " FROM transaction"
)


def sell() -> None:
    """Sell one lead: the sale is held until its delivery is accepted."""
    campaign = make_campaign()
    make_subscription(campaign)
    take(make_source(campaign))
    validation.drain()
    routing.drain()


@pytest.fixture
def accepted(database: Flask) -> None:
    """One sale whose delivery was accepted."""
    sell()
    change("delivery", "status = 'accepted', ended_at = now()")


@pytest.mark.parametrize("status", ["captured", "refunded"])
def test_no_sale_is_captured_before_its_delivery_is_accepted(status: str) -> None:
    sell()

    with pytest.raises(IntegrityError, match=r"accepted delivery|never goes"):
        change("transaction", f"status = '{status}', refunded_cents = price_cents")


@pytest.mark.parametrize("status", ["captured", "refunded"])
def test_no_sale_is_written_as_captured_at_once(status: str) -> None:
    sell()
    values = {"partner": make_partner().id, "status": status}

    with (
        pytest.raises(IntegrityError, match="accepted delivery"),
        transaction() as session,
    ):
        session.execute(COPY, values)


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize(
    "values",
    [
        "status = 'rejected'",
        "status = 'pending', ended_at = NULL",
        "ended_at = NULL",
    ],
)
def test_an_accepted_delivery_stays_accepted(values: str) -> None:
    with pytest.raises(IntegrityError, match="stays accepted"):
        change("delivery", values)


@pytest.mark.usefixtures("accepted")
def test_other_facts_of_an_accepted_delivery_may_change() -> None:
    change("delivery", "reason = 'noted'")

    found = db.session.execute(text("SELECT reason FROM delivery")).scalar_one()
    assert found == "noted"


def change(table: str, values: str) -> None:
    with transaction() as session:
        session.execute(text(f"UPDATE {table} SET {values}"))
