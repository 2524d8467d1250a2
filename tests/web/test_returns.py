"""Returns over REST: the partner's side, staff's, and what a vendor sees of them."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.models.partner import Partner
from tests.factories import make_partner
from tests.partner import PartnerServer
from tests.web.callers import member, program
from tests.web.market import PRICE, Market, sales_of
from tests.web.rest import Headers, fields_refused

LIST = "/api/returns"
STAFFS = "/api/v1/returns/"


@pytest.fixture
def market(database: Flask, partner: PartnerServer) -> Market:
    return Market(partner)


@pytest.fixture
def buyer(market: Market) -> Partner:
    buyer = market.buyer()
    market.sell()
    return buyer


def returns_url(buyer: Partner) -> str:
    return f"/api/purchases/{sales_of(buyer)[0].public_id}/returns"


def give_back(
    client: FlaskClient, buyer: Partner, headers: Headers, reason: str = "fraud"
) -> dict[str, Any]:
    body = {"reason_code": reason, "note": "Nobody knows of it."}
    answer = client.post(returns_url(buyer), json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json
    return told


def test_purchase_is_given_back_asked_about_and_approved(
    client: FlaskClient, app: Flask, buyer: Partner, admin_headers: Headers
) -> None:
    headers = member(app, buyer, "buyer")
    made = give_back(client, buyer, headers)
    url = f"{STAFFS}{made['id']}"

    asked = client.post(f"{url}/ask", json={"text": "Who?"}, headers=admin_headers)
    mine = client.get(f"{LIST}/{made['id']}", headers=headers).json
    said = client.post(
        f"{LIST}/{made['id']}/messages", json={"text": "Ada."}, headers=headers
    )
    approved = client.post(f"{url}/approve", headers=admin_headers)
    again = client.post(f"{url}/approve", headers=admin_headers)
    listed = client.get(LIST, query_string={"status": "approved"}, headers=headers)
    [shown] = listed.json["items"]

    assert made["status"] == "open"
    assert (made["amount_cents"], made["currency"]) == (PRICE, "USD")
    assert asked.json["result"]["status"] == mine["status"] == "needs_info"
    assert (said.status_code, said.json["status"]) == (201, "open")
    assert [one["from"] for one in shown["messages"]] == ["platform", "partner"]
    assert approved.json["result"]["afterwards"] == "withdrawn"
    assert approved.json["result"]["messages"][1]["is_partners"] is True
    assert (again.status_code, again.json["code"]) == (409, "approved")
    purchase = client.get("/api/purchases", headers=headers).json["items"][0]
    assert (purchase["status"], purchase["refunded_cents"]) == ("refunded", PRICE)


def test_denial_tells_its_reason(
    client: FlaskClient, app: Flask, buyer: Partner, admin_headers: Headers
) -> None:
    headers = program(buyer, "read", "buy")
    made = give_back(client, buyer, headers)
    url = f"{STAFFS}{made['id']}/deny"

    blank = client.post(url, json={"reason": " "}, headers=admin_headers)
    client.post(url, json={"reason": "She answers."}, headers=admin_headers)

    assert fields_refused(blank) == {"reason"}
    shown = client.get(f"{LIST}/{made['id']}", headers=headers).json
    assert (shown["status"], shown["decision_reason"]) == ("denied", "She answers.")


def test_second_return_of_a_purchase_is_a_conflict(
    client: FlaskClient, app: Flask, buyer: Partner
) -> None:
    headers = member(app, buyer)
    give_back(client, buyer, headers)

    again = client.post(
        returns_url(buyer), json={"reason_code": "fraud"}, headers=headers
    )

    assert (again.status_code, again.json["code"]) == (409, "returned")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"reason_code"}),
        ({"reason_code": 5}, {"reason_code"}),
        ({"reason_code": "price"}, {"reason_code"}),
        ({"reason_code": "other"}, {"note"}),
        ({"reason_code": "fraud", "note": 5}, {"note"}),
        ({"reason_code": "fraud", "why": "x"}, {"why"}),
    ],
)
def test_bad_return_names_its_fields(
    client: FlaskClient, app: Flask, buyer: Partner, body: Any, fields: set[str]
) -> None:
    answer = client.post(returns_url(buyer), json=body, headers=member(app, buyer))

    assert fields_refused(answer) == fields


def test_viewers_others_and_vendors_return_nothing(
    client: FlaskClient, app: Flask, market: Market, buyer: Partner
) -> None:
    made = give_back(client, buyer, member(app, buyer))
    body = {"reason_code": "fraud"}
    shut_out = (
        member(app, buyer, "viewer"),
        program(buyer, "read"),
        member(app, market.vendor),
    )
    stranger = member(app, make_partner())

    for headers in shut_out:
        answer = client.post(returns_url(buyer), json=body, headers=headers)
        assert answer.status_code == 403
    assert (
        client.post(returns_url(buyer), json=body, headers=stranger).status_code == 404
    )
    assert client.get(f"{LIST}/{made['id']}", headers=stranger).status_code == 404
    assert client.get(LIST, headers=stranger).json["items"] == []
    assert client.get(STAFFS, headers=stranger).status_code == 403
    assert len(client.get(LIST, headers=shut_out[0]).json["items"]) == 1


def test_vendor_sees_the_charge_back_and_nothing_of_the_partner(
    client: FlaskClient,
    app: Flask,
    market: Market,
    buyer: Partner,
    admin_headers: Headers,
) -> None:
    made = give_back(client, buyer, member(app, buyer), "invalid_phone")
    client.post(f"{STAFFS}{made['id']}/approve", headers=admin_headers)

    answer = client.get("/api/vendor/statement", headers=program(market.vendor))
    line = answer.json["items"][0]

    assert (line["kind"], line["balance_cents"]) == ("refund", 0)
    assert line["amount_cents"] < 0
    assert line["reason"] == "Returned: invalid phone"
    assert buyer.name not in answer.text


def test_policy_is_set_over_rest_and_checked(
    client: FlaskClient, market: Market, admin_headers: Headers
) -> None:
    url = f"/api/v1/campaigns/{market.campaign.id}"
    policy = {"window_hours": 48, "auto_approve": [{"reasons": ["duplicate"]}]}

    good = client.put(url, json={"return_policy": policy}, headers=admin_headers)
    bad = client.put(
        url, json={"return_policy": {"window_hours": 0}}, headers=admin_headers
    )

    assert good.json["result"]["return_policy"] == policy
    assert fields_refused(bad) == {"return_policy.window_hours"}


def test_staff_narrows_and_exports_returns(
    client: FlaskClient, app: Flask, buyer: Partner, admin_headers: Headers
) -> None:
    headers = member(app, buyer)
    give_back(client, buyer, headers)
    q = "(filters:!((col:status,opr:eq,value:open)))"

    found = client.get(STAFFS, query_string={"q": q}, headers=admin_headers).json
    table = client.get(LIST, query_string={"format": "csv"}, headers=headers).text

    assert (found["count"], found["result"][0]["reason_code"]) == (1, "fraud")
    assert table.splitlines()[0].startswith("id,transaction_id,lead_id")
    assert len(table.splitlines()) == 2
