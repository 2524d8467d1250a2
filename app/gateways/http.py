"""The one door of outbound HTTP: guarded, bounded, remembering nothing.

Redirects are not followed; no cookie, proxy or netrc of the environment is used.
"""

import select
import time
from typing import Any, Generic, TypeVar

import pycurl

from app.domain.errors import InvalidInput
from app.gateways.guard import Guard
from app.gateways.transfer import Transfer
from app.gateways.wire_data import Failure, FailureCode, Reply, Request

__all__ = ["Failure", "FailureCode", "Reply", "Request", "Wire", "send"]

MAX_KEPT = 256
Key = TypeVar("Key")
_EVENTS = {
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


class Wire(Generic[Key]):
    """Hundreds of transfers at once in one thread, on connections that are kept.

    A peer that broke a kept connection gets a fresh one for each request from then on.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._multi: Any = pycurl.CurlMulti()
        self._epoll = select.epoll()
        self._watched: set[int] = set()
        self._wake_at: float | None = None
        self._under_way: dict[Any, tuple[Key, Transfer]] = {}
        self._done: list[tuple[Key, Reply | Failure]] = []
        self._breakers: set[tuple[str, int]] = set()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, MAX_KEPT)

    @property
    def in_flight(self) -> int:
        """How many requests were added whose outcome was not polled yet."""
        return len(self._under_way) + len(self._done)

    def add(self, key: Key, request: Request) -> None:
        """Start a request; its outcome comes out of `poll` under `key`."""
        try:
            target = self._guard.target(request.url)
        except InvalidInput as refusal:
            words = refusal.errors[0].message
            self._done.append((key, Failure("blocked", False, words, 0, None)))
            return
        transfer = Transfer(request, target, self._guard)
        easy = pycurl.Curl()
        transfer.prepare(easy, fresh=(target.host, target.port) in self._breakers)
        self._under_way[easy] = (key, transfer)
        self._multi.add_handle(easy)

    def poll(self, timeout_s: float) -> list[tuple[Key, Reply | Failure]]:
        """Return what ended, waiting at most `timeout_s` for the first of it."""
        give_up_at = time.monotonic() + timeout_s
        while True:
            may_wait = self._under_way and not self._done
            self._step(give_up_at - time.monotonic() if may_wait else 0.0)
            self._collect()
            is_over = not self._under_way or time.monotonic() >= give_up_at
            if self._done or is_over:
                done, self._done = self._done, []
                return done

    def close(self) -> None:
        """Give up what is under way and close every connection."""
        for easy, (_, transfer) in self._under_way.items():
            transfer.let_go()
            self._multi.remove_handle(easy)
            easy.close()
        self._under_way.clear()
        self._multi.close()
        self._epoll.close()

    def _step(self, wait_s: float) -> None:
        now = time.monotonic()
        if self._wake_at is not None:
            wait_s = min(wait_s, self._wake_at - now)
        ready = self._epoll.poll(max(0.0, wait_s))
        for descriptor, events in ready:
            self._multi.socket_action(descriptor, _action(events))
        if self._wake_at is not None and time.monotonic() >= self._wake_at:
            self._wake_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _collect(self) -> None:
        waiting = 1
        while waiting:
            waiting, succeeded, failed = self._multi.info_read()
            for easy in succeeded:
                self._finish(easy, pycurl.E_OK)
            for easy, error, _ in failed:
                self._finish(easy, error)

    def _finish(self, easy: Any, error: int) -> None:  # noqa: ANN401 - untyped
        key, transfer = self._under_way.pop(easy)
        transfer.let_go()
        self._done.append((key, transfer.outcome(easy, error)))
        if transfer.is_repeat_refused:
            self._breakers.add((transfer.target.host, transfer.target.port))
        self._multi.remove_handle(easy)
        easy.close()

    def _watch(self, what: int, descriptor: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            if descriptor in self._watched:
                self._watched.discard(descriptor)
                self._epoll.unregister(descriptor)
        elif descriptor in self._watched:
            self._epoll.modify(descriptor, _EVENTS.get(what, 0))
        else:
            self._watched.add(descriptor)
            self._epoll.register(descriptor, _EVENTS.get(what, 0))

    def _set_timer(self, timeout_ms: int) -> None:
        after_s = timeout_ms / 1000
        self._wake_at = None if timeout_ms < 0 else time.monotonic() + after_s


def send(guard: Guard, request: Request) -> Reply | Failure:
    """Send one request and wait for its outcome.

    A resolver that hangs may hold this up past `timeout_s`, by its own time-out.
    """
    wire: Wire[None] = Wire(guard)
    try:
        wire.add(None, request)
        while not (done := wire.poll(request.timeout_s + 1)):
            continue
        return done[0][1]
    finally:
        wire.close()


def _action(events: int) -> int:
    bits = pycurl.CSELECT_IN if events & (select.EPOLLIN | select.EPOLLHUP) else 0
    bits |= pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
    bits |= pycurl.CSELECT_ERR if events & select.EPOLLERR else 0
    return int(bits)
