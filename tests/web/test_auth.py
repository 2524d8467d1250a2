"""Logging in by program and by form: tokens, families, limits, and who may not."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from app.db import db
from app.domain.errors import InvalidInput, NotAllowed
from app.domain.people import Actor, Role
from app.services.auth import authenticate
from app.services.user_changes import change_user
from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM, login_headers
from tests.factories import count
from tests.web.rest import forget_caller

EMAIL = "ada@example.com"


@pytest.fixture(autouse=True)
def _form_tokens_are_asked_for(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.fixture
def tokens(client: FlaskClient) -> dict[str, Any]:
    create_user(EMAIL, PASSWORD, "operator", SYSTEM)
    return _log_in(client)


def _log_in(client: FlaskClient, password: str = PASSWORD) -> dict[str, Any]:
    body = {"email": EMAIL, "password": password}
    answer = client.post("/api/auth/login", json=body)
    found: dict[str, Any] = answer.json
    return found


def _me(client: FlaskClient, access_token: str) -> Any:
    headers = {"Authorization": f"Bearer {access_token}"}
    return client.get("/api/auth/me", headers=headers)


def _refresh(client: FlaskClient, token: str) -> Any:
    return client.post("/api/auth/refresh", json={"refresh_token": token})


def test_log_in_answers_a_pair_that_says_who_one_is(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    answer = _me(client, tokens["access_token"])

    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] <= 600
    assert answer.json["email"] == EMAIL
    assert answer.json["role"] == "operator"
    assert answer.json["partner_id"] is None


@pytest.mark.usefixtures("tokens")
def test_email_is_read_in_any_case(client: FlaskClient) -> None:
    body = {"email": " ADA@Example.com ", "password": PASSWORD}

    answer = client.post("/api/auth/login", json=body)

    assert answer.status_code == 200


def test_refresh_token_works_once_and_its_second_use_ends_the_family(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    first = _refresh(client, tokens["refresh_token"])
    second = _refresh(client, tokens["refresh_token"])

    assert first.status_code == 200
    assert second.status_code == 401
    assert _me(client, tokens["access_token"]).status_code == 401
    assert _me(client, first.json["access_token"]).status_code == 401
    assert _refresh(client, first.json["refresh_token"]).status_code == 401


def test_log_out_ends_access_tokens_too(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    body = {"refresh_token": tokens["refresh_token"]}

    answer = client.post("/api/auth/logout", json=body)

    assert answer.status_code == 204
    assert _me(client, tokens["access_token"]).status_code == 401
    assert _refresh(client, tokens["refresh_token"]).status_code == 401


def test_refusal_tells_nobody_whether_the_account_exists(client: FlaskClient) -> None:
    create_user(EMAIL, PASSWORD, "operator", SYSTEM)
    answers = [
        client.post("/api/auth/login", json={"email": email, "password": password})
        for email, password in ((EMAIL, "another one 1"), ("no@example.com", PASSWORD))
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json == answers[1].json


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": EMAIL},
        {"email": 5, "password": PASSWORD},
        {"email": EMAIL, "password": None},
        {"email": [EMAIL], "password": {"a": 1}},
    ],
)
def test_body_without_texts_is_422(client: FlaskClient, body: dict[str, Any]) -> None:
    answer = client.post("/api/auth/login", json=body)

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"email": NaN}', "application/json", 400),
        (b'{"email": 1e999}', "application/json", 400),
        (b'{"a": 1, "a": 2}', "application/json", 400),
        (b"[" * 4000 + b"]" * 4000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"email": "\\ud800", "password": "x"}', "application/json", 400),
        (b'{"email": "a\\u0000", "password": "x"}', "application/json", 400),
        (b"email=a", "application/x-www-form-urlencoded", 415),
        (b'{"email": "' + b"a" * 9000 + b'"}', "application/json", 413),
    ],
)
def test_unreadable_bodies(
    client: FlaskClient, raw: bytes, kind: str, status: int
) -> None:
    answer = client.post("/api/auth/login", data=raw, content_type=kind)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x", "Bearer a.b.c", "Basic eDp5", "Bearer " + "a" * 5000],
)
def test_what_is_no_token_is_401_with_a_challenge(
    client: FlaskClient, header: str
) -> None:
    answer = client.get("/api/auth/me", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_inactive_user_neither_logs_in_nor_stays(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    user_id = _me(client, tokens["access_token"]).json["id"]

    change_user(user_id, {"active": False}, SYSTEM)

    assert _me(client, tokens["access_token"]).status_code == 401
    assert authenticate(EMAIL, PASSWORD) is None


def test_new_password_ends_what_the_old_one_opened(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    user_id = _me(client, tokens["access_token"]).json["id"]

    change_user(user_id, {"password": "quite another 2"}, SYSTEM)

    assert _me(client, tokens["access_token"]).status_code == 401
    assert authenticate(EMAIL, PASSWORD) is None
    assert authenticate(EMAIL, "quite another 2") is not None


def test_eleventh_try_in_twenty_seconds_is_429(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = client.application.config["SETTINGS"]
    monkeypatch.setitem(
        client.application.config,
        "SETTINGS",
        type(settings)(**{**vars(settings), "login_per_account": "10/20 second"}),
    )
    body = {"email": "limited@example.com", "password": "wrong password"}

    answers = [client.post("/api/auth/login", json=body) for _ in range(11)]

    assert {answer.status_code for answer in answers[:10]} == {401}
    assert answers[10].status_code == 429
    assert 1 <= int(answers[10].headers["Retry-After"]) <= 20


def test_form_opens_a_session_that_log_out_ends(client: FlaskClient) -> None:
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)

    opened = _post_form(client, PASSWORD)
    with client.session_transaction() as session:
        planted = dict(session)
    forget_caller()
    inside = client.get("/campaigns/list/")
    by_link = client.get("/logout/")
    by_button = client.post("/logout/", data={"csrf_token": _token(inside)})
    with client.session_transaction() as session:
        session.update(planted)
    forget_caller()
    outside = client.get("/campaigns/list/")

    assert opened.status_code == 302
    assert inside.status_code == 200
    assert by_link.status_code == 405
    assert by_button.status_code == 302
    assert outside.status_code == 302


def test_session_cookie_ends_with_the_browser_and_has_no_refresh_token(
    client: FlaskClient,
) -> None:
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)

    cookie = _post_form(client, PASSWORD).headers["Set-Cookie"]

    assert "expires" not in cookie.lower()
    assert "max-age" not in cookie.lower()
    assert count("refresh_token") == 0


@pytest.mark.parametrize(
    ("column", "ago", "expected"),
    [
        ("last_used_at", "11 hours 59 minutes", 200),
        ("last_used_at", "12 hours 1 minute", 302),
        ("created_at", "29 days 23 hours", 200),
        ("created_at", "30 days 1 hour", 302),
    ],
)
def test_session_ends_unused_or_old(
    client: FlaskClient, column: str, ago: str, expected: int
) -> None:
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    _post_form(client, PASSWORD)
    _set_back(column, ago)

    answer = client.get("/campaigns/list/")

    assert answer.status_code == expected


def test_use_of_a_session_is_noted_once_a_minute(client: FlaskClient) -> None:
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    _post_form(client, PASSWORD)

    for ago, noted in (("50 seconds", False), ("70 seconds", True)):
        _set_back("last_used_at", ago)
        before = _last_used()
        client.get("/campaigns/list/")
        assert (_last_used() > before) is noted


def test_tokens_end_thirty_days_after_the_log_in_however_often_refreshed(
    client: FlaskClient, tokens: dict[str, Any]
) -> None:
    _set_back("last_used_at", "29 days")
    _set_back("created_at", "29 days 23 hours")
    second = _refresh(client, tokens["refresh_token"])
    assert _me(client, second.json["access_token"]).status_code == 200

    _set_back("created_at", "30 days 1 minute")

    assert _refresh(client, second.json["refresh_token"]).status_code == 401
    assert _me(client, second.json["access_token"]).status_code == 401


def _set_back(column: str, ago: str) -> None:
    query = f"UPDATE login_family SET {column} = now() - interval '{ago}'"
    db.session.execute(text(query))
    db.session.commit()
    forget_caller()


def _last_used() -> Any:
    found = db.session.execute(text("SELECT last_used_at FROM login_family"))
    return found.scalar_one()


def test_form_refuses_a_wrong_password(client: FlaskClient) -> None:
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)

    answer = _post_form(client, "wrong password")

    assert answer.status_code == 401
    assert client.get("/campaigns/list/").status_code == 302


def test_session_opens_no_api(client: FlaskClient) -> None:
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    _post_form(client, PASSWORD)
    forget_caller()

    assert client.get("/api/v1/campaigns/").status_code == 401
    assert client.post("/api/v1/campaigns/", json={}).status_code == 401


def _post_form(client: FlaskClient, password: str) -> Any:
    token = _token(client.get("/login/"))
    form = {"username": EMAIL, "password": password, "csrf_token": token}
    return client.post("/login/", data=form)


def _token(page: Any) -> str:
    pattern = r'name="csrf_token"[^>]*value="([^"]+)"'
    found = re.findall(pattern, page.get_data(as_text=True))
    return str(found[0])


def test_fab_registers_no_screens_of_its_own(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}

    assert not [rule for rule in rules if re.match(r"/(roles|users/userinfo)", rule)]
    assert not [rule for rule in rules if rule.startswith("/api/v1/security")]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("email", "password", "role", "field"),
    [
        ("nobody", PASSWORD, "admin", "email"),
        (EMAIL, "short", "admin", "password"),
        (EMAIL, EMAIL, "admin", "password"),
        (EMAIL, PASSWORD, "king", "role"),
        (EMAIL, PASSWORD, "client", "partner_id"),
        (EMAIL, PASSWORD, "vendor", "vendor_id"),
    ],
)
def test_user_that_cannot_be(email: str, password: str, role: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_user(email, password, role, SYSTEM)

    assert {error.field for error in refused.value.errors} == {field}


@pytest.mark.usefixtures("database")
def test_only_administrators_make_users() -> None:
    with pytest.raises(NotAllowed):
        create_user(EMAIL, PASSWORD, "admin", Actor(Role.operator, 1))


def test_permissions_cost_no_query(client: FlaskClient, database: Flask) -> None:
    headers = login_headers(database, EMAIL, "Admin")
    seen: list[str] = []
    connection = db.session.connection()
    record = seen.append

    def note(*args: Any) -> None:
        record(args[2])

    event.listen(connection, "before_cursor_execute", note)

    client.get("/api/v1/campaigns/", headers=headers)

    event.remove(connection, "before_cursor_execute", note)
    asked = [text for text in seen if "SAVEPOINT" not in text]
    assert not [text for text in asked if "ab_permission" in text]
    assert len(asked) <= 4


def test_nobody_elsewhere_locks_the_owner_out(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = client.application.config["SETTINGS"]
    strict = {**vars(settings), "login_per_account": "3/minute"}
    monkeypatch.setitem(client.application.config, "SETTINGS", type(settings)(**strict))
    email = "victim@example.com"
    create_user(email, PASSWORD, "operator", SYSTEM)

    def log_in(address: str, password: str) -> int:
        body = {"email": email, "password": password}
        where = {"REMOTE_ADDR": address}
        answer = client.post("/api/auth/login", json=body, environ_base=where)
        return answer.status_code

    assert log_in("198.51.100.1", PASSWORD) == 200
    attack = [log_in(f"203.0.113.{n}", "a wrong password 9") for n in range(4)]

    assert attack == [401, 401, 429, 429]
    assert log_in("203.0.113.9", PASSWORD) == 429
    assert log_in("198.51.100.1", PASSWORD) == 200


def test_log_in_leaves_nothing_of_the_session_before_it(client: FlaskClient) -> None:
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["family"] = "01a1fc78-c762-75ff-80d9-14850c0df4e0"

    opened = _post_form(client, PASSWORD)
    with client.session_transaction() as session:
        after = dict(session)

    assert opened.status_code == 302
    assert "planted" not in after
    assert after["family"] != "01a1fc78-c762-75ff-80d9-14850c0df4e0"
