"""The edge of the intake: unknown keys, and browsers of other sites."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app.db import db
from tests.factories import enquiry, make_campaign, make_source

PATH = "/api/campaigns/solar/leads"
SHOP = "https://shop.example"


@pytest.fixture
def listed(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """SHOP may post from a browser."""
    config = client.application.config
    settings = replace(config["SETTINGS"], cors_origins=(SHOP, "https://b.example"))
    monkeypatch.setitem(config, "SETTINGS", settings)


@pytest.fixture
def post(client: FlaskClient) -> Callable[..., Any]:
    """Post an enquiry with a source's key."""
    key = make_source(make_campaign(slug="solar")).posting_key
    return lambda **headers: client.post(
        PATH, json=enquiry(), headers={"X-Api-Key": key, **headers}
    )


def test_what_is_no_posting_key_costs_no_query(client: FlaskClient) -> None:
    asked: list[str] = []
    connection = db.session.connection()

    def note(*args: Any) -> None:
        asked.append(args[2])

    event.listen(connection, "before_cursor_execute", note)
    answers = [
        client.post(PATH, json={}, headers={"X-Api-Key": key})
        for key in ("", "pk_live_1", "SRC_1")
    ]
    event.remove(connection, "before_cursor_execute", note)

    assert {answer.status_code for answer in answers} == {401}
    assert asked == []


def test_unknown_keys_of_an_address_are_limited_and_known_ones_are_not(
    client: FlaskClient, post: Callable[..., Any]
) -> None:
    client.environ_base["REMOTE_ADDR"] = "198.51.100.7"

    answers = [
        client.post(PATH, json={}, headers={"X-Api-Key": f"src_{n:x}"})
        for n in range(1000, 1061)
    ]

    assert [answer.status_code for answer in answers[:60]] == [401] * 60
    assert answers[60].status_code == 429
    assert 1 <= int(answers[60].headers["Retry-After"]) <= 60
    assert post().status_code == 201


@pytest.mark.usefixtures("listed")
def test_a_listed_site_posts_from_a_browser(
    client: FlaskClient, post: Callable[..., Any]
) -> None:
    asked = client.options(
        PATH, headers={"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    )
    done = post(Origin=SHOP)

    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == SHOP
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert asked.headers["Access-Control-Max-Age"] == "600"
    names = asked.headers["Access-Control-Allow-Headers"].lower()
    assert set(names.split(", ")) == {"content-type", "x-api-key", "idempotency-key"}
    assert done.status_code == 201
    assert done.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in done.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in done.headers


@pytest.mark.usefixtures("listed")
def test_a_refusal_can_be_read_by_a_listed_site(client: FlaskClient) -> None:
    answer = client.post(PATH, json={}, headers={"Origin": SHOP})

    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    "origin", ["https://shop.example.org", "http://shop.example", "null", ""]
)
def test_other_sites_are_told_nothing(post: Callable[..., Any], origin: str) -> None:
    answer = post(Origin=origin)

    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.usefixtures("listed")
def test_nothing_else_is_shared(client: FlaskClient) -> None:
    for path in ("/api/leads/x/status", "/api/v1/leads/", "/api/auth/login"):
        answer = client.options(path, headers={"Origin": SHOP})

        assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_a_list_nobody_elsewhere_posts(post: Callable[..., Any]) -> None:
    answer = post(Origin=SHOP)

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_post_needs_no_session_and_says_it_is_no_page(
    post: Callable[..., Any],
) -> None:
    answer = post(Cookie="session=x")

    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert len(answer.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize(
    ("note", "status"),
    [
        ('"a\\u0000b"', 400),
        ('"\\ud800"', 400),
        ("1e999", 400),
        ("NaN", 400),
        ("[" * 21 + "]" * 21, 400),
        ("[" * 20 + "]" * 20, 201),
        ('"Grüße [[[[[[[[[[[[[[[[[[[[[["', 201),
        ('"\\u00fc"', 201),
    ],
)
def test_only_what_can_be_stored_is_taken(
    client: FlaskClient, note: str, status: int
) -> None:
    key = make_source(make_campaign(slug="solar")).posting_key
    body = json.dumps({**enquiry(), "note": "NOTE"}).replace('"NOTE"', note)
    headers = {"X-Api-Key": key, "Content-Type": "application/json"}

    answer = client.post(PATH, data=body.encode(), headers=headers)

    assert answer.status_code == status
