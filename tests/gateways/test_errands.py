"""Requests with a log-in: one token for many, renewed once, and nobody waits for it."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.gateways.errands import Errands, Tokens, send
from app.gateways.guard import Guard
from app.gateways.wire_data import Failure, Login, Reply, Request
from tests.partner import PartnerServer, Received, Says, partner_server


class Partner:
    """A partner whose token server and whose door stand on one port.

    Only the newest token opens; `asks` and `calls` are what each of them saw.
    """

    def __init__(self, server: PartnerServer) -> None:
        self.server = server
        self.issued = 0
        self.expires_in = 3600
        self.token_says: Callable[[], Says | None] = lambda: None
        self.door_says: Callable[[Received], Says] = self.opens_to_newest
        self.asks: list[Received] = []
        self.calls: list[Received] = []
        self.secret = "s3cret"
        server.decide = self.decide

    def decide(self, got: Received) -> Says:
        if got.path.endswith("/token"):
            self.asks.append(got)
            return self.token_says() or self.issue()
        self.calls.append(got)
        return self.door_says(got)

    def issue(self, wait_s: float = 0.0) -> Says:
        self.issued += 1
        told = {"access_token": f"t0k-{self.issued}", "token_type": "Bearer"}
        body = json.dumps({**told, "expires_in": self.expires_in}).encode()
        return Says(200, body, wait_s=wait_s)

    def opens_to_newest(self, got: Received) -> Says:
        is_newest = got.headers["authorization"] == f"Bearer t0k-{self.issued}"
        return Says() if is_newest else Says(401)

    def request(self, timeout_s: float = 4.0, path: str = "/leads") -> Request:
        url = self.server.url.removesuffix("/leads")
        login = Login(f"{url}/token", "id", self.secret)
        headers = (("Idempotency-Key", "k-1"),)
        return Request(f"{url}{path}", headers, b"{}", timeout_s, login=login)


@pytest.fixture
def partner() -> Iterator[Partner]:
    with partner_server() as server:
        yield Partner(server)


@pytest.fixture
def errands() -> Iterator[Errands[Any]]:
    made: Errands[Any] = Errands(Guard.from_entries(["127.0.0.0/8"]), Tokens())
    yield made
    made.close()


def outcomes(errands: Errands[Any], *requests: Request) -> list[Any]:
    for key, one in enumerate(requests):
        errands.add(key, one)
    done: dict[Any, Any] = {}
    until = time.monotonic() + 10
    while len(done) < len(requests) and time.monotonic() < until:
        done.update(errands.poll(0.5))
    return [done[key] for key in range(len(requests))]


def test_one_token_serves_many_and_is_kept(
    partner: Partner, errands: Errands[Any]
) -> None:
    partner.token_says = lambda: partner.issue(wait_s=0.2)

    first = outcomes(errands, *[partner.request() for _ in range(50)])
    then = outcomes(errands, *[partner.request() for _ in range(50)])

    assert {outcome.status for outcome in first + then} == {200}
    assert (len(partner.asks), len(partner.calls)) == (1, 100)


def test_refused_token_is_renewed_once_and_the_request_sent_again(
    partner: Partner, errands: Errands[Any]
) -> None:
    outcomes(errands, partner.request())
    partner.issue()

    [outcome] = outcomes(errands, partner.request())

    assert outcome.status == 200
    assert len(partner.asks) == 2
    tokens = [call.headers["authorization"] for call in partner.calls]
    assert tokens == ["Bearer t0k-1", "Bearer t0k-1", "Bearer t0k-3"]
    assert {call.headers["idempotency-key"] for call in partner.calls} == {"k-1"}


def test_many_whose_token_is_refused_at_once_ask_for_one(
    partner: Partner, errands: Errands[Any]
) -> None:
    outcomes(errands, partner.request())
    partner.issue()

    replies = outcomes(errands, *[partner.request() for _ in range(20)])

    assert {reply.status for reply in replies} == {200}
    assert len(partner.asks) == 2


def test_second_refusal_is_the_answer(partner: Partner, errands: Errands[Any]) -> None:
    partner.door_says = lambda _: Says(401)

    [outcome] = outcomes(errands, partner.request())

    assert outcome.status == 401
    assert (len(partner.asks), len(partner.calls)) == (2, 2)


def test_token_is_asked_for_again_before_it_expires(
    partner: Partner, errands: Errands[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    partner.expires_in = 100
    outcomes(errands, partner.request())
    now = time.monotonic

    with monkeypatch.context() as later:
        later.setattr("app.gateways.errands.time.monotonic", lambda: now() + 69)
        outcomes(errands, partner.request())
        kept = len(partner.asks)
    with monkeypatch.context() as later:
        later.setattr("app.gateways.errands.time.monotonic", lambda: now() + 71)
        outcomes(errands, partner.request())

    assert (kept, len(partner.asks)) == (1, 2)


def test_other_credentials_have_a_token_of_their_own(
    partner: Partner, errands: Errands[Any]
) -> None:
    outcomes(errands, partner.request())
    partner.secret = "another"

    outcomes(errands, partner.request())

    assert len(partner.asks) == 2


@pytest.mark.parametrize(
    "says",
    [
        Says(500),
        Says(401, b'{"error": "invalid_client"}'),
        Says(302, headers={"Location": "/leads"}),
        Says(200, b"<html>welcome</html>"),
        Says(200, b"{}"),
        Says(hang_up=True),
    ],
)
def test_without_a_token_nothing_is_sent(
    partner: Partner, errands: Errands[Any], says: Says
) -> None:
    partner.token_says = lambda: says

    replies = outcomes(errands, partner.request(), partner.request())

    assert {(one.code, one.sent) for one in replies} == {("token", False)}
    assert (len(partner.asks), partner.calls) == (1, [])


def test_token_server_that_fails_on_renewal_leaves_the_lead_untaken(
    partner: Partner, errands: Errands[Any]
) -> None:
    outcomes(errands, partner.request())
    partner.issue()
    partner.token_says = lambda: Says(503)

    [outcome] = outcomes(errands, partner.request())

    assert (outcome.code, outcome.sent) == ("token", False)


def test_token_server_that_hangs_holds_up_nobody_and_is_left_in_time(
    partner: Partner, errands: Errands[Any]
) -> None:
    partner.token_says = lambda: partner.issue(wait_s=3.0)
    partner.door_says = lambda _: Says()
    url = partner.server.url
    began = time.monotonic()

    errands.add("hangs", partner.request(timeout_s=2.0))
    unsent = errands.unsent
    for number in range(20):
        errands.add(number, Request(url, (), b"{}", 2.0))
    done: dict[Any, Any] = {}
    while len(done) < 20:
        done.update(errands.poll(0.5))
    others_s = time.monotonic() - began
    while "hangs" not in done:
        done.update(errands.poll(0.5))
    hung_s = time.monotonic() - began

    assert unsent == ["hangs"]
    assert errands.unsent == []
    assert {done[number].status for number in range(20)} == {200}
    assert others_s < 1.0
    assert (done["hangs"].code, done["hangs"].sent) == ("token", False)
    assert 0.9 < hung_s < 1.6
    # What came too late for one is there for the next.
    [then] = outcomes(errands, partner.request(timeout_s=8.0))
    assert then.status == 200
    assert len(partner.asks) == 1


def test_what_is_withdrawn_while_it_waits_is_never_sent(
    partner: Partner, errands: Errands[Any]
) -> None:
    partner.token_says = lambda: partner.issue(wait_s=0.3)
    errands.add("stopped", partner.request())
    errands.add("goes on", partner.request())

    errands.withdraw({"stopped", "another"})
    done: dict[Any, Any] = {}
    while len(done) < 2:
        done.update(errands.poll(0.5))

    assert (done["stopped"].code, done["stopped"].sent) == ("token", False)
    assert done["goes on"].status == 200
    assert len(partner.calls) == 1


def test_token_server_is_guarded_like_any_other_address(partner: Partner) -> None:
    port = partner.server.url.split(":")[2].removesuffix("/leads")
    errands: Errands[Any] = Errands(Guard.from_entries([f"127.0.0.2:{port}"]), Tokens())

    [outcome] = outcomes(errands, partner.request())

    errands.close()
    assert (outcome.code, outcome.sent) == ("token", False)
    assert partner.asks == []


def test_request_without_a_log_in_is_sent_as_it_is(
    partner: Partner, errands: Errands[Any]
) -> None:
    partner.door_says = lambda _: Says(401)

    [outcome] = outcomes(errands, Request(partner.server.url, (), b"{}", 2.0))

    assert isinstance(outcome, Reply)
    assert outcome.status == 401
    assert (len(partner.asks), len(partner.calls)) == (0, 1)


def test_single_request_waits_for_its_token(partner: Partner) -> None:
    outcome = send(Guard.from_entries(["127.0.0.0/8"]), partner.request())

    assert isinstance(outcome, Reply)
    assert outcome.status == 200


def test_neither_secret_nor_token_is_shown_or_logged(
    partner: Partner, errands: Errands[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    partner.token_says = lambda: Says(400, b'{"error": "s3cret t0k-1"}')
    [failed] = outcomes(errands, partner.request())
    partner.token_says = lambda: None

    [outcome] = outcomes(errands, partner.request())

    shown = f"{failed!r}{outcome!r}{partner.request()!r}{caplog.text}"
    assert isinstance(failed, Failure)
    assert "s3cret" not in shown
    assert "t0k" not in shown
