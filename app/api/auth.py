"""`/api/auth`: the only way to a token."""

from typing import Any

from flask import Blueprint, Response, jsonify

from app.bodies import json_object
from app.client import client_address, client_place
from app.domain.errors import FieldError, InvalidInput
from app.headers import csrf
from app.login_rates import (
    count_code,
    count_login,
    count_registration,
    count_reset,
)
from app.problem import NotLoggedIn
from app.security import ACCESS_S, access_token, require_token
from app.services.auth import (
    Entry,
    Opened,
    Verified,
    authenticate,
    end_family_of,
    open_family,
    rotate,
)
from app.services.people import email_of
from app.services.registrations import read_wish, register
from app.services.resets import ask_for_reset, reset_password
from app.services.second_factor import (
    check_code,
    has_second_factor,
    must_have_second_factor,
)
from app.services.sessions import end_other_log_ins
from app.services.user_changes import change_own_password

MAX_BYTES = 8 * 1024
ENROL = "Administrators need a second factor; log in with a browser to set it up."

blueprint = Blueprint("auth", __name__, url_prefix="/api/auth")
csrf.exempt(blueprint)


@blueprint.post("/register")
def ask_for_account() -> tuple[dict[str, Any], int]:
    """Note the wish for an account, which an administrator approves or rejects."""
    wish = read_wish(json_object(MAX_BYTES))
    count_registration()
    return register(wish), 201


@blueprint.post("/login")
def login() -> Response:
    """Open a family of tokens for an email and a password, and `totp` where needed."""
    body = _texts("email", "password")
    refused = NotLoggedIn("This email and password do not open an account.")
    count_login(body["email"])
    verified = authenticate(body["email"], body["password"])
    if verified is None:
        raise refused
    has_second = _pass_second_factor(verified, body.get("totp"))
    user_id, place = verified.user.id, client_place()
    opened = open_family(Entry(user_id, verified.proof, place, has_second))
    if opened is None:
        raise refused
    return _pair(opened)


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


@blueprint.post("/logout-everywhere")
def logout_everywhere() -> tuple[str, int]:
    """End everything the caller is logged in to, this token included."""
    end_other_log_ins(require_token())
    return "", 204


@blueprint.post("/password")
def change_password() -> tuple[str, int]:
    """Change the caller's password; ends everything they are logged in to."""
    actor = require_token()
    body = _texts("current", "password")
    count_login(email_of(actor))
    change_own_password(actor, body["current"], body["password"])
    return "", 204


@blueprint.post("/forgot")
def forgot() -> tuple[dict[str, str], int]:
    """Mail a link for a new password, if the email has an account."""
    email = _texts("email")["email"]
    count_reset()
    ask_for_reset(email)
    return {"status": "accepted"}, 202


@blueprint.post("/reset")
def reset() -> tuple[str, int]:
    """Set a new password by the token of a link; ends all the user's log-ins."""
    body = _texts("token", "password")
    count_reset()
    reset_password(body["token"], body["password"], client_address())
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


def _pass_second_factor(verified: Verified, code: object) -> bool:
    """Return whether a second factor was shown; raises NotLoggedIn where it must be."""
    user = verified.user
    if not has_second_factor(user.id):
        if must_have_second_factor(user):
            raise NotLoggedIn(ENROL, "totp_enrolment_required")
        return False
    if code is None:
        raise NotLoggedIn("Send the code of your app as totp.", "totp_required")
    count_code(user.id)
    if not isinstance(code, str) or not check_code(user.id, code):
        raise NotLoggedIn("This code is wrong or was used.", "totp_wrong")
    return True


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
