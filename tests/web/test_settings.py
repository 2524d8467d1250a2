"""The settings on their screen: all of them, secrets masked, for administrators."""

import pytest
from flask import Flask

from app.domain.people import SYSTEM
from app.services.users import create_user
from app.settings import settings
from config import NAMES
from tests.factories import make_partner
from tests.web.portal import enter, person_of
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
