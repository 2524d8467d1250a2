"""Users on the screens and by program: changed, logged out, helped; admins alone."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.models.mail import OutgoingMail
from app.models.people import Membership
from app.services.auth import authenticate
from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM, login_headers
from tests.factories import count, make_partner, make_vendor
from tests.web.rest import Headers, fields_refused, forget_caller
from tests.web.screens import logged_in

EMAIL = "ada@example.com"
NEW = "quite another 2"


@pytest.fixture
def ada(database: Flask) -> int:
    partner = make_partner()
    made = create_user(EMAIL, PASSWORD, "client", SYSTEM, partner_id=partner.id)
    return int(made.id)


def _headers(client: FlaskClient) -> Headers:
    forget_caller()
    body = {"email": EMAIL, "password": PASSWORD}
    tokens = client.post("/api/auth/login", json=body).json
    return {"Authorization": f"Bearer {tokens['access_token']}"}


def _me(client: FlaskClient, headers: Headers) -> Any:
    forget_caller()
    return client.get("/api/auth/me", headers=headers)


def _put(client: FlaskClient, headers: Headers, user_id: int, **body: Any) -> Any:
    forget_caller()
    return client.put(f"/api/v1/users/{user_id}", json=body, headers=headers)


def test_role_and_side_change_at_once(
    client: FlaskClient, admin_headers: Headers, ada: int
) -> None:
    vendor = make_vendor()
    mine = _headers(client)

    moved = _put(client, admin_headers, ada, role="vendor", vendor_id=vendor.id)
    after = _me(client, mine)
    staff = _put(client, admin_headers, ada, role="operator")

    assert moved.status_code == 200, moved.text
    shown = moved.json["result"]
    assert (shown["role"], shown["vendor_id"]) == ("vendor", vendor.id)
    assert (shown["partner_id"], shown["member_role"]) == (None, "owner")
    assert after.status_code == 401
    assert staff.json["result"]["vendor_id"] is None
    assert db.session.get(Membership, ada) is None
    assert count("audit", "action = 'user.changed'") == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "vendor"}, "vendor_id"),
        ({"role": "king"}, "role"),
        ({"partner_id": None}, "partner_id"),
        ({"partner_id": 2**40}, "partner_id"),
        ({"member_role": "uploader"}, "member_role"),
        ({"name": "x" * 65}, "name"),
        ({"password": "qwertyuiop"}, "password"),
    ],
)
def test_change_that_cannot_be_names_its_field(
    client: FlaskClient,
    admin_headers: Headers,
    ada: int,
    body: dict[str, Any],
    field: str,
) -> None:
    assert fields_refused(_put(client, admin_headers, ada, **body)) == {field}
    assert authenticate(EMAIL, PASSWORD) is not None


def test_a_new_user_has_one_line_for_a_name(
    client: FlaskClient, admin_headers: Headers
) -> None:
    body = {"email": "bob@example.com", "password": PASSWORD, "role": "operator"}

    for name in ("x" * 65, "a\nb"):
        sent = {**body, "name": name}
        answer = client.post("/api/v1/users/", json=sent, headers=admin_headers)
        assert fields_refused(answer) == {"name"}


def test_a_new_name_ends_nothing(
    client: FlaskClient, admin_headers: Headers, ada: int
) -> None:
    mine = _headers(client)

    changed = _put(client, admin_headers, ada, name="Ada Byron")

    assert changed.json["result"]["name"] == "Ada Byron"
    assert _me(client, mine).status_code == 200


def test_last_administrator_keeps_the_role(
    client: FlaskClient, admin_headers: Headers
) -> None:
    admin = _me(client, admin_headers).json["id"]

    answer = _put(client, admin_headers, admin, role="operator")

    assert answer.status_code == 409
    assert _me(client, admin_headers).status_code == 200


def test_administrator_edits_logs_out_and_helps_on_the_screen(
    client: FlaskClient, ada: int
) -> None:
    browser = logged_in(client.application)
    mine = _headers(client)
    forget_caller()
    form = browser.get(f"/users/edit/{ada}").text
    member = db.session.get(Membership, ada)
    assert member is not None
    data = {
        "name": "Ada Byron",
        "role": "client",
        "partner_id": str(member.partner_id),
        "member_role": "buyer",
        "active": "y",
    }

    forget_caller()
    saved = browser.post(f"/users/edit/{ada}", data=data)
    ended = _me(client, mine)
    mine = _headers(client)
    for verb in ("log-out", "send-link", "take-off-factor"):
        forget_caller()
        assert browser.post(f"/users/{verb}/{ada}").status_code == 302
    forget_caller()
    wrong = browser.post(f"/users/edit/{ada}", data={**data, "role": "vendor"})
    shown = browser.get(f"/users/show/{ada}").text

    assert EMAIL in shown
    assert "Owner: everything of it" in form
    assert f"Edit user: {EMAIL}" in form
    assert saved.status_code == 302
    assert ended.status_code == 401
    assert _me(client, mine).status_code == 401
    assert db.session.query(OutgoingMail).one().recipient == EMAIL
    assert "required for this role" in wrong.text
    assert authenticate(EMAIL, PASSWORD) is not None
    db.session.expire_all()
    assert db.session.get(Membership, ada).role.name == "buyer"


def test_only_administrators_change_users(
    client: FlaskClient, database: Flask, ada: int
) -> None:
    operator = login_headers(database, "op@example.com", "operator")
    mine = _headers(client)
    for headers, status in ((operator, 403), (mine, 403), ({}, 401)):
        assert _put(client, headers, ada, role="admin").status_code == status
    browser = logged_in(database, "Operator", "op2@example.com")
    for verb in ("log-out", "send-link", "take-off-factor"):
        forget_caller()
        assert browser.post(f"/users/{verb}/{ada}").status_code == 403

    assert _me(client, mine).json["role"] == "client"
