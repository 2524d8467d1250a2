"""API keys: made once, opened as their owner, scoped, revoked, and by whom."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from app.domain.errors import Conflict
from app.models.api_key import ApiKey
from app.services import api_keys
from app.services.api_keys import make_key, open_key
from app.services.policy import change_policy
from tests.conftest import login_headers
from tests.factories import STAFF, count, make_campaign, make_partner, make_vendor
from tests.web.callers import member, program
from tests.web.rest import Headers, fields_refused, make

BODY = {"name": "CRM", "scopes": ["buy", "read"]}


def _post(client: FlaskClient, headers: Headers, **body: Any) -> Any:
    return client.post("/api/keys", json={**BODY, **body}, headers=headers)


def test_owner_makes_lists_and_revokes_a_key(client: FlaskClient, app: Flask) -> None:
    partner = make_partner()
    owner = member(app, partner)

    made = _post(client, owner)
    key = {"X-Api-Key": made.json["api_key"]}
    opened = open_key(made.json["api_key"])
    listed = client.get("/api/keys", headers=owner)
    gone = client.delete(f"/api/keys/{made.json['id']}", headers=owner)
    again = client.delete(f"/api/keys/{made.json['id']}", headers=owner)

    assert made.status_code == 201
    assert made.json["scopes"] == ["read", "buy"]
    assert made.json["created_by"].startswith("user:")
    assert opened is not None
    assert opened.partner_id == partner.id
    assert [item["id"] for item in listed.json["items"]] == [made.json["id"]]
    assert "api_key" not in listed.json["items"][0]
    assert made.json["api_key"] not in listed.get_data(as_text=True)
    assert (gone.status_code, again.status_code) == (204, 204)
    assert client.get("/api/keys", headers=key).status_code == 401
    assert open_key(made.json["api_key"]) is None


def test_key_is_kept_as_a_hash_and_its_beginning(database: Flask) -> None:
    key = program(make_partner())["X-Api-Key"]

    kept = db.session.execute(text("SELECT row(api_key.*)::text FROM api_key"))

    assert key not in kept.scalar_one()
    assert count("api_key", f"key_prefix = '{key[:12]}'") == 1


def test_no_key_makes_keys_and_only_owners_do(client: FlaskClient, app: Flask) -> None:
    partner = make_partner()
    callers = [
        member(app, partner, "buyer"),
        member(app, partner, "viewer"),
        program(partner, "read", "buy", "manage"),
    ]
    before = count("api_key")

    answers = [_post(client, headers) for headers in callers]
    answers += [client.get("/api/keys", headers=headers) for headers in callers]

    assert {answer.status_code for answer in answers} == {403}
    assert _post(client, {}).status_code == 401
    assert count("api_key") == before


def test_anothers_key_is_as_one_that_is_not_there(
    client: FlaskClient, app: Flask
) -> None:
    theirs = _post(client, member(app, make_partner())).json["id"]
    strangers = [member(app, make_partner()), member(app, make_vendor())]

    answers = [
        client.delete(f"/api/keys/{pk}", headers=headers)
        for headers in strangers
        for pk in (theirs, 0, 2**63, "x", "٣")
    ]
    listed = [client.get("/api/keys", headers=headers) for headers in strangers]

    assert {answer.status_code for answer in answers} == {404}
    assert [answer.json["items"] for answer in listed] == [[], []]
    assert count("api_key", "revoked_at IS NULL") == 1


def test_vendors_key_has_a_vendors_scopes(client: FlaskClient, app: Flask) -> None:
    vendor = make_vendor()
    owner = member(app, vendor)

    refused = _post(client, owner)
    made = _post(client, owner, scopes=["upload"])

    assert fields_refused(refused) == {"scopes"}
    opened = open_key(made.json["api_key"])
    assert opened is not None
    assert opened.vendor_id == vendor.id


BAD: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": " "}, "name"),
    ({"name": None}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"scopes": []}, "scopes"),
    ({"scopes": ["own"]}, "scopes"),
    ({"scopes": ["upload"]}, "scopes"),
    ({"scopes": "read"}, "scopes"),
    ({"scopes": [1]}, "scopes"),
    ({"scopes": [{}]}, "scopes"),
    ({"expires_at": "yesterday"}, "expires_at"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ({"expires_at": "2999-01-01T00:00:00"}, "expires_at"),
    ({"partner_id": 5}, "partner_id"),
    ({"key_hash": "x"}, "key_hash"),
    ({"id": 5}, "id"),
)


def test_bad_key_is_422_with_its_field(client: FlaskClient, app: Flask) -> None:
    owner = member(app, make_partner())

    for body, field in BAD:
        assert fields_refused(_post(client, owner, **body)) == {field}, body
    assert count("api_key") == 0


def test_key_ends_by_its_time_and_with_its_archived_owner(database: Flask) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    key = ApiKey(
        name="k", scopes=["read"], partner_id=make_partner().id, expires_at=soon
    )
    expired = make_key(key, STAFF)["api_key"]
    archived = program(make_partner())
    assert open_key(expired)

    db.session.execute(text("UPDATE api_key SET expires_at = now()"))
    db.session.execute(text("UPDATE partner SET status = 'archived'"))

    assert open_key(expired) is None
    assert open_key(archived["X-Api-Key"]) is None


def test_last_use_is_written_once_a_minute(database: Flask) -> None:
    key = program(make_partner())["X-Api-Key"]
    open_key(key)
    query = text("SELECT last_used_at FROM api_key")
    old = text("UPDATE api_key SET last_used_at = last_used_at - interval '61 seconds'")
    first = db.session.scalar(query)

    db.session.execute(text("UPDATE api_key SET last_used_at = now() - interval '59s'"))
    recent = db.session.scalar(query)
    open_key(key)
    kept = db.session.scalar(query)
    db.session.execute(old)
    open_key(key)

    assert kept == recent
    assert db.session.scalar(query) == first


def test_living_keys_are_limited(
    database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_keys, "MAX_KEYS", 2)
    partner = make_partner()
    program(make_partner())
    for _ in range(2):
        program(partner)

    with pytest.raises(Conflict):
        program(partner)


def test_administrators_make_and_revoke_keys_for_anybody(
    client: FlaskClient, admin_headers: Headers
) -> None:
    partner, vendor = make_partner(), make_vendor()

    made = make(client, admin_headers, "api_keys", **BODY, partner_id=partner.id)
    other = make(
        client,
        admin_headers,
        "api_keys",
        **{**BODY, "scopes": ["upload"]},
        vendor_id=vendor.id,
    )
    both = client.post(
        "/api/v1/api_keys/",
        json={**BODY, "partner_id": partner.id, "vendor_id": vendor.id},
        headers=admin_headers,
    )
    listed = client.get("/api/v1/api_keys/", headers=admin_headers)
    path = f"/api/v1/api_keys/{made['id']}"
    gone = client.delete(path, headers=admin_headers)

    assert made["api_key"].startswith("par_")
    assert other["api_key"].startswith("ven_")
    assert both.status_code == 422
    assert listed.json["count"] == 2
    assert made["api_key"] not in listed.get_data(as_text=True)
    assert gone.status_code == 204
    assert open_key(made["api_key"]) is None
    assert client.get(path, headers=admin_headers).json["result"]["revoked_by"]


def test_operators_and_keys_open_no_keys_of_staff(
    client: FlaskClient, app: Flask
) -> None:
    operator = login_headers(app, "operator@example.com", "Operator")
    key = program(make_partner(), "read", "manage")

    for headers in (operator, key):
        for path in ("/api/v1/api_keys/", "/api/v1/api_keys/1"):
            assert client.get(path, headers=headers).status_code == 403
        refused = client.post("/api/v1/api_keys/", json=BODY, headers=headers)
        assert refused.status_code == 403
    assert client.get("/api/v1/leads/", headers=key).status_code == 403
    assert client.get("/api/keys", headers=operator).status_code == 403


def test_unknown_keys_are_401_and_too_many_of_them_429(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.security.UNKNOWN_KEYS", "3/minute")
    place = {"REMOTE_ADDR": "203.0.113.77"}

    answers = [
        client.get("/api/keys", headers={"X-Api-Key": key}, environ_base=place)
        for key in ("", "src_x", "par_" + "x" * 43, "par_é")
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[0].mimetype == "application/problem+json"
    assert answers[3].headers["Retry-After"]


def test_calls_with_one_key_are_limited_each_for_itself(
    client: FlaskClient, app: Flask
) -> None:
    change_policy({"api_per_key": "3/minute"}, STAFF)
    first, second = program(make_partner()), program(make_partner())

    answers = [client.get("/api/wallet", headers=first) for _ in range(4)]
    other = client.get("/api/wallet", headers=second)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[3].headers["Retry-After"]) > 0
    assert other.status_code == 200


def test_key_asked_for_twice_is_made_once_and_its_secret_not_kept(
    client: FlaskClient, app: Flask
) -> None:
    owner = member(app, make_partner())
    once = {**owner, "Idempotency-Key": "k-1"}

    first, again = _post(client, once), _post(client, once)
    other_body = _post(client, once, name="Another")
    stranger = {**member(app, make_partner()), "Idempotency-Key": "k-1"}
    other_person = _post(client, stranger)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == {**first.json, "api_key": None}
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other_body.status_code, other_body.json["code"]) == (
        422,
        "idempotency_key_reused",
    )
    assert other_person.json["api_key"]
    answers = text("SELECT string_agg(answer::text, ' ') FROM idempotency_key")
    kept = db.session.execute(answers)
    assert first.json["api_key"] not in kept.scalar_one()
    assert count("api_key") == 2


def test_refused_key_may_be_asked_for_again(client: FlaskClient, app: Flask) -> None:
    once = {**member(app, make_partner()), "Idempotency-Key": "k-2"}

    assert _post(client, once, scopes=["own"]).status_code == 422
    assert _post(client, once).status_code == 201


def test_endpoint_and_subscription_are_made_once(
    client: FlaskClient, app: Flask
) -> None:
    partner, campaign = make_partner(), make_campaign()
    once = {**program(partner, "read", "buy", "manage"), "Idempotency-Key": "k-3"}
    place = {"name": "CRM", "url": "http://127.0.0.1:8999/leads"}

    places = [client.post("/api/endpoints", json=place, headers=once) for _ in range(2)]
    order = {"campaign_id": campaign.id, "endpoint_id": places[0].json["id"]}
    orders = [
        client.post("/api/subscriptions", json=order, headers=once) for _ in range(2)
    ]

    assert [answer.status_code for answer in (*places, *orders)] == [201] * 4
    assert places[0].json["signing_secret"]
    assert places[1].json["signing_secret"] is None
    assert orders[0].json == orders[1].json
    assert (count("endpoint"), count("subscription")) == (1, 1)
