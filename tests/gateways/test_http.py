"""The wire: what is sent, what comes back, and what is certain when nothing does."""

import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from app.gateways.guard import Guard
from app.gateways.http import Failure, Reply, Request, Wire, send
from app.gateways.transfer import MAX_REPLY
from tests.gateways.peer import Peer

BODY = b'{"a":"\xc3\xa9\x00\r\n"}'


def request(
    url: str,
    timeout_s: float = 2.0,
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
    body: bytes = BODY,
    method: str = "POST",
) -> Request:
    return Request(url, headers, body, timeout_s, method)


def test_body_arrives_byte_for_byte_under_our_headers_alone(peer: Peer) -> None:
    outcome = send(peer.guard, request(peer.url()))

    [seen] = peer.requests
    assert isinstance(outcome, Reply)
    assert (outcome.status, outcome.body, outcome.truncated) == (200, b"ok", False)
    assert outcome.address == "127.0.0.1"
    assert seen.body == BODY
    assert seen.line == "POST /ok HTTP/1.1"
    assert [name for name, _ in seen.headers] == [
        "Host",
        "Accept",
        "Content-Type",
        "Content-Length",
    ]


def test_large_body_is_sent_without_asking_to_continue(peer: Peer) -> None:
    body = b"z" * 3_000_000

    outcome = send(peer.guard, request(peer.url(), body=body))

    assert outcome.status == 200
    assert peer.requests[0].body == body
    assert "expect" not in {name.lower() for name, _ in peer.requests[0].headers}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_other_methods_are_sent_as_named(peer: Peer, method: str) -> None:
    outcome = send(peer.guard, request(peer.url(), method=method))

    assert outcome.status == 200
    assert peer.requests[0].line == f"{method} /ok HTTP/1.1"
    assert peer.requests[0].body == (b"" if method == "GET" else BODY)


def test_header_without_a_value_is_sent_empty(peer: Peer) -> None:
    send(peer.guard, request(peer.url(), headers=(("X-Empty", ""),)))

    assert ("X-Empty", "") in peer.requests[0].headers


@pytest.mark.parametrize(
    "header",
    [
        ("X", "a\r\nY: b"),
        ("X", "a\nb"),
        ("X", "a\x00"),
        ("X\r\nY", "a"),
        ("X Y", "a"),
        ("", "a"),
        ("X:", "a"),
    ],
)
def test_header_that_could_break_out_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        request("http://example.com/", headers=(header,))


def test_path_is_sent_as_it_is(peer: Peer) -> None:
    send(peer.guard, request(peer.url("/a/../b/./c?x=%0d%0a&y=é")))

    assert peer.requests[0].line == "POST /a/../b/./c?x=%0d%0a&y=%C3%A9 HTTP/1.1"


def test_redirect_is_not_followed(peer: Peer) -> None:
    outcome = send(peer.guard, request(peer.url("/redirect")))

    assert outcome.status == 302
    assert len(peer.requests) == 1


def test_no_cookie_comes_back(peer: Peer) -> None:
    wire = Wire(peer.guard)

    first = run(wire, request(peer.url("/cookie")))
    run(wire, request(peer.url()))

    wire.close()
    assert first.headers["x-two"] == "1, 2"
    assert "cookie" not in {name.lower() for name, _ in peer.requests[1].headers}


def test_proxy_and_netrc_of_the_environment_are_not_used(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    outcome = send(peer.guard, request(peer.url()))

    assert outcome.status == 200
    assert "Authorization" not in {name for name, _ in peer.requests[0].headers}


@pytest.mark.parametrize(("path", "status"), [("/huge", 200), ("/refused-huge", 400)])
def test_huge_reply_is_cut_and_its_status_counts(
    peer: Peer, path: str, status: int
) -> None:
    outcome = send(peer.guard, request(peer.url(path)))

    assert isinstance(outcome, Reply)
    assert (outcome.status, outcome.truncated) == (status, True)
    assert len(outcome.body) == MAX_REPLY


def test_encoded_reply_is_not_decoded(peer: Peer) -> None:
    outcome = send(peer.guard, request(peer.url("/gzip")))

    assert outcome.body == b"not gzip"


def test_interim_reply_leaves_nothing_behind(peer: Peer) -> None:
    outcome = send(peer.guard, request(peer.url("/continue")))

    assert outcome.status == 200
    assert "x-old" not in outcome.headers


def test_reply_that_comes_before_the_body_was_taken_counts(peer: Peer) -> None:
    outcome = send(peer.guard, request(peer.url("/early")))

    assert outcome.status == 413


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_deadline_bounds_the_whole_exchange_and_may_have_been_taken(
    peer: Peer, path: str
) -> None:
    started = time.monotonic()

    outcome = send(peer.guard, request(peer.url(path), timeout_s=0.3))

    assert time.monotonic() - started < 1.5
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.sent) == ("timeout", True)


@pytest.mark.parametrize(
    "path", ["/cut", "/garbage", "/http09", "/silent", "/reset", "/long-header"]
)
def test_broken_reply_may_have_been_taken(peer: Peer, path: str) -> None:
    outcome = send(peer.guard, request(peer.url(path)))

    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.sent) == ("broken", True)
    assert len(peer.requests) == 1


def test_refused_connection_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    outcome = send(
        Guard.from_entries([f"127.0.0.1:{port}"]), request(f"http://127.0.0.1:{port}/")
    )

    assert (outcome.code, outcome.sent) == ("connect", False)


