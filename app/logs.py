"""JSON logs with a request id, one line each; ids only, never contact data."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime

from flask import Flask, Response, g, has_app_context, request
from uuid_utils import uuid7
from werkzeug.datastructures import Headers

from app.metrics import BUCKETS_S, observe

log = logging.getLogger(__name__)

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
QUIET = ("/healthz", "/readyz", "/static/", "/assets/")


class JsonFormatter(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; the request's id is added where there is one."""
        line: dict[str, object] = {
            "at": _instant(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_app_context() and (request_id := g.get("request_id")):
            line["request_id"] = request_id
        if record.exc_info:
            line["exception"] = describe(record.exc_info[1])
        return json.dumps(line)


def _instant(at_s: float) -> str:
    at = datetime.fromtimestamp(at_s, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def describe(error: BaseException | None) -> list[str]:
    """Return where an error arose, without its text: that may quote a row."""
    places: list[str] = []
    while error is not None:
        traceback = error.__traceback__
        while traceback is not None:
            code = traceback.tb_frame.f_code
            places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
            traceback = traceback.tb_next
        places.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return places[-40:]


def configure(level: str) -> None:
    """Send every record of the process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    # What no line of ours says need not be found out for each.
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    root.setLevel(level)
    for chatty in ("rq.worker", "flask_appbuilder", "alembic", "flask_limiter"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def init_app(app: Flask) -> None:
    """Give each request an id, say it in the answer, and log one line of it."""
    configure(app.config["SETTINGS"].log_level)
    app.before_request(_begin)
    app.after_request(_end)


def begin(headers: Headers) -> None:
    """Give the request an id, and note when it began."""
    given = headers.get("X-Request-Id", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else uuid7().hex
    g.began = time.perf_counter()


def end(method: str, rule: str, response: Response) -> Response:
    """Say the request's id in its answer; count it, and log a line of it."""
    took_s = time.perf_counter() - g.get("began", time.perf_counter())
    response.headers["X-Request-Id"] = g.get("request_id", "")
    status = response.status_code
    observe(
        "request_seconds",
        took_s,
        BUCKETS_S,
        method=method,
        rule=rule,
        status=f"{status // 100}xx",
    )
    # What happened to a lead has a line of its own.
    if not g.get("is_told") and not rule.startswith(QUIET):
        log.info("%s %s %s %.1fms", method, rule, status, 1000 * took_s)
    return response


def _begin() -> None:
    begin(request.headers)


def _end(response: Response) -> Response:
    # A method is what anybody sends; each one kept would be a row for ever.
    method = request.method if request.method in METHODS else "other"
    # The rule, not the path: a path may hold what a person typed.
    return end(method, request.url_rule.rule if request.url_rule else "-", response)
