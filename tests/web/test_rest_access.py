"""Who may use the resources: users, providers, strangers, and what is not there."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import PASSWORD, login_headers
from tests.web.rest import (
    PARTNER,
    VENDOR,
    Headers,
    fields_refused,
    forget_caller,
    make,
)

RESOURCES = (
    "campaigns",
    "landing_pages",
    "sources",
    "vendors",
    "partners",
    "endpoints",
    "subscriptions",
    "providers",
    "users",
    "leads",
    "transactions",
    "deliveries",
)
NOBODY = "01a1fc78-c762-75ff-80d9-14850c0df4e0"


def test_provider_shows_the_names_of_its_credentials(
    client: FlaskClient, admin_headers: Headers
) -> None:
    body = {"provider": "offline", "credentials": {"api_key": "open sesame"}}

    made = make(client, admin_headers, "providers", **body)
    listed = client.get("/api/v1/providers/", headers=admin_headers)
    twice = client.post("/api/v1/providers/", json=body, headers=admin_headers)

    assert made["credentials"] == ["api_key"]
    assert "sesame" not in listed.get_data(as_text=True)
    assert twice.status_code == 409


def test_users_are_made_and_told_without_their_passwords(
    client: FlaskClient, admin_headers: Headers
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    body = {
        "email": "buyer@example.com",
        "password": PASSWORD,
        "role": "client",
        "partner_id": partner["id"],
    }

    made = make(client, admin_headers, "users", **body)
    twice = client.post("/api/v1/users/", json=body, headers=admin_headers)
    path = f"/api/v1/users/{made['id']}"
    off = client.put(path, json={"active": False}, headers=admin_headers)
    listed = client.get("/api/v1/users/", headers=admin_headers)

    assert made["role"] == "client"
    assert made["partner_id"] == partner["id"]
    assert twice.status_code == 409
    assert off.json["result"]["active"] is False
    assert listed.json["count"] == 2
    assert "scrypt" not in listed.get_data(as_text=True)


def test_stranger_is_401_and_partner_and_vendor_403(
    client: FlaskClient, database: Flask, admin_headers: Headers
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    vendor = make(client, admin_headers, "vendors", **VENDOR)
    buyer = login_headers(
        database, "b@example.com", "Partner", partner_id=partner["id"]
    )
    seller = login_headers(database, "s@example.com", "Vendor", vendor_id=vendor["id"])
    paths = [f"/api/v1/{name}/{pk}" for name in RESOURCES for pk in ("", "1")]

    strangers = [client.get(path) for path in paths]
    refused = [
        client.get(path, headers=who) for path in paths for who in (buyer, seller)
    ]

    assert {answer.status_code for answer in strangers} == {401}
    assert {answer.status_code for answer in refused} == {403}
    for answer in [*strangers, *refused]:
        assert answer.mimetype == "application/problem+json"


def test_provider_whose_key_was_dropped_breaks_no_list(
    client: FlaskClient, admin_headers: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"provider": "offline", "credentials": {"api_key": "open sesame"}}
    make(client, admin_headers, "providers", **body)
    config = client.application.config
    rotated = replace(config["SETTINGS"], field_keys=("another key " * 4,))
    monkeypatch.setitem(config, "SETTINGS", rotated)

    listed = client.get("/api/v1/providers/", headers=admin_headers)

    assert listed.json["result"][0]["credentials"] == {"type": "unreadable"}


def test_operator_runs_all_but_users_and_providers(
    client: FlaskClient, database: Flask
) -> None:
    headers = login_headers(database, "operator@example.com", "Operator")

    found = {
        name: client.get(f"/api/v1/{name}/", headers=headers).status_code
        for name in RESOURCES
    }

    closed = {"users": 403, "providers": 403}
    assert found == {**dict.fromkeys(RESOURCES, 200), **closed}


def test_what_is_not_there_is_404(client: FlaskClient, admin_headers: Headers) -> None:
    pks = ["999999", "0", "-1", "x", "1e3", "9" * 30, "9" * 6000, "%00", "²", NOBODY]

    answers = {
        (name, pk): client.get(f"/api/v1/{name}/{pk}", headers=admin_headers)
        for name in RESOURCES
        for pk in pks
    }

    assert {a.status_code for a in answers.values()} == {404}
    assert {a.mimetype for a in answers.values()} == {"application/problem+json"}


def test_openapi_is_for_who_is_logged_in(
    client: FlaskClient, admin_headers: Headers
) -> None:
    forget_caller()
    stranger = client.get("/api/v1/_openapi")
    found = client.get("/api/v1/_openapi", headers=admin_headers)

    assert stranger.status_code == 401
    assert found.status_code == 200
    assert "/api/v1/campaigns/" in found.json["paths"]


def test_member_role_is_set_changed_and_ends_the_log_in(
    client: FlaskClient, admin_headers: Headers
) -> None:
    partner = make(client, admin_headers, "partners", **PARTNER)
    body = {
        "email": "viewer@example.com",
        "password": PASSWORD,
        "role": "client",
        "partner_id": partner["id"],
    }
    wrong = [{**body, "member_role": role} for role in ("uploader", "boss", None)]

    refused = [
        client.post("/api/v1/users/", json=one, headers=admin_headers) for one in wrong
    ]
    made = make(client, admin_headers, "users", **body, member_role="viewer")
    tokens = client.post("/api/auth/login", json=body).json
    path = f"/api/v1/users/{made['id']}"
    changed = client.put(path, json={"member_role": "buyer"}, headers=admin_headers)
    no_staff = client.put(
        "/api/v1/users/1", json={"member_role": "owner"}, headers=admin_headers
    )
    header = {"Authorization": f"Bearer {tokens['access_token']}"}

    assert [fields_refused(answer) for answer in refused] == [{"member_role"}] * 3
    assert made["member_role"] == "viewer"
    assert changed.json["result"]["member_role"] == "buyer"
    assert no_staff.status_code in {404, 422}
    assert client.get("/api/auth/me", headers=header).status_code == 401
