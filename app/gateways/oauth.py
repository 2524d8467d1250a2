"""Tokens by OAuth 2.0 client credentials (RFC 6749, section 4.4): asked for and read.

Reading never raises, and what it tells of a refusal holds nothing the server wrote but
one of the standard's own words.
"""

import base64
import json
import math
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus, urlencode

from app.gateways.wire_data import Failure, Login, Reply, Request

TIMEOUT_S = 10.0
# Where the server does not say how long; one that ends sooner is renewed on its 401.
DEFAULT_LIFE_S = 300
MAX_LIFE_S = 24 * 60 * 60
MARGIN_S = 30
MAX_TOKEN = 16_000
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ERRORS = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client"}
    | {"unsupported_grant_type", "invalid_scope"}
)


@dataclass(frozen=True)
class Token:
    """A bearer token, and for how many seconds from its asking on it may be used."""

    text: str = field(repr=False)
    usable_s: float


def token_request(login: Login) -> Request:
    """Build the request for a token."""
    form = {"grant_type": "client_credentials"}
    if login.scope:
        form["scope"] = login.scope
    if login.audience:
        form["audience"] = login.audience
    headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept", "application/json"),
        ("User-Agent", "Lead-Nexus/1"),
    ]
    if login.client_auth == "body":
        form |= {"client_id": login.client_id, "client_secret": login.client_secret}
    else:
        headers.append(("Authorization", f"Basic {_pair(login)}"))
    body = urlencode(form).encode()
    return Request(login.token_url, tuple(headers), body, TIMEOUT_S)


def read_token(outcome: Reply | Failure) -> Token | str:
    """Return the token of a reply, or in words why there is none."""
    if isinstance(outcome, Failure):
        return f"The token server did not answer: {outcome.code}"
    told = _object(outcome)
    if outcome.status != HTTPStatus.OK:
        error = told.get("error")
        known = f" ({error})" if isinstance(error, str) and error in _ERRORS else ""
        return f"The token server answered {outcome.status}{known}"
    text, kind = told.get("access_token"), told.get("token_type", "bearer")
    if not isinstance(text, str) or not isinstance(kind, str):
        return "The token server's answer holds no token"
    if len(text) > MAX_TOKEN or not _TOKEN.fullmatch(text):
        return "The token server's answer holds no token that fits into a header"
    if kind.lower() != "bearer":
        return "The token server gave a token of another type than Bearer"
    return Token(text, _usable_s(told.get("expires_in")))


def _pair(login: Login) -> str:
    # Section 2.3.1 has each of the two written as in a form before they are joined.
    pair = f"{quote_plus(login.client_id)}:{quote_plus(login.client_secret)}"
    return base64.b64encode(pair.encode()).decode()


def _object(reply: Reply) -> dict[str, Any]:
    try:
        told = {} if reply.truncated else json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _usable_s(given: Any) -> float:  # noqa: ANN401 - JSON
    """Return how long a token may be used: it ends shortly before it expires."""
    # Some servers write the number as a text.
    if isinstance(given, str) and given.isascii() and given.isdecimal():
        given = int(given[:9])
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or math.isnan(given):
        given = DEFAULT_LIFE_S
    life_s = float(min(max(0, given), MAX_LIFE_S))
    return life_s - min(MARGIN_S, life_s / 2)
