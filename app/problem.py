"""Problems: every refusal to a program, as RFC 9457 says; none tells of a row.

`/api` is for programs; elsewhere a client that asks for JSON alone is one.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import psycopg
from flask import Flask, Response, current_app, g, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.domain.errors import (
    Conflict,
    FieldError,
    Gone,
    InvalidInput,
    LeadNexusError,
    NotAllowed,
    NotFound,
    OutsideFailed,
    StillRunning,
    TooMany,
)
from app.services.constraints import refusal_of

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[LeadNexusError], int], ...] = (
    (InvalidInput, 422),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Gone, 410),
    (TooMany, 429),
    (OutsideFailed, 502),
)
MEDIA_TYPE = "application/problem+json"
UNKNOWN_KEY = "unknown_key"
UNAUTHORIZED = 401
PAGES = {
    400: ("This could not be read", "Open the page again and send the form once more."),
    401: ("Log in first", "This page is for people who have logged in."),
    403: ("This is not yours to open", "Ask an administrator for access."),
    404: ("There is nothing here", "The address is wrong, or what was here has moved."),
    405: ("This page cannot be asked that way", "Go back and use the page's buttons."),
    409: ("Not possible now", "Something changed meanwhile. Go back and look again."),
    410: ("This is closed", "What was here takes nothing any more."),
    413: ("That was too large", "Send less at once."),
    422: ("Something is not right", "Go back and check what you typed."),
    429: ("Too many requests", "Wait a minute and try again."),
    500: (
        "Something went wrong here",
        (
            "The fault is ours, and it is noted. Try again in a moment; if it stays,"
            " tell us the reference below."
        ),
    ),
    503: (
        "Back in a moment",
        (
            "The database does not answer just now. Wait a minute and try again. If you"
            " sent something, look first whether it arrived."
        ),
    ),
}
SERVER_ERROR = 500
AWAY = (OperationalError, psycopg.OperationalError, PoolTimeout)
AWAY_STATUS = 503
AWAY_TEXT = "The database is away for a moment; try again."


class BadBody(LeadNexusError):  # noqa: N818 - named after what happened
    """A body that cannot be read at all; `status` is 400, 413 or 415."""

    def __init__(self, message: str, code: str, status: int = 400) -> None:
        super().__init__(message, code)
        self.status = status


class NotLoggedIn(LeadNexusError):  # noqa: N818
    """Nobody is logged in, or no longer (401)."""

    code = "unauthorized"
    status = 401


def init_app(app: Flask) -> None:
    """Answer every error to a program with a problem, to a person with a page."""
    for kind in (LeadNexusError, IntegrityError, DataError, *AWAY, HTTPException):
        app.register_error_handler(kind, _answer)
    app.after_request(_translate)


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem: `code` is stable, `detail` a sentence for people."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if errors:
        body["errors"] = [
            {"field": e.field, "code": e.code, "message": e.message} for e in errors
        ]
    answer = jsonify(body)
    answer.status_code = status
    answer.mimetype = MEDIA_TYPE
    answer.headers.update(headers or {})
    return answer


def unauthorized(detail: str = "Log in first.") -> Response:
    """Return the problem of a caller who is not logged in."""
    return problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})


def page(status: int, text: str = "") -> tuple[str, int]:
    """Return the page that says to a person what happened and what to do.

    It is rendered without Flask's context, which asks the database who is logged in:
    that may be what has just failed.
    """
    title, usual = PAGES.get(status, PAGES[SERVER_ERROR])
    shown = {
        "title": title,
        "text": text or usual,
        "reference": g.get("request_id"),
        # A form that is sent again by a link would come without what it held.
        "may_repeat": status >= SERVER_ERROR and request.method == "GET",
        # Consumers have no business at the log-in.
        "is_public": request.path.startswith("/l/"),
    }
    return current_app.jinja_env.get_template("errors/page.html").render(shown), status


def is_program() -> bool:
    """Say whether this request's client reads problems rather than pages."""
    if request.path.startswith("/api/"):
        return True
    asked = request.headers.get("Accept", "")
    if request.path.startswith("/l/"):
        return "text/html" not in asked
    return "json" in asked and "text/html" not in asked


def answer_to(error: Exception) -> Response | None:
    """Return the problem that an error is to a program; None for an unexpected one."""
    if isinstance(error, AWAY):
        log.warning("database away: %s", type(error).__name__)
        headers = {"Retry-After": "1"}
        return problem(AWAY_STATUS, "unavailable", AWAY_TEXT, headers=headers)
    if isinstance(error, HTTPException):
        return _http(error)
    refusal = _refusal(error)
    return refused(refusal) if refusal else None


def refused(refusal: LeadNexusError) -> Response:
    """Return the problem that an expected refusal is to a program."""
    status, headers = _status(refusal), {}
    if isinstance(refusal, TooMany | StillRunning):
        headers["Retry-After"] = str(math.ceil(refusal.retry_after_s))
    if status == UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    errors: Sequence[FieldError] = getattr(refusal, "errors", ())
    return problem(status, refusal.code, refusal.message, errors, headers)


def _answer(error: Exception) -> ResponseReturnValue:
    # A redirect is an answer of its own; it has no page.
    if isinstance(error, HTTPException) and _is_redirect(error):
        return error.get_response()
    if is_program() and (found := answer_to(error)):
        return found
    if isinstance(error, AWAY):
        log.warning("database away: %s", type(error).__name__)
        return *page(AWAY_STATUS), {"Retry-After": "1"}
    if isinstance(error, HTTPException):
        return page(error.code or SERVER_ERROR)
    if refusal := _refusal(error):
        return page(_status(refusal), refusal.message)
    raise error


def _refusal(error: Exception) -> LeadNexusError | None:
    if isinstance(error, IntegrityError):
        return refusal_of(error)
    if isinstance(error, DataError):
        return LeadNexusError("A value cannot be stored.", "invalid")
    return error if isinstance(error, LeadNexusError) else None


def _status(refusal: LeadNexusError) -> int:
    if refusal.code == UNKNOWN_KEY:
        return UNAUTHORIZED
    status = next((s for kind, s in STATUS if isinstance(refusal, kind)), 422)
    return int(getattr(refusal, "status", status))


def _is_redirect(error: HTTPException) -> bool:
    return error.code is None or error.code < HTTPStatus.BAD_REQUEST


def _http(error: HTTPException) -> Response:
    kept = ("Allow", "Retry-After", "WWW-Authenticate")
    headers = {name: value for name, value in error.get_headers() if name in kept}
    status = error.code or SERVER_ERROR
    if status >= SERVER_ERROR:
        return problem(status, "internal", "Something went wrong here.")
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    return problem(status, code, str(error.description), headers=headers)


def _translate(answer: Response) -> Response:
    """Turn what Flask-AppBuilder refuses by itself into a problem."""
    is_refusal = answer.status_code >= HTTPStatus.BAD_REQUEST
    if not is_refusal or answer.mimetype != "application/json" or not is_program():
        return answer
    body = answer.get_json(silent=True)
    message = body.get("message") if isinstance(body, dict) else None
    phrase = HTTPStatus(answer.status_code).phrase
    if answer.status_code >= SERVER_ERROR or not isinstance(message, str):
        message = phrase
    code = phrase.lower().replace(" ", "_")
    return problem(answer.status_code, code, message)
