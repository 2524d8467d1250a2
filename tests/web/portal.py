"""What tests of partners' and vendors' screens share: people of each kind, and rows."""

import re
from typing import Any

from flask import Flask, g, has_app_context
from flask.testing import FlaskClient

from app.domain.people import SYSTEM
from app.domain.states import MemberRole
from app.jobs import delivery, routing, validation
from app.models.partner import Partner
from app.models.vendor import Vendor
from app.services.user_changes import change_user
from app.services.users import create_user
from tests.web.screens import PASSWORD


class Browser(FlaskClient):
    """A browser beside others: none sees who another one is.

    A test holds one application context, and with it one `g`, where requests keep
    their user; a real request begins with an empty one.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        for name in [*g] if has_app_context() else ():
            g.pop(name)
        return super().open(*args, **kwargs)


def run_all() -> None:
    """Let every stage do what is due."""
    for drain in (validation.drain, routing.drain, delivery.drain):
        drain()


def menu_of(page: str) -> list[str]:
    """Return the addresses that a page's side menu leads to."""
    [nav] = re.findall(r'<nav class="nav".*?</nav>', page, re.DOTALL)
    return sorted(re.findall(r'href="([^"]+)"', nav))


def stranger(app: Flask) -> FlaskClient:
    """Return the browser of somebody who has not logged in."""
    return Browser(app, app.response_class)


def enter(app: Flask, email: str) -> FlaskClient:
    """Return a browser in which that user has logged in."""
    app.config["WTF_CSRF_ENABLED"] = False
    browser = stranger(app)
    answer = browser.post("/login/", data={"username": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return browser


def person_of(
    app: Flask, account: Partner | Vendor, member: MemberRole = MemberRole.owner
) -> FlaskClient:
    """Return the browser of somebody who belongs to a partner or vendor."""
    kind = "partner" if isinstance(account, Partner) else "vendor"
    email = f"{member.name}-{kind}-{account.id}@example.com"
    side = {f"{kind}_id": account.id}
    user = create_user(email, PASSWORD, kind.capitalize(), SYSTEM, **side)
    if member is not MemberRole.owner:
        change_user(user.id, {"member_role": member.name}, SYSTEM)
    return enter(app, email)


def staff(app: Flask) -> FlaskClient:
    """Return the browser of an administrator."""
    create_user("staff@example.com", PASSWORD, "Admin", SYSTEM)
    return enter(app, "staff@example.com")
