"""The intake's own door: everything it is asked is answered, nothing else is kept."""

from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient

from app.api import door
from tests.factories import enquiry, make_campaign, make_source

PATH = "/api/campaigns/solar/leads"


@pytest.fixture
def headers(client: FlaskClient) -> dict[str, str]:
    """A source's key."""
    assert client.application
    return {"X-Api-Key": make_source(make_campaign(slug="solar")).posting_key}


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def take(*_: Any) -> None:
        raise error

    monkeypatch.setattr(door, "take", take)


def test_unexpected_error_is_answered_without_its_text(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, RuntimeError("ada@example.org"))

    answer = client.post(PATH, json=enquiry())

    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert "ada@" not in answer.get_data(as_text=True)


def test_database_that_is_away_is_worth_another_try(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(monkeypatch, psycopg.OperationalError("no"))

    answer = client.post(PATH, json=enquiry())

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


def test_large_body_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    body = {**enquiry(), "note": "x" * 70_000}

    assert client.post(PATH, json=body, headers=headers).status_code == 413


def test_what_is_no_post_is_left_to_the_application(client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 405
    assert client.get(PATH).mimetype == "application/problem+json"
    assert client.post("/api/campaigns/So%20lar/leads").status_code == 401
