"""The settings on their screen: all of them, secrets masked, for administrators."""

import html
import re

import pytest
from flask import Flask

from app.domain.people import SYSTEM
from app.services.policy import change_policy, policy
from app.services.users import create_user
from app.settings import settings
from config import NAMES
from tests.conftest import login_headers
from tests.factories import count, make_partner
from tests.web.portal import enter, person_of, staff
from tests.web.screens import PASSWORD

pytestmark = pytest.mark.usefixtures("database")


def test_administrator_reads_every_setting_and_no_secret(database: Flask) -> None:
    create_user("admin@example.com", PASSWORD, "Admin", SYSTEM)

    page = enter(database, "admin@example.com").get("/settings/list/").text

    assert all(f"<code>{name}</code>" in page for name in NAMES)
    for secret in (
        settings.secret_key,
        *settings.field_keys,
        settings.database_url,
        settings.redis_url,
        settings.admin_password,
    ):
        assert secret
        assert secret not in page


def test_nobody_else_reads_the_settings(database: Flask) -> None:
    create_user("operator@example.com", PASSWORD, "Operator", SYSTEM)
    others = (
        enter(database, "operator@example.com"),
        person_of(database, make_partner()),
    )

    for browser in others:
        answer = browser.get("/settings/list/")
        assert answer.status_code in {302, 403}
        assert "LEADNEXUS_HOME" not in answer.text
        assert "/settings/" not in browser.get("/").text
        for path in ("/settings/edit", "/settings/reset"):
            assert browser.post(path, data={"setting": "sell_days"}).status_code == 403
    assert policy.sell_days == 30


def form_of(page: str) -> dict[str, str]:
    """Return what a form holds as it is shown."""
    inputs = re.findall(r"<input[^>]*>", page)
    named = [dict(re.findall(r'([\w-]+)="([^"]*)"', one)) for one in inputs]
    return {
        one["name"]: html.unescape(one.get("value", ""))
        for one in named
        if "name" in one and one.get("type") != "checkbox"
    }


def test_administrator_changes_policy_and_takes_it_back(database: Flask) -> None:
    browser = staff(database)
    form = form_of(browser.get("/settings/edit").text)
    assert "login_per_address" not in form, "the environment of the tests sets it"

    given = {**form, "sell_days": "7", "admin_totp": "", "default_currency": "eur"}
    saved = browser.post("/settings/edit", data=given, follow_redirects=True).text
    changed = (policy.sell_days, policy.default_currency)
    for name in ("sell_days", "default_currency"):
        browser.post("/settings/reset", data={"setting": name})

    assert "2 changed." in saved
    assert changed == (7, "EUR")
    assert (policy.sell_days, policy.default_currency) == (30, "USD")
    assert count("audit", "action = 'setting.changed'") == 4


def test_every_error_of_the_form_stands_at_its_field_and_nothing_changes(
    database: Flask,
) -> None:
    browser = staff(database)
    form = form_of(browser.get("/settings/edit").text)

    given = {"sell_days": "x", "dedupe_days": "-1", "default_currency": "Euro"}
    page = browser.post("/settings/edit", data={**form, **given}).text

    for name, value in given.items():
        assert f'id="{name}-error"' in page
        assert f'value="{value}"' in page
    assert policy.default_currency == "USD"


def test_form_that_was_open_while_another_changed_things_saves_nothing(
    database: Flask,
) -> None:
    browser = staff(database)
    form = form_of(browser.get("/settings/edit").text)
    change_policy({"sell_days": 7}, SYSTEM)

    page = browser.post("/settings/edit", data={**form, "dedupe_days": "1"}).text

    assert "changed the settings meanwhile" in page
    assert (policy.sell_days, policy.dedupe_days) == (7, 30)


def test_administrators_need_a_second_factor_from_the_moment_it_is_set(
    database: Flask,
) -> None:
    browser = staff(database)
    form = form_of(browser.get("/settings/edit").text)

    browser.post("/settings/edit", data={**form, "admin_totp": "y"})

    assert policy.admin_totp
    assert browser.get("/settings/list/").location.startswith("/login/")


def test_programs_of_administrators_read_the_settings(
    database: Flask, admin_headers: dict[str, str]
) -> None:
    change_policy({"sell_days": 7}, SYSTEM)
    browser = database.test_client()

    told = browser.get("/api/v1/settings/", headers=admin_headers).json["result"]
    operator = login_headers(database, "o@example.com", "Operator")

    by_name = {one["name"]: one for one in told}
    assert set(by_name) == NAMES
    assert by_name["SELL_DAYS"]["value"] == "7"
    assert by_name["SELL_DAYS"]["origin"] == "changed"
    assert by_name["LOGIN_PER_ADDRESS"]["is_editable"] is False
    assert by_name["SECRET_KEY"]["value"] == "set"
    assert browser.get("/api/v1/settings/", headers=operator).status_code == 403
