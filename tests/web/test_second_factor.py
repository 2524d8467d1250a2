"""The second factor: set up, asked for by form and API, spent once, required."""

import re
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from app.domain.errors import Conflict, InvalidInput
from app.domain.people import Actor, Role
from app.services.second_factor import (
    check_code,
    confirm_enrolment,
    has_second_factor,
    open_enrolment,
    take_off,
)
from app.services.users import create_user
from tests.conftest import ADMIN, PASSWORD, SYSTEM, login_headers
from tests.factories import count
from tests.web.rest import forget_caller

EMAIL = "ada@example.com"
BODY = {"email": EMAIL, "password": PASSWORD}


@pytest.fixture(autouse=True)
def _no_form_tokens(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.fixture
def ada(database: Flask) -> Actor:
    return Actor(Role.admin, create_user(EMAIL, PASSWORD, "admin", SYSTEM).id)


@pytest.fixture
def required(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = database.config["SETTINGS"]
    strict = {**vars(settings), "admin_totp": True}
    monkeypatch.setitem(database.config, "SETTINGS", type(settings)(**strict))


def _now() -> int:
    return int(db.session.scalar(text("SELECT extract(epoch FROM now())::bigint")))


def _code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(_now() + 30 * steps)


def _enrolled(actor: Actor) -> tuple[str, list[str]]:
    """Set up by the step before this one, whose code is spent with it."""
    begun = open_enrolment(actor)
    code = _code(begun.secret, -1)
    return begun.secret, confirm_enrolment(actor, begun.sealed, code)


def _log_in(client: FlaskClient, **more: Any) -> Any:
    forget_caller()
    return client.post("/api/auth/login", json={**BODY, **more})


def test_api_asks_for_the_code_and_takes_it_once(
    client: FlaskClient, ada: Actor
) -> None:
    secret, _ = _enrolled(ada)
    code = _code(secret)

    without = _log_in(client)
    wrong = _log_in(client, totp="000000")
    right = _log_in(client, totp=code)
    replayed = _log_in(client, totp=code)
    no_password = _log_in(client, password="a wrong password 9", totp=code)

    told = [answer.json.get("code") for answer in (without, wrong, replayed)]
    assert told == ["totp_required", "totp_wrong", "totp_wrong"]
    assert [without.status_code, wrong.status_code, replayed.status_code] == [401] * 3
    assert right.status_code == 200
    assert no_password.json["code"] == "unauthorized"


@pytest.mark.parametrize(
    ("steps", "taken"), [(-2, False), (-1, False), (0, True), (1, True), (2, False)]
)
def test_code_counts_a_step_early_or_late_but_never_a_spent_one(
    ada: Actor, steps: int, taken: bool
) -> None:
    secret, _ = _enrolled(ada)

    assert check_code(ada.user_id or 0, _code(secret, steps)) is taken


def test_recovery_code_logs_in_once(client: FlaskClient, ada: Actor) -> None:
    _, codes = _enrolled(ada)

    first = _log_in(client, totp=codes[0].upper())
    second = _log_in(client, totp=codes[0])

    assert len(set(codes)) == 10
    assert (first.status_code, second.status_code) == (200, 401)
    assert count("recovery_code") == 9
    assert count("audit", "action = 'user.recovery_code_used'") == 1


def test_secret_and_recovery_codes_are_kept_sealed_and_hashed(ada: Actor) -> None:
    secret, codes = _enrolled(ada)

    rows = db.session.execute(
        text("SELECT secret_sealed, code_hash FROM second_factor, recovery_code")
    )
    kept = b"".join(bytes(part) for row in rows for part in row)

    assert secret.encode() not in kept
    assert not [code for code in codes if code.encode() in kept]


def test_guesses_are_few(client: FlaskClient, ada: Actor) -> None:
    secret, _ = _enrolled(ada)
    guesses = [_log_in(client, totp="000000").status_code for _ in range(10)]

    last = _log_in(client, totp=_code(secret))

    assert set(guesses) == {401}
    assert last.status_code == 429


def test_nothing_counts_before_a_code_has_confirmed_it(ada: Actor) -> None:
    begun = open_enrolment(ada)

    with pytest.raises(InvalidInput):
        confirm_enrolment(ada, begun.sealed, "000000")

    assert not has_second_factor(ada.user_id or 0)
    assert count("second_factor") == count("recovery_code") == 0


def test_enrolment_is_its_users_alone(ada: Actor) -> None:
    other = Actor(
        Role.operator, create_user("b@x.org", PASSWORD, "operator", SYSTEM).id
    )
    begun = open_enrolment(ada)

    for sealed in (None, b"", b"x" * 60, begun.sealed):
        assert open_enrolment(other, sealed).secret != begun.secret
        with pytest.raises(Conflict):
            confirm_enrolment(other, sealed, _code(begun.secret))
    assert open_enrolment(ada, begun.sealed).secret == begun.secret


def test_second_factor_that_stands_is_not_replaced(ada: Actor) -> None:
    begun = open_enrolment(ada)
    secret, _ = _enrolled(ada)

    with pytest.raises(Conflict):
        open_enrolment(ada)
    with pytest.raises(Conflict):
        confirm_enrolment(ada, begun.sealed, _code(begun.secret))

    assert check_code(ada.user_id or 0, _code(secret))


def test_form_asks_for_the_code_before_it_opens_anything(
    client: FlaskClient, ada: Actor
) -> None:
    secret, _ = _enrolled(ada)
    form = {"username": EMAIL, "password": PASSWORD}

    first = client.post("/login/?next=/users/list/", data=form)
    forget_caller()
    before = client.get("/users/list/")
    forget_caller()
    wrong = client.post("/login/code", data={"code": "000000"})
    forget_caller()
    right = client.post("/login/code", data={"code": _code(secret)})
    forget_caller()
    after = client.get("/users/list/")

    assert first.location == "/login/code"
    assert before.status_code == 302
    assert wrong.status_code == 401
    assert right.location.endswith("/users/list/")
    assert after.status_code == 200


def test_password_changed_between_the_steps_opens_nothing(
    client: FlaskClient, ada: Actor
) -> None:
    secret, _ = _enrolled(ada)
    client.post("/login/", data={"username": EMAIL, "password": PASSWORD})
    db.session.execute(text("UPDATE ab_user SET password = 'another'"))

    forget_caller()
    answer = client.post("/login/code", data={"code": _code(secret)})

    assert answer.location == "/login/"
    assert count("login_family") == 0


def test_code_page_without_a_proved_password_leads_back(client: FlaskClient) -> None:
    for path in ("/login/code", "/login/enrol"):
        assert client.get(path).location == "/login/"
        assert client.post(path, data={"code": "123456"}).location == "/login/"


@pytest.mark.usefixtures("required")
def test_administrators_must_set_it_up_where_required(
    client: FlaskClient, ada: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_api = _log_in(client)
    first = client.post("/login/", data={"username": EMAIL, "password": PASSWORD})
    forget_caller()
    page = client.get(first.location)
    forget_caller()
    again = client.get(first.location)
    [secret] = set(re.findall(r"\b[A-Z2-7]{32}\b", page.text))
    assert count("second_factor") == 0
    forget_caller()
    done = client.post("/login/enrol", data={"code": _code(secret)})
    forget_caller()
    inside = client.get("/users/list/")

    assert by_api.json["code"] == "totp_enrolment_required"
    assert first.location == "/login/enrol"
    assert "<svg" in page.text
    assert secret in again.text
    assert "Your recovery codes" in done.text
    assert inside.status_code == 200


def test_older_log_in_of_an_administrator_ends_where_required(
    client: FlaskClient, database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = login_headers(database, "boss@example.com", "admin")
    operator = login_headers(database, "op@example.com", "operator")
    settings = database.config["SETTINGS"]
    strict = {**vars(settings), "admin_totp": True}
    monkeypatch.setitem(database.config, "SETTINGS", type(settings)(**strict))

    codes = []
    for headers in (admin, operator):
        forget_caller()
        codes.append(client.get("/api/auth/me", headers=headers).status_code)

    assert codes == [401, 200]


def test_administrator_takes_it_off_who_lost_it(
    client: FlaskClient, ada: Actor
) -> None:
    secret, _ = _enrolled(ada)
    tokens = _log_in(client, totp=_code(secret)).json
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    take_off(ada.user_id or 0, ADMIN)
    forget_caller()

    assert client.get("/api/auth/me", headers=bearer).status_code == 401
    assert _log_in(client).status_code == 200
    assert count("recovery_code") == 0
