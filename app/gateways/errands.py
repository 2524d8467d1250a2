"""The wire with a log-in: requests that need a token wait for it, and hold up nobody.

One token is asked for at a time for each log-in, however many wait; nothing blocks.
Tokens live in this process's memory alone, so that none is ever written down.
"""

import logging
import time
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Generic, TypeVar

from app.gateways.guard import Guard
from app.gateways.http import Wire
from app.gateways.oauth import Token, read_token, token_request
from app.gateways.wire_data import Failure, Login, Reply, Request

log = logging.getLogger(__name__)

Key = TypeVar("Key")
Outcome = Reply | Failure
# A request that goes out later has no time left for its answer, and an answer that is
# missed leaves in doubt what the partner took. Without a token nothing was sent.
SHARE_FOR_TOKEN = 0.5


class Tokens:
    """Tokens that may still be used, by the log-in that they were given to."""

    def __init__(self) -> None:
        self._kept: dict[Login, tuple[Token, float]] = {}

    def get(self, login: Login) -> str | None:
        """Return the token of a log-in, if one may be used now."""
        token, until = self._kept.get(login, (None, 0.0))
        return token.text if token and time.monotonic() < until else None

    def keep(self, login: Login, token: Token, asked_at: float) -> None:
        """Keep a token for as long as it may be used, and no other that ended."""
        now = time.monotonic()
        kept = {one: pair for one, pair in self._kept.items() if now < pair[1]}
        self._kept = {**kept, login: (token, asked_at + token.usable_s)}

    def drop(self, login: Login, text: str) -> None:
        """Forget a token that was refused, unless another took its place."""
        token, _ = self._kept.get(login, (None, 0.0))
        if token and token.text == text:
            del self._kept[login]


TOKENS = Tokens()


@dataclass(eq=False)
class Errand(Generic[Key]):
    """A request on its way; its times are of the monotonic clock."""

    key: Key
    request: Request
    began_at: float
    token: str = ""
    is_renewed: bool = False

    @property
    def start_by(self) -> float:
        """When its token has to be there."""
        return self.began_at + self.request.timeout_s * SHARE_FOR_TOKEN

    @property
    def until(self) -> float:
        """When all of it has to be over."""
        return self.began_at + self.request.timeout_s

    def failed(self, words: str) -> tuple[Key, Outcome]:
        """Return its outcome where it got no token: nothing of it was taken."""
        elapsed_ms = round((time.monotonic() - self.began_at) * 1000)
        return self.key, Failure("token", False, words, elapsed_ms, None)


@dataclass(eq=False)
class Asking(Generic[Key]):
    """A log-in whose token is asked for, and who waits for it."""

    login: Login
    asked_at: float
    waiting: list[Errand[Key]] = field(default_factory=list)


class Errands(Generic[Key]):
    """A wire whose requests may have a log-in; otherwise it is used like a `Wire`."""

    def __init__(self, guard: Guard, tokens: Tokens = TOKENS) -> None:
        self._wire: Wire[Errand[Key] | Asking[Key]] = Wire(guard)
        self._tokens = tokens
        self._asking: dict[Login, Asking[Key]] = {}
        self._done: list[tuple[Key, Outcome]] = []

    @property
    def unsent(self) -> list[Key]:
        """The keys of what waits for a token: no partner has seen anything of it."""
        return [one.key for asking in self._asking.values() for one in asking.waiting]

    def add(self, key: Key, request: Request) -> None:
        """Start a request; its outcome comes out of `poll` under `key`."""
        errand = Errand(key, request, time.monotonic())
        if request.login is None:
            self._wire.add(errand, request)
        else:
            self._go(errand, request.login)

    def poll(self, timeout_s: float) -> list[tuple[Key, Outcome]]:
        """Return what ended, waiting at most `timeout_s` for the first of it."""
        give_up_at = time.monotonic() + timeout_s
        while True:
            wake_at = min([give_up_at, *(one.start_by for one in self._waiting())])
            wait_s = 0.0 if self._done else max(0.0, wake_at - time.monotonic())
            for which, outcome in self._wire.poll(wait_s):
                self._take(which, outcome)
            self._give_up_late()
            is_over = not self._wire.in_flight or time.monotonic() >= give_up_at
            if self._done or is_over:
                done, self._done = self._done, []
                return done

    def withdraw(self, keys: Container[Key]) -> None:
        """Let those of them that wait for a token wait no longer: they go nowhere."""
        these = {one for one in self._waiting() if one.key in keys}
        if these:
            self._leave(these, "It was stopped before a token came")

    def close(self) -> None:
        """Give up what is under way and close every connection."""
        self._asking.clear()
        self._wire.close()

    def _go(self, errand: Errand[Key], login: Login) -> None:
        """Send under the token that is kept, or wait for the one that is asked for."""
        token = self._tokens.get(login)
        if token is not None:
            self._send(errand, token)
            return
        asking = self._asking.get(login)
        if asking is None:
            asking = self._asking[login] = Asking(login, time.monotonic())
            self._wire.add(asking, token_request(login))
        asking.waiting.append(errand)

    def _send(self, errand: Errand[Key], token: str) -> None:
        now = time.monotonic()
        if now > errand.start_by:
            self._done.append(errand.failed("No token came in time"))
            return
        errand.token = token
        headers = (*errand.request.headers, ("Authorization", f"Bearer {token}"))
        left_s = errand.until - now
        self._wire.add(
            errand, replace(errand.request, headers=headers, timeout_s=left_s)
        )

    def _take(self, which: Errand[Key] | Asking[Key], outcome: Outcome) -> None:
        if isinstance(which, Asking):
            self._take_token(which, outcome)
            return
        login = which.request.login
        is_refused = (
            isinstance(outcome, Reply) and outcome.status == HTTPStatus.UNAUTHORIZED
        )
        if login is None or not is_refused or which.is_renewed:
            self._done.append((which.key, outcome))
            return
        which.is_renewed = True
        self._tokens.drop(login, which.token)
        self._go(which, login)

    def _take_token(self, asking: Asking[Key], outcome: Outcome) -> None:
        del self._asking[asking.login]
        token = read_token(outcome)
        if isinstance(token, Token):
            self._tokens.keep(asking.login, token, asking.asked_at)
            for errand in asking.waiting:
                self._send(errand, token.text)
            return
        log.warning("no token: %s", token)
        self._done += [errand.failed(token) for errand in asking.waiting]

    def _give_up_late(self) -> None:
        now = time.monotonic()
        late = {one for one in self._waiting() if now >= one.start_by}
        if late:
            self._leave(late, "The token server did not answer in time")

    def _leave(self, these: Container[Errand[Key]], words: str) -> None:
        for asking in self._asking.values():
            self._done += [one.failed(words) for one in asking.waiting if one in these]
            asking.waiting = [one for one in asking.waiting if one not in these]

    def _waiting(self) -> Iterator[Errand[Key]]:
        for asking in self._asking.values():
            yield from asking.waiting


def send(guard: Guard, request: Request) -> Outcome:
    """Send one request, under a token if it has a log-in; wait for its outcome."""
    errands: Errands[None] = Errands(guard)
    try:
        errands.add(None, request)
        while not (done := errands.poll(request.timeout_s + 1)):
            continue
        return done[0][1]
    finally:
        errands.close()
