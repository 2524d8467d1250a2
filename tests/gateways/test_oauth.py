"""OAuth 2.0: what is asked for, what is taken for a token, and what is told of it."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from app.gateways.oauth import MAX_LIFE_S, Token, read_token, token_request
from app.gateways.wire_data import Failure, Login, Reply

LOGIN = Login("https://id.example.com/token", "id:1", "s3cret/+", "leads", "crm")


def reply(body: object, status: int = 200, *, truncated: bool = False) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {}, raw, truncated, 1, None)


def granted(**more: Any) -> Reply:
    return reply({"access_token": "t0k", "token_type": "Bearer", **more})


def test_client_names_itself_in_the_header() -> None:
    asked = token_request(LOGIN)

    pair = base64.b64encode(b"id%3A1:s3cret%2F%2B").decode()
    assert ("Authorization", f"Basic {pair}") in asked.headers
    assert dict(parse_qsl(asked.body.decode())) == {
        "grant_type": "client_credentials",
        "scope": "leads",
        "audience": "crm",
    }


def test_client_names_itself_in_the_body() -> None:
    login = Login("https://id.example.com/", "id:1", "s3cret/+", client_auth="body")

    asked = token_request(login)

    assert "Authorization" not in dict(asked.headers)
    assert dict(parse_qsl(asked.body.decode())) == {
        "grant_type": "client_credentials",
        "client_id": "id:1",
        "client_secret": "s3cret/+",
    }


def test_nothing_secret_is_shown() -> None:
    token = read_token(granted())

    shown = f"{LOGIN!r}{token_request(LOGIN)!r}{token!r}"
    assert "s3cret" not in shown
    assert "t0k" not in shown


@pytest.mark.parametrize(
    ("expires_in", "usable_s"),
    [
        (3600, 3570.0),
        ("3600", 3570.0),
        (40, 20.0),
        (0, 0.0),
        (-5, 0.0),
        (None, 270.0),
        (True, 270.0),
        ("soon", 270.0),
        (1e400, MAX_LIFE_S - 30.0),
        (float("nan"), 270.0),
        (10**30, MAX_LIFE_S - 30.0),
    ],
)
def test_token_ends_shortly_before_it_expires(
    expires_in: object, usable_s: float
) -> None:
    assert read_token(granted(expires_in=expires_in)) == Token("t0k", usable_s)


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (reply({"access_token": "t0k"}), None),
        (reply({"access_token": "t0k", "token_type": "bearer"}), None),
        (reply({"access_token": "t0k", "token_type": "mac"}), "another type"),
        (reply({"access_token": "a b"}), "fits into a header"),
        (reply({"access_token": "a\r\nX: y"}), "fits into a header"),
        (reply({"access_token": "é"}), "fits into a header"),
        (reply({"access_token": ""}), "fits into a header"),
        (reply({"access_token": "a" * 20_000}), "fits into a header"),
        (reply({"access_token": 7}), "no token"),
        (reply({}), "no token"),
        (reply([]), "no token"),
        (reply(b"<html>"), "no token"),
        (reply(b"\xff"), "no token"),
        (reply(b"[" * 100_000), "no token"),
        (reply({"access_token": "t0k"}, truncated=True), "no token"),
        (reply({"error": "invalid_client"}, 401), "answered 401 (invalid_client)"),
        (reply({"error": "your secret is s3cret"}, 400), "answered 400"),
        (reply({"access_token": "t0k"}, 302), "answered 302"),
        (reply(b"", 500), "answered 500"),
        (Failure("blocked", False, "", 1, None), "did not answer: blocked"),
        (Failure("timeout", True, "", 1, None), "did not answer: timeout"),
    ],
)
def test_what_is_no_token_is_told_without_a_secret(
    outcome: Reply | Failure, why: str | None
) -> None:
    read = read_token(outcome)

    assert isinstance(read, Token) == (why is None)
    if isinstance(read, str):
        assert why in read
        assert "s3cret" not in read
