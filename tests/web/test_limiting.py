"""Rates: exact where they are small, near enough where they are generous."""

import pytest
from flask import Flask

from app.limiting import EXTENSION, Limiter, wait_s


def taken(rate: str, name: str, tries: int) -> int:
    return sum(not wait_s(rate, name) for _ in range(tries))


def test_small_rate_is_exact(app: Flask) -> None:
    with app.app_context():
        assert taken("10/minute", "small", 30) == 10


def test_generous_rate_asks_redis_once_for_many(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter: Limiter = app.extensions[EXTENSION]
    asked: list[int] = []
    hit = limiter.shared.hit
    monkeypatch.setattr(
        limiter.shared,
        "hit",
        lambda item, key, cost: asked.append(cost) or hit(item, key, cost=cost),
    )
    with app.app_context():
        assert taken("1000/hour", "generous", 1100) == 1000

    assert sum(asked[:200]) == 1000
    assert len(asked) == 200 + 100


def test_processes_share_a_generous_rate(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = app.config["SETTINGS"].redis_url
    others = [Limiter(url) for _ in range(2)]
    item = "2000/hour"
    with app.app_context():
        allowed = 0
        for turn in range(2400):
            monkeypatch.setitem(app.extensions, EXTENSION, others[turn % 2])
            allowed += not wait_s(item, "shared")

    assert 1960 <= allowed <= 2000


def test_used_up_rate_says_when_to_come_back(app: Flask) -> None:
    with app.app_context():
        taken("2/minute", "waits", 2)

        assert 1 <= wait_s("2/minute", "waits") <= 60
