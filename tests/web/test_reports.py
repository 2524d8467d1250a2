"""Reports: figures counted by the database, for staff alone, in every period."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.jobs import delivery, routing, validation
from app.models.lead import Lead
from app.services.days import count_days
from app.views.reports import OFFERED
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer
from tests.web.screens import logged_in

PATHS = ("leads", "sales", "campaigns", "partners")


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


def sell(server: PartnerServer, currency: str, price_cents: int) -> None:
    """Sell one lead of a new campaign to a new partner."""
    campaign = make_campaign(
        name=f"In {currency}", currency=currency, price_cents=price_cents
    )
    buyer = make_partner(name=f"Buyer {currency}", currency=currency)
    endpoint = make_endpoint(buyer, url=server.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    take(make_source(campaign))
    for stage in (validation, routing, delivery):
        stage.drain()


@pytest.mark.parametrize("period", [*OFFERED, "nonsense"])
@pytest.mark.parametrize("path", PATHS)
def test_a_report_without_figures_says_so(
    admin: FlaskClient, path: str, period: str
) -> None:
    answer = admin.get(f"/reports/{path}/list/?period={period}")

    assert answer.status_code == 200
    assert "Nothing" in answer.text


def test_leads_are_counted_by_day_and_what_became_of_them(admin: FlaskClient) -> None:
    source = make_source(make_campaign(name="Roofs"))
    for days in (0, 0, 3, 20, 200):
        take(source)
        newest = db.session.query(Lead).order_by(Lead.id.desc()).first()
        newest.received_at -= timedelta(days=days)
    db.session.commit()
    count_days()

    week = admin.get("/reports/leads/list/").text
    month = admin.get("/reports/leads/list/?period=30d").text

    assert "3 leads came in, 0.0 % of them are sold." in week
    assert "4 leads came in" in month
    assert 'data-label="Received">2</td>' in week
    assert "Roofs" in week


def test_sales_are_told_in_each_currencys_own_unit(
    admin: FlaskClient, partner: PartnerServer
) -> None:
    sell(partner, "USD", 2500)
    sell(partner, "JPY", 2500)
    count_days()

    page = admin.get("/reports/sales/list/").text
    partners = admin.get("/reports/partners/list/").text

    assert "$25.00 from 1 sales." in page
    assert "¥2,500 from 1 sales." in page
    assert "The promise was kept for 100.0 % of 2 accepted hand-overs." in page
    assert "Buyer JPY" in partners
    assert "100.0 %" in partners
    assert "In USD" in admin.get("/reports/campaigns/list/").text


def test_a_report_has_its_figures_as_a_table_and_a_sentence(
    admin: FlaskClient,
) -> None:
    take(make_source(make_campaign()))
    count_days()

    page = admin.get("/reports/leads/list/").text

    assert "Show as table" in page
    assert 'role="img" aria-label="Leads by day. 1 leads came in' in page


def test_an_operator_reads_reports(database: Flask) -> None:
    operator = logged_in(database, "Operator", "op@example.com")

    statuses = {operator.get(f"/reports/{path}/list/").status_code for path in PATHS}

    assert statuses == {200}


def test_a_partner_reads_no_report(database: Flask) -> None:
    buyer = make_partner()
    partner = logged_in(database, "Partner", "p@example.com", partner_id=buyer.id)

    statuses = {partner.get(f"/reports/{path}/list/").status_code for path in PATHS}

    assert statuses == {403}
