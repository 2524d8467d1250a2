"""`/api/auth`: the only way to a token."""

from typing import Any

from flask import Blueprint, Response, jsonify

from app.bodies import json_object
from app.domain.errors import FieldError, InvalidInput
from app.headers import csrf
from app.login_rates import count_login
from app.problem import NotLoggedIn
from app.security import ACCESS_S, access_token, require_token
from app.services.auth import (
    Opened,
    authenticate,
    end_family_of,
    open_family,
    rotate,
)
from app.services.users import email_of

MAX_BYTES = 8 * 1024

blueprint = Blueprint("auth", __name__, url_prefix="/api/auth")
csrf.exempt(blueprint)


@blueprint.post("/login")
def login() -> Response:
    """Open a family of tokens for an email and a password."""
    body = _texts("email", "password")
    count_login(body["email"])
    user = authenticate(body["email"], body["password"])
    if user is None:
        raise NotLoggedIn("This email and password do not open an account.")
    return _pair(open_family(user.id))


@blueprint.post("/refresh")
def refresh() -> Response:
    """Spend a refresh token for a new pair."""
    opened = rotate(_texts("refresh_token")["refresh_token"])
    if opened is None:
        raise NotLoggedIn("This refresh token has ended; log in again.")
    return _pair(opened)


@blueprint.post("/logout")
def logout() -> tuple[str, int]:
    """End the family of a refresh token, its access tokens included."""
    end_family_of(_texts("refresh_token")["refresh_token"])
    return "", 204


@blueprint.get("/me")
def me() -> dict[str, Any]:
    """Tell the caller who they are."""
    actor = require_token()
    return {
        "id": actor.user_id,
        "email": email_of(actor),
        "role": actor.role.name if actor.role else None,
        "partner_id": actor.partner_id,
        "vendor_id": actor.vendor_id,
    }


def _pair(opened: Opened) -> Response:
    return jsonify(
        access_token=access_token(opened),
        refresh_token=opened.refresh_token,
        token_type="Bearer",  # noqa: S106 - the scheme's name
        expires_in=ACCESS_S,
    )


def _texts(*names: str) -> dict[str, str]:
    """Return the body's texts of those names; raises InvalidInput with every error."""
    body = json_object(MAX_BYTES)
    errors = [
        FieldError(name, "required", "Send a text.")
        for name in names
        if not isinstance(body.get(name), str) or not body[name]
    ]
    if errors:
        raise InvalidInput(errors)
    return body
