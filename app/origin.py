"""Where the change at hand comes from, for whom services must not ask Flask.

The edge says it as a request begins; a job or a command comes from nowhere.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from flask import Flask, g, request


@dataclass(frozen=True)
class Origin:
    """The client's address and the id of its request."""

    address: str | None = None
    request_id: str | None = None


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current_origin() -> Origin:
    """Return where what runs now comes from."""
    return _origin.get()


def init_app(app: Flask) -> None:
    """Note each request's origin; called after `app.logs`, which gives the id."""
    app.before_request(_begin)
    app.teardown_request(_end)


def _begin() -> None:
    _origin.set(Origin(request.remote_addr, g.get("request_id")))


def _end(_error: BaseException | None) -> None:
    # The thread goes on to other requests, and to work of its own.
    _origin.set(NOWHERE)
