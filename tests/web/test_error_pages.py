"""The pages of our own faults: a reference and what to do, no word of the cause."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.failing import PUBLIC, SCREEN, SECRET, break_pages, database_away
from tests.web.screens import logged_in

PERSON = {"Accept": "text/html"}


@pytest.fixture
def admin(database: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """An administrator's browser of an application that answers its own faults."""
    monkeypatch.setitem(database.config, "PROPAGATE_EXCEPTIONS", False)
    return logged_in(database)


@pytest.mark.parametrize("path", [SCREEN, PUBLIC])
def test_a_fault_is_told_without_its_cause(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    break_pages(monkeypatch)

    answer = admin.get(path, headers=PERSON)

    assert answer.status_code == 500
    assert "<h1>Something went wrong here</h1>" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert not re.search(f"{SECRET}|Traceback|RuntimeError", answer.text)


@pytest.mark.parametrize("path", ["/", SCREEN, PUBLIC])
def test_who_asks_without_a_database_is_told_to_come_back(
    admin: FlaskClient, path: str
) -> None:
    with database_away():
        answer = admin.get(path, headers=PERSON)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "<h1>Back in a moment</h1>" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert SECRET not in answer.text
    assert ">Try again</a>" in answer.text
    # Consumers have no business at the log-in.
    assert (">To the start</a>" in answer.text) is (path != PUBLIC)


def test_a_wrong_address_is_told_without_a_database(admin: FlaskClient) -> None:
    with database_away():
        answer = admin.get("/nothing-here", headers=PERSON)

    assert answer.status_code == 404
    assert "<h1>There is nothing here</h1>" in answer.text


def test_a_form_is_not_sent_again_by_a_link(admin: FlaskClient) -> None:
    with database_away():
        answer = admin.post("/partners/add", data={"name": "x"}, headers=PERSON)

    assert answer.status_code == 503
    assert ">Try again</a>" not in answer.text
