"""Partners, endpoints and subscriptions by REST, with what they rest on."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.rest import (
    CAMPAIGN,
    PARTNER,
    Headers,
    fields_refused,
    make,
)

URL = "http://127.0.0.1:8999/leads"


def test_partner_opens_with_a_wallet_that_credits_fill_once(
    client: FlaskClient, admin_headers: Headers
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    path = f"/api/v1/partners/{partner['id']}"
    body = {"amount_cents": 5000, "reason": "cheque", "idempotency_key": "k1"}

    first = client.post(f"{path}/credits", json=body, headers=admin_headers)
    again = client.post(f"{path}/credits", json=body, headers=admin_headers)
    other = client.post(
        f"{path}/credits", json={**body, "amount_cents": 1}, headers=admin_headers
    )
    wallet = client.get(f"{path}/wallet", headers=admin_headers).json

    assert first.status_code == 201
    assert again.json == first.json
    assert other.status_code == 422
    assert wallet["balance_cents"] == 5000
    assert wallet["available_cents"] == 5000


FIELDS = [
    {"name": "email", "type": "email"},
    {"name": "roof", "type": "select", "options": ["tile"]},
    {"name": "notes", "type": "text"},
]


def test_ping_tells_what_its_campaigns_ask_to_choose(
    client: FlaskClient, admin_headers: Headers
) -> None:
    campaign = make(client, admin_headers, "campaigns", **CAMPAIGN, fields=FIELDS)
    partner = make(client, admin_headers, "partners", **PARTNER)
    body = {"partner_id": partner["id"], "name": "CRM", "url": URL}

    def ping(source: str) -> dict[str, Any]:
        line = {"target": "a", "source": source}
        return {"url": f"{URL}/ping", "price": "$.price", "mapping": [line]}

    def put(ping: object) -> Any:
        path = f"/api/v1/endpoints/{endpoint['id']}"
        return client.put(path, json={"ping": ping}, headers=admin_headers)

    endpoint = make(
        client, admin_headers, "endpoints", **body, ping=ping("fields.roof")
    )
    refused = [put(ping(f"fields.{name}")) for name in ("notes", "nobody", "email")]
    order = {"partner_id": partner["id"], "campaign_id": campaign["id"]}
    made = make(
        client, admin_headers, "subscriptions", **order, endpoint_id=endpoint["id"]
    )
    after = put(ping("fields.notes"))

    assert endpoint["ping"]["mapping"] == ping("fields.roof")["mapping"]
    for answer in (*refused, after):
        assert fields_refused(answer) == {"ping.mapping[0].source"}
    assert "a choice, a number" in after.json["errors"][0]["message"]
    assert made["reject_rate_bp"] == 0
    assert put({"url": "http://10.1.2.3/", "price": "$.p"}).status_code == 422
    assert put({"url": URL}).status_code == 422
    assert put(None).status_code == 200


def test_endpoint_whose_ping_tells_a_text_here_is_refused(
    client: FlaskClient, admin_headers: Headers
) -> None:
    other = [{"name": "email", "type": "email"}, {"name": "roof", "type": "text"}]
    make(client, admin_headers, "campaigns", **CAMPAIGN, fields=FIELDS)
    texts = {**CAMPAIGN, "slug": "texts", "fields": other}
    campaign = make(client, admin_headers, "campaigns", **texts)
    partner = make(client, admin_headers, "partners", **PARTNER)
    line = {"target": "a", "source": "fields.roof"}
    ping = {"url": f"{URL}/ping", "price": "$.price", "mapping": [line]}
    body = {"partner_id": partner["id"], "name": "CRM", "url": URL, "ping": ping}
    endpoint = make(client, admin_headers, "endpoints", **body)
    order = {"partner_id": partner["id"], "campaign_id": campaign["id"]}

    answer = client.post(
        "/api/v1/subscriptions/",
        json={**order, "endpoint_id": endpoint["id"]},
        headers=admin_headers,
    )

    assert fields_refused(answer) == {"endpoint_id"}
    assert "fields.roof, which is text here" in answer.json["errors"][0]["message"]


def test_credit_limit_moves_what_is_available(
    client: FlaskClient, admin_headers: Headers
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    path = f"/api/v1/partners/{partner['id']}"

    client.put(path, json={"credit_limit_cents": 700}, headers=admin_headers)

    wallet = client.get(f"{path}/wallet", headers=admin_headers).json
    assert wallet["available_cents"] == 700


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timezone", "Mars/Base"),
        ("timezone", 5),
        ("currency", "EURO"),
        ("billing_mode", "barter"),
        ("credit_limit_cents", -1),
        ("credit_limit_cents", 1.5),
    ],
)
def test_wrong_value_of_a_partner(
    client: FlaskClient, admin_headers: Headers, field: str, value: Any
) -> None:
    body = {**PARTNER, field: value}

    answer = client.post("/api/v1/partners/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {field}


def _endpoint(client: FlaskClient, headers: Headers, **body: Any) -> dict[str, Any]:
    partner = make(client, headers, "partners", **PARTNER)
    given = {"partner_id": partner["id"], "name": "CRM", "url": URL, **body}
    return make(client, headers, "endpoints", **given)


def test_endpoint_keeps_its_secrets(
    client: FlaskClient, admin_headers: Headers
) -> None:
    auth = {"type": "basic", "username": "u", "password": "open sesame"}

    made = _endpoint(client, admin_headers, auth=auth)
    path = f"/api/v1/endpoints/{made['id']}"
    shown = client.get(path, headers=admin_headers)
    listed = client.get("/api/v1/endpoints/", headers=admin_headers)

    assert made["signing_secret"].startswith("whsec_")
    assert shown.json["result"]["auth"] == {"type": "basic"}
    assert "signing_secret" not in shown.json["result"]
    for answer in (shown, listed):
        assert "sesame" not in answer.get_data(as_text=True)


def test_endpoint_whose_key_was_dropped_breaks_no_list(
    client: FlaskClient, admin_headers: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = {"type": "bearer", "token": "open sesame"}
    made = _endpoint(client, admin_headers, auth=auth)
    config = client.application.config
    rotated = replace(config["SETTINGS"], field_keys=("another key " * 4,))
    monkeypatch.setitem(config, "SETTINGS", rotated)

    listed = client.get("/api/v1/endpoints/", headers=admin_headers)
    shown = client.get(f"/api/v1/endpoints/{made['id']}", headers=admin_headers)

    assert listed.json["result"][0]["auth"] == {"type": "unreadable"}
    assert shown.json["result"]["auth"] == {"type": "unreadable"}


@pytest.mark.parametrize(
    ("auth", "place"),
    [
        ({"type": "magic"}, "auth.type"),
        ({"type": ["basic"]}, "auth.type"),
        ("basic", "auth.type"),
        ({"type": "bearer"}, "auth.token"),
        ({"type": "bearer", "token": 5}, "auth.token"),
        ({"type": "bearer", "token": "a\nb"}, "auth.token"),
        ({"type": "none", "token": "x"}, "auth.token"),
        ({"type": "header", "name": "Host", "value": "x"}, "auth.name"),
    ],
)
def test_wrong_auth_of_an_endpoint(
    client: FlaskClient, admin_headers: Headers, auth: Any, place: str
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    body = {"partner_id": partner["id"], "name": "CRM", "url": URL, "auth": auth}

    answer = client.post("/api/v1/endpoints/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {place}


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "nonsense",
        "",
        "http://localhost:80@10.0.0.1/",
    ],
)
def test_url_that_may_not_be_reached_is_422(
    client: FlaskClient, admin_headers: Headers, url: str
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    body = {"partner_id": partner["id"], "name": "CRM", "url": url}

    answer = client.post("/api/v1/endpoints/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {"url"}


STATE = {"field": "state", "op": "eq", "value": "CA"}


@pytest.fixture
def order(client: FlaskClient, admin_headers: Headers) -> dict[str, Any]:
    """What a subscription needs."""
    endpoint = _endpoint(client, admin_headers)
    campaign = make(client, admin_headers, "campaigns", **CAMPAIGN)
    return {
        "partner_id": endpoint["partner_id"],
        "campaign_id": campaign["id"],
        "endpoint_id": endpoint["id"],
    }


def test_subscription_begins_automatic_and_without_limits(
    client: FlaskClient, admin_headers: Headers, order: dict[str, Any]
) -> None:
    made = make(client, admin_headers, "subscriptions", **order)

    assert made["mode"] == "auto"
    assert made["weight"] == 1
    assert made["daily_cap"] is None
    assert made["schedule"] is None


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("daily_cap", -1, "daily_cap"),
        ("daily_cap", "5", "daily_cap"),
        ("weight", -1, "weight"),
        ("timezone", "Nowhere", "timezone"),
        ("schedule", [{"days": ["mon"]}], "schedule[0]"),
        ("schedule", 5, "schedule"),
        ("filters", {"all": []}, "filters.all"),
        ("filters", 5, "filters"),
        ("price_rules", "cheap", "price_rules"),
        ("price_rules", [{"when": STATE}], "price_rules[0].price_cents"),
        ("price_rules", [{"price_cents": 1}], "price_rules[0].when"),
        (
            "price_rules",
            [{"when": {**STATE, "op": "is"}, "price_cents": 1}],
            "price_rules[0].when.op",
        ),
        (
            "price_rules",
            [{"when": STATE, "price_cents": 2**63}],
            "price_rules[0].price_cents",
        ),
        ("endpoint_id", None, "endpoint_id"),
        ("endpoint_id", 10**9, "endpoint_id"),
        ("mode", "magic", "mode"),
    ],
)
def test_wrong_value_of_a_subscription(
    client: FlaskClient,
    admin_headers: Headers,
    order: dict[str, Any],
    field: str,
    value: Any,
    place: str,
) -> None:
    body = {**order, field: value}

    answer = client.post("/api/v1/subscriptions/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {place}


def test_endpoint_of_another_partner_is_refused(
    client: FlaskClient, admin_headers: Headers, order: dict[str, Any]
) -> None:
    other = make(client, admin_headers, "partners", name="South", currency="USD")
    body = {**order, "partner_id": other["id"]}

    answer = client.post("/api/v1/subscriptions/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {"endpoint_id"}


def test_currency_must_be_the_campaigns_and_stays_once_ordered(
    client: FlaskClient, admin_headers: Headers, order: dict[str, Any]
) -> None:
    euro = make(client, admin_headers, "partners", name="Euro", currency="EUR")
    body = {**order, "partner_id": euro["id"], "endpoint_id": None, "mode": "manual"}

    foreign = client.post("/api/v1/subscriptions/", json=body, headers=admin_headers)
    make(client, admin_headers, "subscriptions", **order)
    path = f"/api/v1/campaigns/{order['campaign_id']}"
    changed = client.put(path, json={"currency": "EUR"}, headers=admin_headers)

    assert fields_refused(foreign) == {"campaign_id"}
    assert fields_refused(changed) == {"currency"}
