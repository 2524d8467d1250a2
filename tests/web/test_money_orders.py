"""Corrections and approvals by REST and on screens."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import MoneyOrderKind
from app.services.money_orders import approve_order, order_money, order_override
from app.services.policy import change_policy
from app.services.users import create_user
from tests.conftest import ADMIN, PASSWORD
from tests.factories import (
    count,
    make_campaign,
    make_partner,
    make_source,
    make_vendor,
    take,
)
from tests.partner import PartnerServer
from tests.web.market import Market, sales_of
from tests.web.rest import Headers, fields_refused
from tests.web.sessions import browser_of

BODY = {"amount_cents": -250, "reason": "booked twice"}


@pytest.fixture
def waiting(database: Flask) -> int:
    """A credit that an administrator asked for and another has to approve."""
    change_policy({"second_person_above_cents": 0}, ADMIN)
    asks = create_user("asks@example.com", PASSWORD, "admin", SYSTEM)
    actor = Actor(Role.admin, asks.id)
    _, told = order_money(
        MoneyOrderKind.credit, make_partner(0).id, 5000, "cheque", actor
    )
    return int(told["id"])


def test_corrections_are_booked_once_per_key(
    client: FlaskClient, admin_headers: Headers
) -> None:
    headers = {**admin_headers, "Idempotency-Key": "k"}
    paths = [
        f"/api/v1/partners/{make_partner(1000).id}/adjustments",
        f"/api/v1/vendors/{make_vendor().id}/adjustments",
    ]

    for path in paths:
        first, again = (client.post(path, json=BODY, headers=headers) for _ in "ab")
        assert first.status_code == again.status_code == 201
        assert first.json == again.json

    assert count("entry", "kind = 'adjustment'") == 2


def test_a_key_of_null_leaves_it_to_the_header(
    client: FlaskClient, admin_headers: Headers
) -> None:
    path = f"/api/v1/partners/{make_partner(0).id}/credits"
    body = {"amount_cents": 5, "reason": "cheque", "idempotency_key": None}
    headers = {**admin_headers, "Idempotency-Key": "k"}

    first, again = (client.post(path, json=body, headers=headers) for _ in "ab")

    assert first.status_code == 201
    assert again.json == first.json
    assert count("entry", "kind = 'credit'") == 1


@pytest.mark.parametrize("amount", [0, 2**63, -(2**70), 1.0, "5", True, None])
def test_bad_amounts_are_told_by_their_field(
    client: FlaskClient, admin_headers: Headers, amount: object
) -> None:
    body = {"amount_cents": amount, "reason": "why"}

    for path in ("adjustments", "credits"):
        url = f"/api/v1/partners/{make_partner(0).id}/{path}"
        answer = client.post(url, json=body, headers=admin_headers)
        assert fields_refused(answer) == {"amount_cents"}

    assert count("entry") == 0


def test_a_credit_above_the_limit_answers_202(
    client: FlaskClient, admin_headers: Headers
) -> None:
    change_policy({"second_person_above_cents": 0}, ADMIN)
    partner = make_partner(0)
    path = f"/api/v1/partners/{partner.id}/credits"
    body = {"amount_cents": 5, "reason": "cheque", "idempotency_key": "k"}

    first, again = (client.post(path, json=body, headers=admin_headers) for _ in "ab")

    assert (first.status_code, first.json["status"]) == (202, "pending_approval")
    assert again.json == first.json
    own = client.post(
        f"/api/v1/money_orders/{first.json['id']}/approve", headers=admin_headers
    )
    assert own.status_code == 403
    assert count("entry") == 0


def test_another_administrator_approves(
    client: FlaskClient, admin_headers: Headers, waiting: int
) -> None:
    path = f"/api/v1/money_orders/{waiting}"

    listed = client.get("/api/v1/money_orders/", headers=admin_headers).json
    done = client.post(f"{path}/approve", headers=admin_headers)
    again = client.post(f"{path}/approve", headers=admin_headers)

    assert [one["status"] for one in listed["result"]] == ["pending"]
    assert (done.status_code, done.json["result"]["status"]) == (200, "booked")
    assert again.status_code == 409
    assert count("entry", "kind = 'credit'") == 1


def test_a_screen_approves_what_another_asked_for(
    database: Flask, waiting: int
) -> None:
    database.config["WTF_CSRF_ENABLED"] = False
    agrees = create_user("agrees@example.com", PASSWORD, "admin", SYSTEM)
    browser = browser_of(database, agrees.id)

    page = browser.get("/money_orders/list/")
    assert "asks@example.com" in page.text
    done = browser.post(
        "/money_orders/bulk",
        data={"action": "approve", "rowid": str(waiting), "sure": "1"},
        follow_redirects=True,
    )

    assert "1 booked" in done.text
    assert count("money_order", "status = 'booked'") == 1


def test_who_asked_is_offered_to_take_it_back_alone(
    database: Flask, waiting: int
) -> None:
    asks = db.session.execute(text("SELECT asked_by_id FROM money_order")).scalar_one()
    agrees = create_user("agrees@example.com", PASSWORD, "admin", SYSTEM)

    own, others = (
        browser_of(database, who).get(f"/money_orders/show/{waiting}").text
        for who in (asks, agrees.id)
    )

    assert 'value="approve"' not in own
    assert 'value="reject"' in own
    assert "You asked for it" in own
    assert 'value="approve"' in others
    assert "You asked for it" not in others


def test_accounts_tell_their_balances(
    client: FlaskClient, admin_headers: Headers
) -> None:
    make_partner(700)

    answer = client.get("/api/v1/accounts/", headers=admin_headers)

    told = {row["kind"]: row["balance_cents"] for row in answer.json["result"]}
    assert told == {"wallet": 700, "holds": 0, "bank": -700}


@pytest.mark.parametrize("amount", ["0", "-5", "1e3", "12,50", "9" * 20, "0.001", "x"])
def test_a_screen_says_what_is_wrong_with_an_amount(
    database: Flask, amount: str
) -> None:
    database.config["WTF_CSRF_ENABLED"] = False
    user = create_user("staff@example.com", PASSWORD, "admin", SYSTEM)
    browser = browser_of(database, user.id)
    partner = make_partner(0)

    page = browser.post(
        f"/partners/credit/{partner.id}", data={"amount_cents": amount, "reason": "w"}
    )

    assert page.status_code == 200
    assert "Enter an amount" in page.text or "Enter a smaller" in page.text
    assert count("entry") == 0


def test_a_form_sent_twice_books_once(database: Flask) -> None:
    database.config["WTF_CSRF_ENABLED"] = False
    user = create_user("staff@example.com", PASSWORD, "admin", SYSTEM)
    browser = browser_of(database, user.id)
    vendor = make_vendor()
    form = {"amount_cents": "-12.50", "reason": "paid twice", "once": "a-form"}

    for _ in range(2):
        browser.post(f"/vendors/adjust/{vendor.id}", data=form)

    assert count("entry", "kind = 'adjustment'") == 1
    assert "−$12.50" in browser.get(f"/vendors/show/{vendor.id}").text  # noqa: RUF001


def test_a_refunded_sale_is_not_refunded_again(
    database: Flask, client: FlaskClient, admin_headers: Headers, partner: PartnerServer
) -> None:
    database.config["WTF_CSRF_ENABLED"] = False
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    [sale] = sales_of(buyer)
    path = f"/api/v1/transactions/{sale.id}/refund"
    first = client.post(path, json={"reason": "why"}, headers=admin_headers)
    entries = count("entry")

    again = [
        client.post(path, json={"reason": "why", **more}, headers=admin_headers)
        for more in ({}, {"amount_cents": 1})
    ]
    user = create_user("staff@example.com", PASSWORD, "admin", SYSTEM)
    page = browser_of(database, user.id).post(
        f"/transactions/refund/{sale.id}", data={"reason": "why"}
    )

    assert first.status_code == 200
    assert [answer.status_code for answer in again] == [409, 409]
    assert "refunded already" in page.text
    assert count("entry") == entries


def test_another_price_is_charged_once_per_key(
    client: FlaskClient, admin_headers: Headers, partner: PartnerServer
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    [sale] = sales_of(buyer)
    path = f"/api/v1/transactions/{sale.public_id}/override"
    headers = {**admin_headers, "Idempotency-Key": "k"}
    body = {"price_cents": 1200, "reason": "agreed by phone"}

    first, again = (client.post(path, json=body, headers=headers) for _ in "ab")
    same = client.post(path, json=body, headers=admin_headers)

    assert (first.status_code, first.json["charged_cents"]) == (200, 1200)
    assert again.json == first.json
    assert same.status_code == 409
    assert count("entry", "kind = 'override'") == 1
    shown = client.get(f"/api/v1/transactions/{sale.id}", headers=admin_headers)
    told = shown.json["result"]
    assert (told["price_cents"], told["override_cents"]) == (999, 201)


@pytest.mark.parametrize("price", [0, -1, 2**63, 1.0, "5", True, None])
def test_a_bad_price_is_told_by_its_field(
    client: FlaskClient, admin_headers: Headers, partner: PartnerServer, price: object
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    [sale] = sales_of(buyer)

    answer = client.post(
        f"/api/v1/transactions/{sale.id}/override",
        json={"price_cents": price, "reason": "why"},
        headers=admin_headers,
    )

    assert fields_refused(answer) == {"price_cents"}
    assert count("entry", "kind = 'override'") == 0


def test_a_screen_changes_a_price_or_says_why_not(
    database: Flask, partner: PartnerServer
) -> None:
    database.config["WTF_CSRF_ENABLED"] = False
    market = Market(partner)
    buyer = market.buyer(2_000)
    market.sell()
    [sale] = sales_of(buyer)
    user = create_user("staff@example.com", PASSWORD, "admin", SYSTEM)
    browser = browser_of(database, user.id)
    path = f"/transactions/override/{sale.id}"
    refused = {
        "0": "Enter an amount from",
        "-5": "Enter an amount from",
        "1e3": "Enter an amount, like",
        "9" * 20: "Enter a smaller amount",
        "9.99": "what the sale costs already",
        "30.00": "has not that much left",
    }

    for typed, said in refused.items():
        page = browser.post(path, data={"price_cents": typed, "reason": "why"})
        assert said in page.text, typed
    form = {"price_cents": "12.00", "reason": "agreed", "once": "a-form"}
    for _ in range(2):
        browser.post(path, data=form)

    assert count("entry", "kind = 'override'") == 1
    shown = browser.get(f"/transactions/show/{sale.id}").text
    assert "$12.00" in shown
    assert "Change price" in shown


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (1_500, "Price raised by $5.01 to $15.00"),
        (500, "Price lowered by $4.99 to $5.00"),
    ],
)
def test_who_agrees_reads_which_way_a_price_goes(
    database: Flask, partner: PartnerServer, price: int, said: str
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    [sale] = sales_of(buyer)
    change_policy({"second_person_above_cents": 0}, ADMIN)
    asks = create_user("asks@example.com", PASSWORD, "admin", SYSTEM)
    agrees = create_user("agrees@example.com", PASSWORD, "admin", SYSTEM)
    _, told = order_override(sale.id, price, "agreed", Actor(Role.admin, asks.id))
    browser = browser_of(database, agrees.id)

    listed = browser.get("/money_orders/list/").text
    shown = browser.get(f"/money_orders/show/{told['id']}").text
    approve_order(told["id"], Actor(Role.admin, agrees.id))
    booked = browser.get(f"/money_orders/show/{told['id']}").text

    assert f">{said.partition(' by ')[0]}<" in listed
    assert f"<h1>{said}, {buyer.name}</h1>" in shown
    assert f"<h1>{said.partition(' to ')[0]}, {buyer.name}</h1>" in booked


def test_another_currency_is_refused_by_its_field(
    client: FlaskClient, admin_headers: Headers
) -> None:
    campaign = make_campaign(currency="EUR")
    order = {"partner_id": make_partner(0).id, "campaign_id": campaign.id}
    order |= {"mode": "manual"}
    source = {"name": "s", "vendor_id": make_vendor().id, "campaign_id": campaign.id}

    bought = client.post("/api/v1/subscriptions/", json=order, headers=admin_headers)
    supplied = client.post("/api/v1/sources/", json=source, headers=admin_headers)

    assert fields_refused(bought) == {"campaign_id"}
    assert fields_refused(supplied) == {"vendor_id"}


def test_a_campaign_keeps_the_currency_that_its_vendors_are_owed_in(
    client: FlaskClient, admin_headers: Headers
) -> None:
    campaign, vendor = make_campaign(), make_vendor()
    source = make_source(campaign, vendor)
    path = f"/api/v1/campaigns/{campaign.id}"
    body = {"currency": "EUR"}

    supplied = client.put(path, json=body, headers=admin_headers)
    take(source)
    own = f"/api/v1/sources/{source.id}"
    freed = client.put(own, json={"vendor_id": None}, headers=admin_headers)
    brought = client.put(path, json=body, headers=admin_headers)
    unsold = f"/api/v1/campaigns/{make_campaign().id}"
    free = client.put(unsold, json=body, headers=admin_headers)

    assert fields_refused(supplied) == fields_refused(brought) == {"currency"}
    assert freed.status_code == free.status_code == 200


@pytest.mark.parametrize("code", ["XXX", "XTS", "XAU", "usd", "US", "ZZZ", 5])
def test_nobody_counts_in_what_is_no_money(
    client: FlaskClient, admin_headers: Headers, code: object
) -> None:
    body = {"name": "North", "currency": code}

    for path in ("partners", "vendors"):
        answer = client.post(f"/api/v1/{path}/", json=body, headers=admin_headers)
        assert fields_refused(answer) == {"currency"}
