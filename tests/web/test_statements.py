"""Wallets and statements: balances that add up, line by line, for their owner alone."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.models.partner import Partner
from app.services.refunds import refund_transaction
from app.services.wallet import credit_partner, wallet_of
from tests.factories import STAFF, make_partner, make_vendor
from tests.partner import PartnerServer, Says
from tests.web.callers import member, program
from tests.web.market import PRICE, Market, sales_of
from tests.web.rest import Headers, fields_refused

URL = "/api/wallet/statement"
# 33.33 % of 999 is the platform's, rounded down.
SHARE = PRICE - PRICE * 3333 // 10_000


@pytest.fixture
def market(database: Flask, partner: PartnerServer) -> Market:
    return Market(partner)


@pytest.fixture
def buyer(market: Market) -> Partner:
    """A partner with every kind of line: two captures, a refund, a release, a hold."""
    buyer = market.buyer(10_000)
    market.sell(2)
    refund_transaction(sales_of(buyer)[0].id, 400, "part", STAFF)
    market.server.says(Says(status=404))
    market.sell()
    market.server.says(Says(status=503))
    market.sell()
    return buyer


def _get(client: FlaskClient, headers: Headers, url: str = URL, **query: Any) -> Any:
    answer = client.get(url, query_string=query, headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def test_wallet_tells_balance_held_and_available(
    client: FlaskClient, app: Flask, buyer: Partner
) -> None:
    told = _get(client, member(app, buyer, "viewer"), "/api/wallet")

    balance = 10_000 - 2 * PRICE + 400
    assert told == {
        "balance_cents": balance,
        "held_cents": PRICE,
        "available_cents": balance - PRICE,
        "currency": "USD",
    }


def test_statement_tells_what_moved_the_balance(
    client: FlaskClient, buyer: Partner
) -> None:
    lines = _get(client, program(buyer))["items"]

    captured = {str(sale.public_id) for sale in sales_of(buyer) if sale.captured_at}
    assert [(line["kind"], line["amount_cents"]) for line in lines] == [
        ("refund", 400),
        ("capture", -PRICE),
        ("capture", -PRICE),
        ("credit", 10_000),
    ]
    assert [line["balance_cents"] for line in lines] == [8402, 8002, 9001, 10_000]
    assert {line["transaction_id"] for line in lines} == captured | {None}
    assert lines[0]["reason"] == "part"
    assert lines[-1]["lead_id"] is None


def test_statement_of_every_kind_adds_up_to_the_wallet(
    client: FlaskClient, buyer: Partner
) -> None:
    told = _get(client, program(buyer), kind="all")["items"]
    wallet = wallet_of(buyer.id)

    balance = held = 0
    for line in reversed(told):
        balance += line["amount_cents"]
        held += line["held_change_cents"]
        assert (line["balance_cents"], line["held_cents"]) == (balance, held)
    assert (balance, held) == (wallet["balance_cents"], wallet["held_cents"])
    assert {line["kind"] for line in told} == {
        "credit",
        "hold",
        "capture",
        "release",
        "refund",
    }


def test_part_of_a_statement_keeps_its_balances(
    client: FlaskClient, buyer: Partner
) -> None:
    headers = program(buyer)
    whole = {line["id"]: line for line in _get(client, headers, kind="all")["items"]}

    page, pages = _get(client, headers, kind="all", page_size=3), []
    while True:
        pages += page["items"]
        credit_partner(buyer.id, 5, "meanwhile", STAFF)
        if page["next"] is None:
            break
        page = _get(client, headers, kind="all", page_size=3, after=page["next"])
    some = _get(client, headers, kind="capture", page=2, page_size=1)

    assert [line["id"] for line in pages] == list(whole)
    assert all(line == whole[line["id"]] for line in [*pages, *some["items"]])
    assert (some["total"], some["next"]) == (2, None)


def test_statement_is_narrowed_by_time_and_told_as_csv(
    client: FlaskClient, buyer: Partner
) -> None:
    headers = program(buyer)

    assert _get(client, headers, to="2020-01-01")["total"] == 0
    assert _get(client, headers, **{"from": "2020-01-01"})["total"] == 4
    table = client.get(f"{URL}?format=csv", headers=headers).get_data(as_text=True)

    assert len(table.splitlines()) == 5
    assert f",{-PRICE}," in table
    refused = client.get(f"{URL}?kind=gift", headers=headers)
    assert fields_refused(refused) == {"kind"}


def test_nobody_sees_anothers_money(
    client: FlaskClient, app: Flask, market: Market, buyer: Partner
) -> None:
    other, vendor = make_partner(0), make_vendor()

    assert _get(client, member(app, other))["items"] == []
    assert _get(client, member(app, other), "/api/wallet")["balance_cents"] == 0
    url = "/api/vendor/statement"
    assert _get(client, member(app, vendor), url)["items"] == []
    assert client.get(url, headers=member(app, buyer)).status_code == 403
    assert client.get(URL, headers=member(app, market.vendor)).status_code == 403


def test_vendor_reads_what_it_earned_and_what_was_taken_back(
    client: FlaskClient, app: Flask, market: Market, buyer: Partner
) -> None:
    headers = member(app, market.vendor, "uploader")

    told = _get(client, headers, "/api/vendor/statement")
    lines = told["items"]

    taken_back = lines[0]["amount_cents"]
    assert [line["kind"] for line in lines] == ["refund", "capture", "capture"]
    assert [line["amount_cents"] for line in lines[1:]] == [SHARE, SHARE]
    assert -400 < taken_back < 0
    assert lines[0]["balance_cents"] == 2 * SHARE + taken_back
    assert "held_cents" not in lines[0]


def test_a_vendors_line_tells_price_and_share_and_a_partners_does_not(
    client: FlaskClient, app: Flask, market: Market, buyer: Partner
) -> None:
    sold = _get(client, member(app, market.vendor), "/api/vendor/statement")
    bought = _get(client, member(app, buyer, "viewer"))

    terms = ("price_cents", "commission_bp", "commission_cents")
    assert [tuple(line[name] for name in terms) for line in sold["items"]] == [
        (PRICE, 3333, None)
    ] * 3
    assert not any(name in line for line in bought["items"] for name in terms)
