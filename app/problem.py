"""Problems: every refusal to a program, as RFC 9457 says; none tells of a row.

`/api` is for programs; elsewhere a client that asks for JSON alone is one.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from flask import Flask, Response, g, jsonify, render_template, request
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
    500: ("Something went wrong here", "It is noted. Try again in a moment."),
    503: ("Back in a moment", "The database does not answer just now. Try again."),
}
SERVER_ERROR = 500


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
    """Answer every error to a program with a problem."""
    app.register_error_handler(LeadNexusError, refused)
    app.register_error_handler(IntegrityError, _integrity)
    app.register_error_handler(DataError, _data)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(PoolTimeout, _away)
    app.register_error_handler(HTTPException, _http)
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
    """Return the page that says to a person what happened and what to do."""
    title, usual = PAGES.get(status, PAGES[SERVER_ERROR])
    shown = {"title": title, "text": text or usual, "reference": g.get("request_id")}
    return render_template("errors/page.html", **shown), status


def is_program() -> bool:
    """Say whether this request's client reads problems rather than pages."""
    if request.path.startswith("/api/"):
        return True
    asked = request.headers.get("Accept", "")
    if request.path.startswith("/l/"):
        return "text/html" not in asked
    return "json" in asked and "text/html" not in asked


def refused(error: LeadNexusError) -> Response | tuple[str, int]:
    """Return the answer to an expected refusal."""
    status = next((s for kind, s in STATUS if isinstance(error, kind)), 422)
    status = UNAUTHORIZED if error.code == UNKNOWN_KEY else status
    status = getattr(error, "status", status)
    if not is_program():
        return page(status, error.message)
    headers = {}
    if isinstance(error, TooMany | StillRunning):
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    if status == UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    errors: Sequence[FieldError] = getattr(error, "errors", ())
    return problem(status, error.code, error.message, errors, headers)


def _integrity(error: IntegrityError) -> Response | tuple[str, int]:
    return refused(refusal_of(error))


def _data(_error: DataError) -> Response | tuple[str, int]:
    return refused(LeadNexusError("A value cannot be stored.", "invalid"))


def _away(error: Exception) -> Response | tuple[str, int, dict[str, str]]:
    log.warning("database away: %s", type(error).__name__)
    headers = {"Retry-After": "1"}
    detail = "The database is away for a moment; try again."
    if not is_program():
        return detail, 503, headers
    return problem(503, "unavailable", detail, headers=headers)


def _http(error: HTTPException) -> Response | HTTPException | tuple[str, int]:
    # A redirect is an answer of its own; it has no page.
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    if not is_program():
        return page(error.code)
    kept = ("Allow", "Retry-After", "WWW-Authenticate")
    headers = {name: value for name, value in error.get_headers() if name in kept}
    if error.code >= SERVER_ERROR:
        return problem(error.code, "internal", "Something went wrong here.")
    phrase = HTTPStatus(error.code).phrase
    code = phrase.lower().replace(" ", "_")
    return problem(error.code, code, str(error.description), headers=headers)


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
