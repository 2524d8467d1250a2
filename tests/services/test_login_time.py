"""Logging in and registering take the same whoever is asked for."""

import itertools
import statistics
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import event

from app.db import db
from app.services import auth, passwords, registrations
from app.services.auth import authenticate
from app.services.registrations import read_wish, register
from app.services.user_changes import change_user
from app.services.users import create_user
from tests.conftest import PASSWORD, SYSTEM

ROUNDS = 20
KNOWN, PENDING = "known@example.com", "pending@example.com"
UNKNOWN, ENDED = "unknown@example.com", "ended@example.com"


@pytest.fixture(autouse=True)
def _people(database: Flask, dear_hashes: None) -> None:
    create_user(KNOWN, PASSWORD, "operator", SYSTEM)
    ended = create_user(ENDED, PASSWORD, "operator", SYSTEM)
    change_user(ended.id, {"active": False}, SYSTEM)
    _register(PENDING)


def _register(email: str) -> None:
    facts = {"email": email, "password": PASSWORD, "name": "A", "company": "B"}
    register(read_wish({**facts, "role": "client"}))


def _refuse(email: str) -> None:
    assert authenticate(email, "a wrong password 9") is None


def _auc(lower: list[float], upper: list[float]) -> float:
    """The chance that a time of `lower` is beneath one of `upper`."""
    pairs = list(itertools.product(lower, upper))
    return statistics.mean((a < b) + (a == b) / 2 for a, b in pairs)


def _times(run: Callable[[str], None], emails: list[str]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {email: [] for email in emails}
    for _ in range(ROUNDS):
        for email in emails:
            began = time.perf_counter()
            run(email)
            found[email].append(time.perf_counter() - began)
    return found


def test_time_of_a_refusal_tells_nobody_who_has_an_account() -> None:
    times = _times(_refuse, [KNOWN, UNKNOWN, PENDING])

    # Of 20 equal times it strays by 0.09; a hash left out makes it 0 or 1.
    for email in (UNKNOWN, PENDING):
        assert 0.1 < _auc(times[KNOWN], times[email]) < 0.9, email


def test_refusals_and_wishes_do_the_same_whoever_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []

    def matches(stored: str | None, given: str) -> bool:
        done.append("a hash compared")
        return passwords.matches(stored, given)

    def hash_password(password: str) -> str:
        done.append("a hash made")
        return passwords.hash_password(password)

    monkeypatch.setattr(auth, "matches", matches)
    monkeypatch.setattr(registrations, "hash_password", hash_password)
    connection = db.session.connection()

    def note(*args: object) -> None:
        done.append(str(args[2]))

    event.listen(connection, "before_cursor_execute", note)
    seen = []
    for run, email in itertools.product(
        (_refuse, _register), (KNOWN, UNKNOWN, PENDING, ENDED)
    ):
        done.clear()
        run(email)
        seen.append([step for step in done if "SAVEPOINT" not in step])
    event.remove(connection, "before_cursor_execute", note)

    assert seen[:4] == [seen[0]] * 4
    assert seen[4:] == [seen[4]] * 4
    assert "a hash compared" in seen[0]
    assert "a hash made" in seen[4]
