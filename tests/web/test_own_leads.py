"""A vendor's own leads: how they fare and what they earned, no contact data."""

from flask import Flask
from flask.testing import FlaskClient

from app.services.refunds import refund_transaction
from tests.factories import STAFF, make_vendor, take
from tests.partner import PartnerServer
from tests.web.callers import member, program
from tests.web.market import PRICE, Market, sales_of


def test_vendor_sees_how_its_leads_fare_and_what_they_earned(
    client: FlaskClient, app: Flask, database: Flask, partner: PartnerServer
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.buyer()
    market.sell(sub_id="ad-7")
    share = PRICE - PRICE * 3333 // 10_000
    refund_transaction(sales_of(buyer)[0].id, None, "wrong number", STAFF)
    take(market.source, email="nobody@here.example")
    headers = program(market.vendor)

    told = client.get("/api/leads/mine", headers=headers)
    waiting, sold = told.json["items"]
    narrowed = client.get("/api/leads/mine?status=sold", headers=headers).json
    table = client.get("/api/leads/mine?format=csv", headers=headers)

    assert (sold["status"], sold["sold"], sold["sub_id"]) == ("sold", 2, "ad-7")
    assert sold["validation_status"] == "valid"
    assert sold["earned_cents"] == share
    assert (waiting["status"], waiting["earned_cents"]) == ("received", 0)
    assert [item["id"] for item in narrowed["items"]] == [sold["id"]]
    for answer in (told, table):
        assert "@" not in answer.get_data(as_text=True)
        assert "415555" not in answer.get_data(as_text=True)


def test_nobody_else_sees_a_vendors_leads(
    client: FlaskClient, app: Flask, database: Flask, partner: PartnerServer
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell()

    other = client.get("/api/leads/mine", headers=member(app, make_vendor()))

    assert other.json["items"] == []
    assert client.get("/api/leads/mine").status_code == 401
    assert client.get("/api/leads/mine", headers=program(buyer)).status_code == 403
