"""What real servers do instead of bidding, over the wire and within its limit."""

import time

import pytest

from app.gateways.delivery.ping import compile_ping, has_failed, read_answer
from app.gateways.guard import Guard
from app.gateways.http import Request, send
from tests.gateways.peer import Peer

LIMIT_S = 0.5


@pytest.mark.parametrize(
    ("path", "code", "failed"),
    [
        ("/ok", "unreadable", False),
        ("/empty", "none", False),
        ("/redirect", "redirect", False),
        ("/huge", "unreadable", False),
        ("/gzip", "unreadable", False),
        ("/refused-huge", "http_400", False),
        ("/early", "http_413", False),
        ("/cut", "broken", True),
        ("/garbage", "broken", True),
        ("/http09", "broken", True),
        ("/silent", "broken", True),
        ("/long-header", "broken", True),
        ("/reset", "broken", True),
        ("/drip", "late", True),
        ("/hang", "late", True),
    ],
)
def test_whatever_a_server_does_is_a_code_in_time(
    peer: Peer, path: str, code: str, failed: bool
) -> None:
    asked = compile_ping({"url": peer.url(path), "price": "$.price"})
    assert asked is not None
    began = time.monotonic()

    outcome = send(peer.guard, Request(asked.url, (), b"{}", LIMIT_S))

    assert time.monotonic() - began < LIMIT_S + 1
    assert read_answer(outcome, asked, "USD").bid.code == code
    assert has_failed(outcome) is failed


def test_nobody_private_is_asked(peer: Peer) -> None:
    asked = compile_ping({"url": peer.url("/ok"), "price": "$.price"})
    assert asked is not None

    outcome = send(Guard(), Request(asked.url, (), b"{}", LIMIT_S))

    assert read_answer(outcome, asked, "USD").bid.code == "blocked"
    assert peer.connections == 0
