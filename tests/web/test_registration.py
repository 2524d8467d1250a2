"""From asking for an account to the first log-in, without telling who is known."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.models.partner import Partner
from app.models.people import Registration
from app.models.vendor import Vendor
from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM, login_headers
from tests.factories import count
from tests.web.rest import Headers, fields_refused, forget_caller
from tests.web.screens import logged_in

WISH = {
    "email": "Buyer@Example.com",
    "password": PASSWORD,
    "name": "Bea Buyer",
    "company": "North Homes",
    "role": "client",
}


def _ask(client: FlaskClient, **changes: Any) -> Any:
    return client.post("/api/auth/register", json={**WISH, **changes})


def _log_in(client: FlaskClient, email: str = "buyer@example.com") -> Any:
    body = {"email": email, "password": PASSWORD}
    return client.post("/api/auth/login", json=body)


def _decide(client: FlaskClient, headers: Headers, user_id: int, verb: str) -> Any:
    forget_caller()
    return client.post(f"/api/v1/users/{user_id}/{verb}", headers=headers)


def _pending(client: FlaskClient, headers: Headers, query: str = "") -> Any:
    forget_caller()
    path = f"/api/v1/users/?status=pending{query}"
    return client.get(path, headers=headers).json


@pytest.mark.parametrize("role", ["client", "vendor"])
def test_approval_opens_user_and_account_of_the_company(
    client: FlaskClient, admin_headers: Headers, role: str
) -> None:
    asked = _ask(client, role=role)
    early = _log_in(client)

    approved = _decide(client, admin_headers, asked.json["id"], "approve")
    assert approved.status_code == 200, approved.text
    forget_caller()
    tokens = _log_in(client).json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = client.get("/api/auth/me", headers=bearer).json

    assert asked.status_code == 201
    assert asked.json == {
        "id": asked.json["id"],
        "email": "buyer@example.com",
        "role": role,
        "status": "pending",
    }
    assert early.status_code == 401
    assert approved.json["result"]["status"] == "active"
    assert (me["id"], me["role"]) == (asked.json["id"], role)
    model: Any = Partner if role == "client" else Vendor
    account = db.session.query(model).one()
    assert account.id == me["partner_id" if role == "client" else "vendor_id"]
    assert (account.name, account.status.name) == ("North Homes", "active")
    assert account.currency == "USD"
    if role == "client":
        assert account.timezone == "UTC"
        assert account.billing_mode.name == "prepaid"
        assert account.credit_limit_cents == 0


def test_known_email_gets_the_same_answer_and_changes_nothing(
    client: FlaskClient, admin_headers: Headers
) -> None:
    create_user("known@example.com", PASSWORD, "operator", SYSTEM)
    fresh = _ask(client)
    again = _ask(client, password="another password 2", name="Mallory")
    known = _ask(client, email="known@example.com")
    listed = _pending(client, admin_headers)

    answers = [fresh, again, known]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers}) == 3
    assert [sorted(answer.json) for answer in answers] == [sorted(fresh.json)] * 3
    assert listed["count"] == 1
    assert listed["ids"] == [fresh.json["id"]]
    assert listed["result"][0]["name"] == "Bea Buyer"
    assert (
        _decide(client, admin_headers, known.json["id"], "approve").status_code == 409
    )
    approved = _decide(client, admin_headers, fresh.json["id"], "approve")
    assert approved.status_code == 200
    assert _log_in(client).status_code == 200


def test_what_is_decided_is_decided_once(
    client: FlaskClient, admin_headers: Headers
) -> None:
    first = _ask(client).json["id"]
    rejected = _decide(client, admin_headers, first, "reject")
    second = _ask(client).json["id"]

    assert rejected.json["result"] == {"id": first, "status": "rejected"}
    for verb in ("approve", "reject"):
        assert _decide(client, admin_headers, first, verb).status_code == 409
    assert _log_in(client).status_code == 401
    assert db.session.get(Registration, first).password_hash is None
    assert _decide(client, admin_headers, second, "approve").status_code == 200
    assert _decide(client, admin_headers, second, "approve").status_code == 409
    assert count("partner") == 1


def test_wishes_are_listed_by_page(client: FlaskClient, admin_headers: Headers) -> None:
    for number in range(3):
        _ask(client, email=f"buyer{number}@example.com")

    page = _pending(client, admin_headers, "&q=(page:1,page_size:2)")

    assert page["count"] == 3
    assert [one["email"] for one in page["result"]] == ["buyer2@example.com"]
    assert "password" not in str(page)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"role": "operator"}, "role"),
        ({"role": ["client"]}, "role"),
        ({"email": "nobody"}, "email"),
        ({"email": None}, "email"),
        ({"password": "too short"}, "password"),
        ({"password": "x" * 201}, "password"),
        ({"password": "Password123!"}, "password"),
        ({"password": "buyer@example.com"}, "password"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"company": "a\nb"}, "company"),
        ({"company": 5}, "company"),
    ],
)
def test_bad_wish_names_its_field(
    client: FlaskClient, changes: dict[str, Any], field: str
) -> None:
    assert fields_refused(_ask(client, **changes)) == {field}
    assert count("registration") == 0


def test_empty_wish_names_every_field(client: FlaskClient) -> None:
    answer = client.post("/api/auth/register", json={})

    assert fields_refused(answer) == set(WISH)


def test_only_administrators_decide(client: FlaskClient, database: Flask) -> None:
    user_id = _ask(client).json["id"]
    headers = login_headers(database, "operator@example.com", "operator")

    for verb in ("approve", "reject"):
        assert _decide(client, headers, user_id, verb).status_code == 403
        assert _decide(client, {}, user_id, verb).status_code == 401
    forget_caller()
    assert client.get("/api/v1/users/?status=pending").status_code == 401
    assert count("ab_user") == 1


@pytest.mark.parametrize("user_id", ["0", "999999", "9" * 30, "abc", "-1"])
def test_who_did_not_register_cannot_be_approved(
    client: FlaskClient, admin_headers: Headers, user_id: str
) -> None:
    path = f"/api/v1/users/{user_id}/approve"

    assert client.post(path, headers=admin_headers).status_code == 404


def test_more_than_the_rate_from_one_address_is_429(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = client.application.config["SETTINGS"]
    slow = {**vars(settings), "register_per_address": "3/hour"}
    monkeypatch.setitem(client.application.config, "SETTINGS", type(settings)(**slow))
    base = {"REMOTE_ADDR": "2001:db8::1"}
    neighbour = {"REMOTE_ADDR": "2001:db8::2"}

    wrong = [client.post("/api/auth/register", json={}, environ_base=base)] * 4
    answers = [
        client.post("/api/auth/register", json=WISH, environ_base=where)
        for where in (base, neighbour, base, neighbour)
    ]

    assert {answer.status_code for answer in wrong} == {422}
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert 3000 <= int(answers[3].headers["Retry-After"]) <= 3600


def test_sign_up_page_says_the_same_to_everybody(client: FlaskClient) -> None:
    create_user("known@example.com", PASSWORD, "operator", SYSTEM)
    client.application.config["WTF_CSRF_ENABLED"] = False
    answers = []
    for email in ("new@example.com", "known@example.com", "new@example.com"):
        sent = client.post("/register/", data={**WISH, "email": email})
        answers.append((sent.status_code, sent.location, sent.get_data()))

    assert answers[0][:2] == (302, "/register/sent")
    assert answers[0] == answers[1] == answers[2]
    assert "Request received" in client.get("/register/sent").text


def test_sign_up_page_keeps_what_was_typed_but_the_password(
    client: FlaskClient,
) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False

    answer = client.post("/register/", data={**WISH, "password": "qwertyuiop"})

    assert answer.status_code == 422
    assert "North Homes" in answer.text
    assert "tried first; choose another" in answer.text
    assert "qwertyuiop" not in answer.text


def test_administrator_decides_on_the_screen(client: FlaskClient) -> None:
    stays = _ask(client, email="stays@example.com").json["id"]
    chosen = _ask(client).json["id"]
    browser = logged_in(client.application)
    before = browser.get("/registrations/list/").text

    for ids in ([chosen], [], [chosen]):
        form = {"action": "approve", "rowid": ids}
        forget_caller()
        browser.post("/registrations/bulk", data=form)
    after = browser.get("/registrations/list/").text

    assert "North Homes" in before
    assert "Buy leads (partner)" in before
    assert "1 approved." in after
    assert "stays@example.com" in after
    assert "buyer@example.com" not in after
    assert _log_in(client).status_code == 200
    assert db.session.get(Registration, stays).status.name == "pending"
