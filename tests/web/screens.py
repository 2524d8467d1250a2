"""What tests of the screens share: an administrator's browser and some rows."""

from flask import Flask
from flask.testing import FlaskClient

from app.domain.people import SYSTEM
from app.services.users import create_user

EMAIL = "admin@example.com"
PASSWORD = "a sound password 1"


def logged_in(
    app: Flask, role: str = "Admin", email: str = EMAIL, **side: int
) -> FlaskClient:
    """Return a browser whose user has logged in."""
    create_user(email, PASSWORD, role, SYSTEM, **side)
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    answer = browser.post("/login/", data={"username": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return browser
