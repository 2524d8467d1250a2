"""Sessions and tokens of people who have logged in, without the price of a password."""

from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from uuid_utils.compat import uuid7

from app.db import transaction
from app.login_view import FAMILY
from app.models.people import LoginFamily
from app.security import access_token
from app.services.auth import Opened
from tests.web.portal import Browser


def family_of(user_id: int) -> UUID:
    """Open a family of that user, as a log-in does."""
    family = LoginFamily(id=uuid7(), user_id=user_id)
    with transaction() as session:
        session.add(family)
    return family.id


def browser_of(app: Flask, user_id: int) -> FlaskClient:
    """Return a browser in which that user has logged in."""
    browser = Browser(app, app.response_class)
    with browser.session_transaction() as session:
        session.update({"_user_id": str(user_id), "_fresh": True})
        session[FAMILY] = str(family_of(user_id))
    return browser


def header_of(user_id: int) -> dict[str, str]:
    """Return the header of an access token of that user."""
    token = access_token(Opened(user_id, family_of(user_id), ""))
    return {"Authorization": f"Bearer {token}"}
