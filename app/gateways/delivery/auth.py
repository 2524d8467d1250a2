"""How an endpoint wants us to log in.

By nothing, Basic, a bearer token, a header of its own, a key in the body, which stands
where the mapping names `auth.key`, or a token that OAuth 2.0 gives for credentials.
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.gateways.targets import read_target
from app.gateways.wire_data import Login

MAX_TEXT = 4000
KEYS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "header": ("name", "value"),
    "body": ("key",),
    "oauth2": ("token_url", "client_id", "client_secret"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "oauth2": ("scope", "audience", "client_auth"),
}
CLIENT_AUTHS = ("basic", "body")
# Headers that are ours, or that would change how the request is framed.
RESERVED = frozenset(
    {"accept", "connection", "content-encoding", "content-length", "content-type"}
    | {"cookie", "date", "expect", "host", "http2-settings", "idempotency-key"}
    | {"keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade", "user-agent", "webhook-id"}
    | {"webhook-signature", "webhook-timestamp"}
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_VISIBLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


def check_auth(auth: object) -> None:
    """Refuse an auth that cannot be used; null is none.

    Raise InvalidInput with every bad field, named like `auth.token`.
    """
    if auth is None:
        return
    kind = auth.get("type") if isinstance(auth, Mapping) else None
    if not isinstance(auth, Mapping) or not isinstance(kind, str) or kind not in KEYS:
        message = f"Send an object whose type is one of {', '.join(KEYS)}."
        raise InvalidInput.one("auth.type", "unknown", message)
    more = OPTIONAL.get(kind, ())
    given = (*KEYS[kind], *(name for name in more if auth.get(name) is not None))
    errors = [error for name in given if (error := _check(name, auth.get(name)))]
    errors += [
        FieldError(f"auth.{name}", "unknown", "Leave this out.")
        for name in auth
        if name not in (*KEYS[kind], *more, "type")
    ]
    if errors:
        raise InvalidInput(errors)


def auth_headers(auth: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the headers of an auth; raise InvalidInput if it cannot be used."""
    check_auth(auth)
    match auth["type"]:
        case "basic":
            pair = f"{auth['username']}:{auth['password']}".encode()
            return (("Authorization", f"Basic {base64.b64encode(pair).decode()}"),)
        case "bearer":
            return (("Authorization", f"Bearer {auth['token']}"),)
        case "header":
            return ((auth["name"], auth["value"]),)
    return ()


def login_of(auth: Mapping[str, Any]) -> Login | None:
    """Return what a token is asked for with; None for another auth than oauth2."""
    if auth["type"] != "oauth2":
        return None
    names = (*KEYS["oauth2"], *OPTIONAL["oauth2"])
    return Login(**{name: auth[name] for name in names if auth.get(name) is not None})


def _check(name: str, value: object) -> FieldError | None:
    if not isinstance(value, str) or not value or len(value) > MAX_TEXT:
        problem: str | None = f"Send a text of at most {MAX_TEXT} characters."
    else:
        problem = _PROBLEMS[name](value)
    return FieldError(f"auth.{name}", "invalid", problem) if problem else None


def _visible(value: str) -> str | None:
    if _VISIBLE.fullmatch(value):
        return None
    return "Send visible ASCII characters in one line."


def _plain(value: str) -> str | None:
    return None if value.isprintable() else "Send plain text in one line."


def _user(value: str) -> str | None:
    return "A user name may not hold a colon." if ":" in value else _plain(value)


def _address(value: str) -> str | None:
    try:
        read_target(value)
    except InvalidInput as refused:
        return refused.errors[0].message
    return None


def _client_auth(value: str) -> str | None:
    return None if value in CLIENT_AUTHS else f"Send {' or '.join(CLIENT_AUTHS)}."


def _header_name(value: str) -> str | None:
    if not _NAME.fullmatch(value):
        return "Send a header's name, like X-Api-Key."
    if value.lower() in RESERVED:
        return "This header is set by us; use another."
    return None


_PROBLEMS: Mapping[str, Callable[[str], str | None]] = {
    "username": _user,
    "password": _plain,
    "token": _visible,
    "name": _header_name,
    "value": _visible,
    "key": _plain,
    "token_url": _address,
    "client_id": _plain,
    "client_secret": _plain,
    "scope": _plain,
    "audience": _plain,
    "client_auth": _client_auth,
}
