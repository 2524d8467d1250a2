"""The intake's own door, before Flask's.

A post to the intake has no session, no user, no form token and one address. What Flask
and its extensions do about those for every request costs more than storing the lead,
so it is answered here, in the application's context but without a request's.
"""

import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request, Response

from app import headers, logs
from app.api.intake import share, take
from app.problem import answer_to, problem

log = logging.getLogger(__name__)

PATH = re.compile(r"/api/campaigns/([a-z0-9-]{1,64})/leads")
RULE = "/api/campaigns/<slug>/leads"
Environ = dict[str, Any]


class Door:
    """The WSGI application that answers the intake's posts and passes on the rest."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.beyond = app.wsgi_app

    def __call__(self, environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        found = PATH.fullmatch(environ["PATH_INFO"])
        if found is None or environ["REQUEST_METHOD"] != "POST":
            return self.beyond(environ, start)
        with self.app.app_context():
            answer = _answer(Request(environ), found[1])
            start(
                answer.status, [*answer.headers.to_wsgi_list(), *headers.for_programs()]
            )
            # As the answer to a post always has a body of one piece, this is all of it.
            return [answer.get_data()]


def _answer(request: Request, slug: str) -> Response:
    logs.begin(request.headers)
    try:
        answer = take(request, slug)
    except Exception as error:  # noqa: BLE001 - the last door: anything is answered
        answer = answer_to(error) or _failed(error)
    return logs.end("POST", RULE, share(request, answer))


def _failed(error: Exception) -> Response:
    log.error("the intake failed", exc_info=error)
    return problem(500, "internal", "Something went wrong here.")
