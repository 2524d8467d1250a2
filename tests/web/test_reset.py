"""A forgotten password: the link by mail, by command and by an administrator."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.models.mail import OutgoingMail
from app.services.auth import authenticate
from app.services.resets import answer_requests
from app.services.user_changes import change_user
from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM
from tests.factories import count
from tests.web.rest import fields_refused, forget_caller
from tests.web.screens import logged_in

EMAIL = "ada@example.com"
NEW = "quite another 2"


@pytest.fixture(autouse=True)
def user_id(database: Flask) -> int:
    return int(create_user(EMAIL, PASSWORD, "operator", SYSTEM).id)


def _forgot(client: FlaskClient, email: str) -> Any:
    return client.post("/api/auth/forgot", json={"email": email})


def _reset(client: FlaskClient, token: str, password: str = NEW) -> Any:
    body = {"token": token, "password": password}
    return client.post("/api/auth/reset", json=body)


def _tokens() -> list[str]:
    bodies = db.session.query(OutgoingMail).order_by(OutgoingMail.id)
    return [re.findall("/reset/#(.+)", mail.body)[0] for mail in bodies]


def _asked(client: FlaskClient) -> str:
    _forgot(client, EMAIL)
    answer_requests()
    return _tokens()[-1]


def test_link_sets_a_password_once_and_ends_every_log_in(client: FlaskClient) -> None:
    body = {"email": EMAIL, "password": PASSWORD}
    tokens = client.post("/api/auth/login", json=body).json
    first, second = _asked(client), _asked(client)

    done = _reset(client, first)
    again = [_reset(client, token) for token in (first, second)]
    spent = client.post(
        "/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]}
    )

    assert done.status_code == 204
    assert [fields_refused(answer) for answer in again] == [{"token"}, {"token"}]
    assert spent.status_code == 401
    assert authenticate(EMAIL, PASSWORD) is None
    assert authenticate(EMAIL, NEW) is not None
    assert count("audit", "action = 'user.password_reset'") == 1


def test_answer_is_the_same_whoever_is_asked_for(
    client: FlaskClient, user_id: int
) -> None:
    known = _forgot(client, EMAIL)
    unknown = _forgot(client, "nobody@example.com")
    answer_requests()

    assert (known.status_code, known.json) == (202, unknown.json)
    assert unknown.status_code == 202
    assert [mail.recipient for mail in db.session.query(OutgoingMail)] == [EMAIL]
    assert count("reset_request") == 0
    change_user(user_id, {"active": False}, SYSTEM)
    _forgot(client, EMAIL)
    answer_requests()
    assert len(_tokens()) == 1


def test_mailbox_is_not_flooded(client: FlaskClient) -> None:
    for _ in range(5):
        _asked(client)

    assert len(_tokens()) == 3


def test_link_ends_after_an_hour(client: FlaskClient) -> None:
    token = _asked(client)
    with transaction() as session:
        later = "UPDATE reset_token SET expires_at = expires_at - interval '1 hour'"
        session.execute(text(later))

    assert fields_refused(_reset(client, token)) == {"token"}
    assert authenticate(EMAIL, PASSWORD) is not None


def test_refused_password_leaves_the_link(client: FlaskClient) -> None:
    token = _asked(client)

    assert fields_refused(_reset(client, token, "short")) == {"password"}
    assert fields_refused(_reset(client, token, "qwertyuiop")) == {"password"}
    assert _reset(client, token).status_code == 204


def test_token_is_kept_as_its_hash_alone(client: FlaskClient) -> None:
    token = _asked(client)

    kept = db.session.execute(text("SELECT token_hash FROM reset_token")).scalar_one()

    assert len(kept) == 32
    assert token.encode() not in kept


def test_more_than_the_rate_from_one_address_is_429(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = client.application.config["SETTINGS"]
    slow = {**vars(settings), "reset_per_address": "2/hour"}
    monkeypatch.setitem(client.application.config, "SETTINGS", type(settings)(**slow))
    where = {"REMOTE_ADDR": "198.51.100.7"}

    codes = [
        client.post(
            "/api/auth/forgot", json={"email": EMAIL}, environ_base=where
        ).status_code
        for _ in range(3)
    ]

    assert codes == [202, 202, 429]


def test_pages_lead_from_the_log_in_to_a_new_password(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.application.config, "WTF_CSRF_ENABLED", False)
    asked = client.post("/reset/ask", data={"email": EMAIL})
    answer_requests()
    form = {"token": _tokens()[0], "password": "short"}

    shown = client.get("/reset/").text
    refused = client.post("/reset/", data=form)
    done = client.post("/reset/", data={**form, "password": NEW})

    assert "/reset/ask" in client.get("/login/").text
    assert asked.location == "/reset/sent"
    assert "data-from-hash" in shown
    assert (refused.status_code, done.status_code) == (422, 302)
    assert authenticate(EMAIL, NEW) is not None


def test_command_prints_a_link_for_whom_there_is(client: FlaskClient) -> None:
    runner = client.application.test_cli_runner()

    made = runner.invoke(args=["users", "reset", EMAIL])
    unknown = runner.invoke(args=["users", "reset", "nobody@example.com"])
    [token] = re.findall("/reset/#(.+)", made.stdout)

    assert unknown.exit_code == 1
    assert _reset(client, token).status_code == 204


def test_kept_mail_is_for_administrators_alone(client: FlaskClient) -> None:
    token = _asked(client)
    mail = db.session.query(OutgoingMail).one()
    browser = logged_in(client.application)
    forget_caller()

    listed = browser.get("/mail/list/").text
    shown = browser.get(f"/mail/show/{mail.id}").text
    forget_caller()
    stranger = logged_in(client.application, "Operator", "op@example.com")
    forget_caller()
    refused = stranger.get(f"/mail/show/{mail.id}")

    assert EMAIL in listed
    assert token not in listed
    assert token in shown
    assert refused.status_code == 403
