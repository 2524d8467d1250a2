"""Purchases: in clear to who bought, nothing of what is not bought, nobody else's."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.services.refunds import refund_transaction
from tests.factories import STAFF, make_partner, make_vendor
from tests.partner import PartnerServer, Says
from tests.web.callers import member, program
from tests.web.market import PRICE, Market, sales_of
from tests.web.rest import Headers, fields_refused

URL = "/api/purchases"


@pytest.fixture
def market(database: Flask, partner: PartnerServer) -> Market:
    return Market(partner)


def _items(client: FlaskClient, headers: Headers, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, query_string=query, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_buyer_sees_what_it_bought_in_clear(
    client: FlaskClient, app: Flask, market: Market
) -> None:
    buyer = market.buyer()
    market.sell(first_name="Grace", fields={"roof": "tile"}, sub_id="ad-7")

    [item] = _items(client, member(app, buyer, "viewer"))
    by_key = client.get(
        f"{URL}/{item['transaction_id']}", headers=program(buyer, "read")
    )

    assert item["status"] == "captured"
    assert item["price_cents"] == PRICE
    assert item["currency"] == "USD"
    assert item["campaign"] == market.campaign.slug
    assert item["contact"]["first_name"] == "Grace"
    assert item["contact"]["email"].endswith("@example.org")
    assert item["fields"] == {"roof": "tile"}
    assert item["consent"]["text"] == "I agree to be called."
    assert item["source"]["sub_id"] == "ad-7"
    assert item["delivery"]["status"] == "accepted"
    assert item["captured_at"].endswith("Z")
    assert by_key.json == item


def test_held_and_released_sales_show_no_contact(
    client: FlaskClient, app: Flask, market: Market
) -> None:
    market.server.says(Says(status=503))
    held = market.buyer()
    market.sell()
    headers = member(app, held)

    [item] = _items(client, headers)
    market.server.says(Says(status=404))
    refused = market.buyer()
    market.sell()
    offered = _items(client, member(app, refused), status="released")

    assert item["status"] == "held"
    assert item["contact"] is item["fields"] is item["consent"] is None
    assert offered[0]["contact"] is None
    assert offered[0]["delivery"]["status"] == "rejected"
    assert _items(client, member(app, refused)) == []
    assert "example.org" not in client.get(URL, headers=headers).get_data(as_text=True)


def test_refunded_lead_keeps_its_consent_for_who_had_it(
    client: FlaskClient, app: Flask, market: Market
) -> None:
    buyer = market.buyer()
    market.sell()
    refund_transaction(sales_of(buyer)[0].id, None, "wrong number", STAFF)

    [item] = _items(client, member(app, buyer))

    assert item["status"] == "refunded"
    assert item["refunded_cents"] == PRICE
    assert item["consent"]


def test_anothers_purchase_is_as_one_that_is_not_there(
    client: FlaskClient, app: Flask, market: Market
) -> None:
    buyer = market.buyer()
    market.sell()
    sale = sales_of(buyer)[0]
    stranger = member(app, make_partner())
    nobody = "01a1fc78-c762-75ff-80d9-14850c0df4e0"

    answers = [
        client.get(f"{URL}/{pk}", headers=stranger)
        for pk in (sale.public_id, nobody, sale.id, "x", "%00")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_data() for answer in answers}) == 1
    assert _items(client, stranger) == []
    assert client.get(f"{URL}/{sale.id}", headers=member(app, buyer)).status_code == 404


def test_vendors_staff_and_strangers_are_shut_out(
    client: FlaskClient, app: Flask, market: Market, admin_headers: Headers
) -> None:
    vendor = make_vendor()
    writer = program(make_partner(), "buy")

    for path in (URL, f"{URL}/x", "/api/wallet", "/api/wallet/statement"):
        assert client.get(path).status_code == 401
        for headers in (admin_headers, member(app, vendor), program(vendor), writer):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 403
            assert answer.mimetype == "application/problem+json"


def test_list_is_narrowed_by_state_campaign_and_time(
    client: FlaskClient, app: Flask, market: Market
) -> None:
    buyer = market.buyer()
    market.sell(2)
    sale = sales_of(buyer)[0]
    headers = member(app, buyer)
    sale.held_at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    db.session.commit()

    def count(**query: str) -> int:
        return len(_items(client, headers, **query))

    assert count(status="captured", campaign=market.campaign.slug) == 2
    assert count(status="held") == count(campaign="another") == 0
    assert count(**{"from": "2026-03-01", "to": "2026-03-01"}) == 1
    assert count(to="2026-02-28") == 0
    assert count(**{"from": "2026-03-02"}) == 1
    assert count(**{"from": "2026-03-02T00:00:00+01:00", "to": "2026-03-02"}) == 1
    assert count(to="2026-03-01T23:30:00Z") == 0


def test_csv_holds_every_row_and_no_formula(
    client: FlaskClient, app: Flask, market: Market
) -> None:
    buyer = market.buyer()
    market.sell(first_name="=cmd|' /C calc'!A0", fields={"note": "@SUM(1)", "n": -5})
    market.sell(first_name='Zoë, "Z" B')
    headers = member(app, buyer)

    answer = client.get(URL, query_string={"format": "csv"}, headers=headers)
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "purchases.csv" in answer.headers["Content-Disposition"]
    assert [row["contact.first_name"] for row in rows] == [
        'Zoë, "Z" B',
        "'=cmd|' /C calc'!A0",
    ]
    assert rows[1]["fields.note"] == "'@SUM(1)"
    assert rows[1]["fields.n"] == "-5"
    assert rows[0]["contact.phone"].startswith("'+1415")
    assert rows[0]["delivery.status"] == "accepted"
    assert rows[0]["price_cents"] == str(PRICE)


def test_empty_csv_still_has_its_header(client: FlaskClient, app: Flask) -> None:
    headers = member(app, make_partner())

    answer = client.get(URL, query_string={"format": "csv"}, headers=headers)

    [header] = answer.get_data(as_text=True).splitlines()
    assert header.startswith("transaction_id,lead_id,campaign,")
    assert "contact.email" in header


def test_csv_goes_on_by_its_link(
    client: FlaskClient, app: Flask, market: Market
) -> None:
    buyer = market.buyer()
    market.sell(3)
    headers = member(app, buyer)

    first = client.get(f"{URL}?format=csv&page_size=2&status=captured", headers=headers)
    link = first.headers["Link"]
    second = client.get(link[1 : link.index(">")], headers=headers)

    assert link.endswith('; rel="next"')
    assert len(first.get_data(as_text=True).splitlines()) == 3
    assert len(second.get_data(as_text=True).splitlines()) == 2
    assert "Link" not in second.headers


WRONG = (
    ("page=0", "page"),
    ("page=-1", "page"),
    ("page=1.5", "page"),
    ("page=x", "page"),
    ("page=٣", "page"),
    ("page=1_0", "page"),
    ("page=", "page"),
    ("page=99999999999999999999999", "page"),
    ("page=999999999", "page"),
    ("page_size=0", "page_size"),
    ("page=1&page=2", "page"),
    ("after=x", "after"),
    ("after=", "after"),
    ("after=%00", "query"),
    ("after=cHVyY2hhc2VzOi0x", "after"),
    ("after=c3RhdGVtZW50OjU", "after"),
    ("page=2&after=cHVyY2hhc2VzOjU", "after"),
    ("status=sold", "status"),
    ("status=", "status"),
    ("campaign=No", "campaign"),
    ("from=yesterday", "from"),
    ("from=2026-13-01", "from"),
    ("to=9999-12-31", "to"),
    ("from=0001-01-01T00:00:00%2B14:00", "from"),
    ("format=xml", "format"),
    ("stauts=held", "stauts"),
)


def test_wrong_query_is_422_with_its_field(
    client: FlaskClient, database: Flask
) -> None:
    headers = program(make_partner())

    for query, field in WRONG:
        answer = client.get(f"{URL}?{query}", headers=headers)
        assert fields_refused(answer) == {field}, query


def test_every_wrong_parameter_is_told(client: FlaskClient, database: Flask) -> None:
    query = "page=x&status=y&from=z&page_size=0"

    answer = client.get(f"{URL}?{query}", headers=program(make_partner()))

    assert fields_refused(answer) == {"page", "status", "from", "page_size"}
