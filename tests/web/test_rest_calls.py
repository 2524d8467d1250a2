"""The calls beside the resources, and odd bodies anywhere."""

from typing import Any
from unittest.mock import ANY

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.domain.states import LeadStatus
from app.models.lead import Lead
from tests.conftest import login_headers
from tests.factories import (
    lead_of,
    make_campaign,
    make_source,
    make_subscription,
    take,
)
from tests.web.rest import CAMPAIGN, PARTNER, Headers, make

ODD = (
    b"",
    b"null",
    b"5",
    b'"text"',
    b"[]",
    b"{}",
    b'{"":1}',
    b'{"id":1}',
    b'{"name":"' + b"x" * 200_000 + b'"}',
    b'{"name":{"a":{"b":[1,{"c":null}]}}}',
    b'{"name":1e400}',
    b'{"name":-Infinity}',
    b'{"name":' + b"9" * 5000 + b"}",
    b'{"name":"\\u0000"}',
    b'{"name":"\\udc00"}',
    b'{"name":"\xff"}',
    b'{"a":' * 4000 + b"1" + b"}" * 4000,
    b'{"name":"a","name":"b"}',
    b'{"amount_cents":1.5,"reason":[]}',
    b'{"amount_cents":9223372036854775808,"reason":"x","idempotency_key":{}}',
    b'{"subscription_id":"1"}',
    b'{"subscription_id":99999999999999999999}',
    b'{"slug":"x","name":"x","currency":["USD"],"fields":[null],"checks":[null]}',
    b'{"name":"x","campaign_id":{},"vendor_id":[],"per_minute":null,"slug":{}}',
    b'{"partner_id":1,"filters":{"all":{"a":1}},"schedule":{},"timezone":[]}',
    b'{"partner_id":[],"url":5,"format":{},"auth":5,"mapping":{},"reply_rules":5}',
    b'{"provider":{},"credentials":[1],"base_url":[],"timeout_s":"x"}',
    b'{"email":[],"password":{},"role":5,"partner_id":{},"active":null}',
    b'{"content":{"headline":null},"template":{},"weight":1e2}',
)
PATHS = (
    "campaigns/",
    "landing_pages/",
    "sources/",
    "vendors/",
    "partners/",
    "endpoints/",
    "subscriptions/",
    "providers/",
    "users/",
)


@pytest.fixture
def lead(client: FlaskClient) -> Lead:
    return lead_of(take(make_source(make_campaign())).public_id)


def test_lead_is_found_by_both_its_ids_and_shows_contact_only_alone(
    client: FlaskClient, admin_headers: Headers, lead: Lead
) -> None:
    by_id = client.get(f"/api/v1/leads/{lead.id}", headers=admin_headers)
    by_uuid = client.get(f"/api/v1/leads/{lead.public_id}", headers=admin_headers)
    listed = client.get("/api/v1/leads/", headers=admin_headers)

    shown = by_id.json["result"]
    assert by_uuid.json == by_id.json
    assert shown["public_id"] == str(lead.public_id)
    assert shown["contact"]["first_name"] == "Ada"
    assert shown["received_at"].endswith("Z")
    assert "Ada" not in listed.get_data(as_text=True)
    assert listed.json["result"][0]["status"] == "received"


def test_lead_is_read_only(
    client: FlaskClient, admin_headers: Headers, lead: Lead
) -> None:
    path = f"/api/v1/leads/{lead.id}"

    answers = [
        client.put(path, json={"status": "sold"}, headers=admin_headers),
        client.delete(path, headers=admin_headers),
        client.post("/api/v1/leads/", json={}, headers=admin_headers),
    ]

    assert {answer.status_code for answer in answers} == {405}
    assert {a.mimetype for a in answers} == {"application/problem+json"}


def test_trace_is_told_by_the_public_id(
    client: FlaskClient, admin_headers: Headers, lead: Lead
) -> None:
    path = f"/api/v1/leads/{lead.public_id}/trace"

    answer = client.get(path, headers=admin_headers)

    assert answer.status_code == 200
    assert set(answer.json) >= {"events", "decisions"}


def test_waiting_lead_is_rejected_with_its_reason(
    client: FlaskClient, admin_headers: Headers, lead: Lead
) -> None:
    path = f"/api/v1/leads/{lead.id}"

    answer = client.post(
        f"{path}/reject", json={"reason": ["no"]}, headers=admin_headers
    )

    assert answer.status_code == 422
    assert answer.json["errors"] == [{"field": "reason", "code": ANY, "message": ANY}]


def test_lead_is_sold_by_hand_and_not_refunded_while_held(
    client: FlaskClient, admin_headers: Headers
) -> None:
    campaign = make_campaign()
    order = make_subscription(campaign)
    lead = lead_of(take(make_source(campaign)).public_id)
    with transaction():
        lead.status = LeadStatus.available

    sold = client.post(
        f"/api/v1/leads/{lead.id}/sell",
        json={"subscription_id": order.id},
        headers=admin_headers,
    )
    listed = client.get("/api/v1/transactions/", headers=admin_headers).json
    refund = client.post(
        f"/api/v1/transactions/{sold.json['public_id']}/refund",
        json={"reason": "test"},
        headers=admin_headers,
    )

    assert sold.status_code == 201
    assert sold.json["status"] == "held"
    assert listed["result"][0]["subscription_id"] == order.id
    assert refund.status_code == 409


def test_books_are_checked_on_demand(
    client: FlaskClient, admin_headers: Headers
) -> None:
    answer = client.get("/api/v1/integrity", headers=admin_headers)

    assert answer.status_code == 200
    assert set(answer.json) == {"ok", "checks"}


def test_calls_are_for_staff(client: FlaskClient, database: Flask, lead: Lead) -> None:
    admin = login_headers(database, "root@example.com", "Admin")
    partner = make(client, admin, "partners", **PARTNER)
    buyer = login_headers(database, "b@example.com", "client", partner_id=partner["id"])
    calls = [
        f"leads/{lead.id}/{verb}" for verb in ("approve", "reject", "reprocess", "sell")
    ]
    calls += ["transactions/1/refund", f"partners/{partner['id']}/credits"]

    answers = [client.post(f"/api/v1/{c}", json={}, headers=buyer) for c in calls]
    reads = [f"leads/{lead.id}/trace", f"partners/{partner['id']}/wallet", "integrity"]
    answers += [client.get(f"/api/v1/{path}", headers=buyer) for path in reads]

    assert {answer.status_code for answer in answers} == {403}


def test_no_odd_body_is_a_server_error(
    client: FlaskClient, admin_headers: Headers, lead: Lead
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    campaign = make(client, admin_headers, "campaigns", **CAMPAIGN)
    posts = [*PATHS, f"partners/{partner['id']}/credits", f"leads/{lead.id}/sell"]
    puts = [f"campaigns/{campaign['id']}", f"partners/{partner['id']}"]
    calls = [("POST", path) for path in posts] + [("PUT", path) for path in puts]

    def status(method: str, path: str, body: bytes) -> Any:
        answer = client.open(
            f"/api/v1/{path}",
            method=method,
            data=body,
            content_type="application/json",
            headers=admin_headers,
        )
        return answer.status_code

    found = {(c, body[:60]): status(*c, body) for c in calls for body in ODD}

    # An empty object changes nothing, so PUT takes it.
    taken = {key for key, code in found.items() if code == 200}
    assert {body for _, body in taken} <= {b"{}"}
    assert set(found.values()) <= {200, 400, 404, 413, 422}
