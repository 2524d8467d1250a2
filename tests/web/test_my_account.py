"""One's own account: password, log-ins, second factor; another's is out of reach."""

import re
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.domain.states import MemberRole
from app.models.people import LoginFamily
from app.services.auth import authenticate
from app.services.second_factor import has_second_factor
from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM
from tests.factories import make_partner
from tests.web.portal import person_of
from tests.web.rest import fields_refused, forget_caller

EMAIL, OTHER = "ada@example.com", "charlie@example.com"
NEW = "quite another 2"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def _people(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database.config, "WTF_CSRF_ENABLED", False)
    partner = make_partner()
    create_user(EMAIL, PASSWORD, "client", SYSTEM, partner_id=partner.id)
    create_user(OTHER, PASSWORD, "operator", SYSTEM)


def _browser(app: Flask, email: str = EMAIL) -> FlaskClient:
    forget_caller()
    browser = app.test_client()
    form = {"username": email, "password": PASSWORD}
    answer = browser.post("/login/", data=form, headers={"User-Agent": FIREFOX})
    assert answer.status_code == 302
    return browser


def _get(browser: FlaskClient, path: str) -> Any:
    forget_caller()
    return browser.get(path)


def _post(browser: FlaskClient, path: str, **form: str) -> Any:
    forget_caller()
    return browser.post(path, data=form)


def test_everybody_sees_their_own_log_ins_and_ends_them(database: Flask) -> None:
    here, there = _browser(database), _browser(database)
    page = _get(here, "/me/").text
    [family] = re.findall("/me/end/([0-9a-f-]+)", page)

    ended = _post(here, f"/me/end/{family}")

    assert page.count("Firefox on Linux") >= 2
    assert "This one" in page
    assert "127.0.0.1" in page
    assert ended.status_code == 302
    assert _get(there, "/me/").location.startswith("/login/")
    assert _get(here, "/me/").status_code == 200


def test_log_in_of_another_cannot_be_ended(database: Flask) -> None:
    mine, other = _browser(database), _browser(database, OTHER)
    families = db.session.query(LoginFamily).all()

    for family in families:
        _post(other, f"/me/end/{family.id}")
    _post(other, "/me/end/nonsense")
    _post(other, "/me/end-others")

    assert _get(mine, "/me/").status_code == 200


def test_log_out_everywhere_else_keeps_this_one(database: Flask) -> None:
    here, there = _browser(database), _browser(database)

    _post(here, "/me/end-others")

    assert _get(there, "/me/").status_code == 302
    assert _get(here, "/me/").status_code == 200


def test_new_password_ends_the_other_log_ins(database: Flask) -> None:
    here, there = _browser(database), _browser(database)

    wrong = _post(here, "/me/password", current="not it at all", password=NEW)
    weak = _post(here, "/me/password", current=PASSWORD, password="qwertyuiop")
    done = _post(here, "/me/password", current=PASSWORD, password=NEW)

    assert "not your password" in wrong.text
    assert "choose another" in weak.text
    assert (wrong.status_code, weak.status_code, done.status_code) == (422, 422, 302)
    assert authenticate(EMAIL, NEW) is not None
    assert _get(here, "/me/").status_code == 200
    assert _get(there, "/me/").status_code == 302


@pytest.mark.parametrize("path", ["/me/", "/me/password", "/me/second-factor"])
def test_who_is_not_logged_in_is_asked_to(client: FlaskClient, path: str) -> None:
    assert client.get(path).location.startswith("/login/")


def test_second_factor_is_set_up_and_turned_off(database: Flask) -> None:
    browser = _browser(database)
    page = _get(browser, "/me/second-factor").text
    [secret] = re.findall("<code>([A-Z2-7]{32})</code>", page)
    totp = pyotp.TOTP(secret)

    wrong = _post(browser, "/me/second-factor", code="000000")
    again = _get(browser, "/me/second-factor").text
    on = _post(browser, "/me/second-factor", code=totp.now())
    [code] = re.findall("(?:[a-z2-7]{4}-){3}[a-z2-7]{4}", on.text)[:1]
    user_id = db.session.query(LoginFamily).first().user_id
    assert has_second_factor(user_id)
    off = _post(browser, "/me/second-factor", code=code)

    assert wrong.status_code == 422
    assert secret in again
    assert "Your recovery codes" in on.text
    assert off.status_code == 302
    assert not has_second_factor(user_id)


def test_program_logs_out_everywhere_and_changes_its_password(
    client: FlaskClient, database: Flask
) -> None:
    browser = _browser(database)
    body = {"email": EMAIL, "password": PASSWORD}
    forget_caller()
    tokens = client.post("/api/auth/login", json=body).json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    weak = {"current": PASSWORD, "password": "short"}
    refused = client.post("/api/auth/password", json=weak, headers=bearer)
    changed = client.post(
        "/api/auth/password", json={**weak, "password": NEW}, headers=bearer
    )
    forget_caller()
    after = client.get("/api/auth/me", headers=bearer)
    fresh = client.post("/api/auth/login", json={**body, "password": NEW}).json
    bearer = {"Authorization": f"Bearer {fresh['access_token']}"}
    forget_caller()
    out = client.post("/api/auth/logout-everywhere", headers=bearer)

    assert fields_refused(refused) == {"password"}
    assert (changed.status_code, after.status_code) == (204, 401)
    assert out.status_code == 204
    assert _get(browser, "/me/").status_code == 302
    forget_caller()
    assert client.get("/api/auth/me", headers=bearer).status_code == 401


def test_mail_about_returns_is_turned_off_and_on(database: Flask) -> None:
    browser = _browser(database)
    assert "Mail about returns" in _get(browser, "/me/").text

    _post(browser, "/me/return-mail")
    off = _get(browser, "/me/").text
    _post(browser, "/me/return-mail", wanted="1")

    assert 'name="wanted"' in off
    assert 'name="wanted"' not in _get(browser, "/me/").text


def test_mail_about_limits_is_an_owners_to_turn_off(database: Flask) -> None:
    partner = make_partner()
    buyer = person_of(database, partner, MemberRole.buyer)
    assert "Mail about limits" not in buyer.get("/me/").text
    owner = person_of(database, partner)
    assert "Mail about limits" in owner.get("/me/").text

    owner.post("/me/limit-mail")
    off = owner.get("/me/").text
    owner.post("/me/limit-mail", data={"wanted": "1"})

    assert 'name="wanted"' in off
    assert 'name="wanted"' not in owner.get("/me/").text