def test_name_that_does_not_resolve_was_not_sent() -> None:
    outcome = send(Guard(), request("http://no-such-name.invalid/"))

    assert isinstance(outcome, Failure)
    assert outcome.sent is False
    assert outcome.code in {"dns", "timeout"}


def test_failed_tls_handshake_was_not_sent(peer: Peer) -> None:
    url = peer.url().replace("http://", "https://")

    outcome = send(peer.guard, request(url, timeout_s=0.5))

    assert isinstance(outcome, Failure)
    assert outcome.sent is False
    assert outcome.code in {"tls", "timeout"}
    assert peer.requests == []


def test_tls_handshake_that_gets_garbage_is_named_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        wire = Wire(Guard.from_entries([f"127.0.0.1:{port}"]))
        wire.add("a", request(f"https://127.0.0.1:{port}/"))
        wire.poll(0.05)
        conn, _ = server.accept()
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        [(_, outcome)] = wire.poll(2)

        conn.close()
        wire.close()
    assert (outcome.code, outcome.sent) == ("tls", False)


def test_connection_is_kept_and_used_again(peer: Peer) -> None:
    wire = Wire(peer.guard)

    for _ in range(5):
        assert run(wire, request(peer.url())).status == 200

    wire.close()
    assert peer.connections == 1


@pytest.mark.parametrize("path", ["/drop-if-kept", "/reset-if-kept"])
def test_request_is_never_put_on_the_wire_twice(peer: Peer, path: str) -> None:
    """A libcurl of its own accord sends again when a kept connection breaks."""
    wire = Wire(peer.guard)
    run(wire, request(peer.url()))

    outcome = run(wire, request(peer.url(path)))

    wire.close()
    assert isinstance(outcome, Failure)
    assert (outcome.code, outcome.sent) == ("broken", True)
    assert [seen.line.split()[1] for seen in peer.requests] == ["/ok", path]


def test_peer_that_broke_a_kept_connection_gets_fresh_ones(peer: Peer) -> None:
    wire = Wire(peer.guard)
    run(wire, request(peer.url()))
    run(wire, request(peer.url("/drop-if-kept")))

    outcomes = [run(wire, request(peer.url("/drop-if-kept"))) for _ in range(3)]

    wire.close()
    assert [outcome.status for outcome in outcomes] == [200, 200, 200]


def test_hundreds_of_transfers_wait_side_by_side(peer: Peer) -> None:
    wire = Wire(peer.guard)
    started = time.monotonic()

    for key in range(300):
        wire.add(key, request(peer.url("/slow"), timeout_s=20))
    under_way = wire.in_flight
    outcomes = dict(poll_all(wire))

    wire.close()
    assert under_way == 300
    assert sorted(outcomes) == list(range(300))
    assert {outcome.status for outcome in outcomes.values()} == {200}
    assert time.monotonic() - started < 10


def test_one_that_hangs_holds_up_nobody(peer: Peer) -> None:
    wire = Wire(peer.guard)
    wire.add("hangs", request(peer.url("/hang"), timeout_s=1))
    wire.add("quick", request(peer.url()))

    [(first, _)] = wire.poll(2)
    [(last, outcome)] = wire.poll(2)

    wire.close()
    assert (first, last, outcome.code) == ("quick", "hangs", "timeout")


def test_wire_works_above_a_thousand_open_files(peer: Peer) -> None:
    opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        outcome = send(peer.guard, request(peer.url("/slow")))
    finally:
        for descriptor in opened:
            os.close(descriptor)

    assert outcome.status == 200
    assert outcome.elapsed_ms < 900


def test_poll_with_nothing_under_way_returns_at_once() -> None:
    wire = Wire(Guard())
    started = time.monotonic()

    assert wire.poll(5) == []

    wire.close()
    assert time.monotonic() - started < 1


def test_poll_that_may_not_wait_still_moves_on(peer: Peer) -> None:
    wire = Wire(peer.guard)
    wire.add("a", request(peer.url()))
    until = time.monotonic() + 5

    while not (done := wire.poll(0)) and time.monotonic() < until:
        continue

    wire.close()
    assert done[0][1].status == 200


def test_close_gives_up_what_is_under_way(peer: Peer) -> None:
    wire = Wire(peer.guard)
    wire.add("a", request(peer.url("/hang")))
    wire.poll(0.05)

    wire.close()

    assert wire.in_flight == 0


def test_nothing_shown_or_logged_holds_credentials_or_contact_data(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = request(
        peer.url("/hang?email=ada@example.org"),
        timeout_s=0.1,
        headers=(("Authorization", "Bearer s3cret"),),
        body=b"ada@example.org",
    )
    blocked = send(Guard(), request("http://user:s3cret@127.0.0.1/?ada@example.org"))

    failure = send(peer.guard, sent)

    shown = f"{sent!r}{failure!r}{blocked!r}{caplog.text}"
    assert "ada@example.org" not in shown
    assert "s3cret" not in shown


def run(wire: Wire[Any], one: Request) -> Any:
    wire.add(None, one)
    [(_, outcome)] = poll_all(wire)
    return outcome


def poll_all(wire: Wire[Any]) -> list[tuple[Any, Any]]:
    done = []
    while wire.in_flight:
        done += wire.poll(2)
    return done
