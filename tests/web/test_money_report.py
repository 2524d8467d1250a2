"""The report of the books: by the day of booking, net of refunds, per currency."""

import csv
import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from app.db import db, transaction
from app.models.sale import Transaction
from app.services.booked_days import count_booked_days
from app.services.integrity import run_checks
from app.services.refunds import refund_transaction
from tests.factories import (
    STAFF,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer
from tests.web.portal import person_of, run_all
from tests.web.screens import logged_in

PAGE = "/reports/money/list/"


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


@pytest.fixture
def sale(database: Flask, partner: PartnerServer) -> int:
    return sell(partner)


def sell(partner: PartnerServer) -> int:
    """Sell a lead for 25.00, a fifth of it ours, and refund 5.00."""
    campaign = make_campaign(name="Roofs", price_cents=2500)
    buyer = make_partner(10_000, name="Ada Energy")
    vendor = make_vendor(name="Lead Farm", commission_bp=2000)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    take(make_source(campaign, vendor))
    run_all()
    sale_id = db.session.query(Transaction).one().id
    refund_transaction(sale_id, 500, "late", STAFF)
    return int(sale_id)


def lines_of(admin: FlaskClient) -> list[dict[str, str]]:
    answer = admin.get("/reports/money/download?period=90d")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_what_is_booked_is_shared_out_by_month_and_side(
    admin: FlaskClient, sale: int
) -> None:
    count_booked_days()
    page = admin.get(PAGE).text
    lines = lines_of(admin)

    assert "$4.00 of $20.00 are ours." in page
    assert [line["by"] for line in lines] == ["month", "campaign", "partner", "vendor"]
    for line in lines:
        shared = ("captured_cents", "refunded_cents", "vendor_cents", "margin_cents")
        assert [line[name] for name in shared] == ["2500", "500", "1600", "400"]
        assert line["sales"] == "1"
    assert [line["balance_now_cents"] for line in lines] == ["", "", "8000", "1600"]
    for name in ("Roofs", "Ada Energy", "Lead Farm", "Payable: owed to vendors"):
        assert name in page


def test_a_day_that_was_counted_after_its_end_stays(
    admin: FlaskClient, sale: int
) -> None:
    count_booked_days()
    count_booked_days()
    assert len(lines_of(admin)) == 4
    with transaction() as session:
        session.execute(text("UPDATE money_day SET sales = 7"))
        later = text("UPDATE booked_day SET counted_at = day + interval '25 hours'")
        session.execute(later)
    count_booked_days()

    assert {line["sales"] for line in lines_of(admin)} == {"7"}


def test_a_refund_is_booked_on_its_own_day(
    committed: Flask, servers: dict[str, str], partner: PartnerServer
) -> None:
    sell(partner)
    engine = create_engine(servers["DATABASE_ADMIN_URL"])
    with engine.begin() as connection:
        for statement in (
            "ALTER TABLE entry DISABLE TRIGGER USER",
            "UPDATE entry SET at = at - interval '5 days' WHERE kind <> 'refund'",
            "ALTER TABLE entry ENABLE TRIGGER USER",
        ):
            connection.execute(text(statement))
    engine.dispose()
    count_booked_days()

    figures = "sales, captured_cents, refunded_cents"
    rows = db.session.execute(text(f"SELECT {figures} FROM money_day ORDER BY day"))
    assert [tuple(row) for row in rows] == [(1, 2500, 0), (0, 0, 500)]


@pytest.mark.parametrize(
    "fault",
    [
        "UPDATE money_day SET captured_cents = captured_cents + 1",
        "UPDATE money_day SET vendor_cents = vendor_cents - 1",
        "UPDATE money_day SET sales = sales + 1",
        "UPDATE money_day SET vendor_id = 0",
        "DELETE FROM money_day",
    ],
)
def test_the_auditor_names_a_day_that_differs(
    database: Flask, sale: int, fault: str
) -> None:
    count_booked_days()
    with transaction() as session:
        session.execute(
            text("UPDATE booked_day SET counted_at = now() + interval '3d'")
        )
    found = {check["name"]: check for check in run_checks()["checks"]}
    assert found["booked_days_equal_the_books"]["ok"]
    with transaction() as session:
        session.execute(text(fault))

    found = {check["name"]: check for check in run_checks()["checks"]}
    assert "day 20" in found["booked_days_equal_the_books"]["detail"]


def test_without_bookings_it_says_so(admin: FlaskClient) -> None:
    count_booked_days()

    assert "Nothing was booked." in admin.get(PAGE).text
    assert lines_of(admin) == []


def test_a_partner_reads_none_of_it(database: Flask) -> None:
    browser = person_of(database, make_partner())

    assert browser.get(PAGE).status_code == 403
    assert browser.get("/reports/money/download").status_code == 403
