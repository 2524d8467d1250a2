"""Rates hold while Redis is away: each process counts for itself."""

import socket

from limits import parse

from app.limiting import Limiter


def test_without_redis_the_rate_is_counted_here() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        limiter = Limiter(f"redis://127.0.0.1:{unused.getsockname()[1]}/0")
        waits = [limiter.hit(parse("3/minute"), "login", "ada") for _ in range(4)]
        other = limiter.hit(parse("3/minute"), "login", "charlie")

    assert waits[:3] == [0.0, 0.0, 0.0]
    assert 1 <= waits[3] <= 60
    assert other == 0.0
