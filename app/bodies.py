"""Bodies: reading an object, JSON or a form, strictly, before anybody looks in."""

import json
import math
from collections.abc import Mapping
from typing import Any

from flask import Request, request

from app.domain.body import MAX_DEPTH, why_unstorable
from app.problem import BadBody

MAX_BYTES = 256 * 1024
FORM = "application/x-www-form-urlencoded"
FLAGS = {"true": True, "1": True, "on": True, "yes": True, "false": False, "0": False}


def json_object(max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return this request's body as `read_object` does."""
    return read_object(request, max_bytes)


def read_object(request: Request, max_bytes: int) -> dict[str, Any]:
    """Return a request's body, a JSON object in UTF-8 of at most `max_bytes`.

    Raises BadBody: 415 for another content type, 413 too large, 400 otherwise (not
    JSON, NaN, a name twice, too deep, not an object).
    """
    if not request.is_json:
        message = "Send JSON, with Content-Type: application/json."
        raise BadBody(message, "unsupported_media_type", 415)
    if (request.content_length or 0) > max_bytes:
        raise BadBody(f"Send at most {max_bytes} bytes.", "too_large", 413)
    return parse_object(request.get_data(), max_bytes)


def optional_object() -> dict[str, Any]:
    """Return the request's object, or an empty one where nothing was sent."""
    return json_object() if request.content_length else {}


def read_object_or_form(request: Request, max_bytes: int) -> dict[str, Any]:
    """Return a request's object, sent as JSON or as a form; raises BadBody."""
    if request.mimetype != FORM:
        return read_object(request, max_bytes)
    # Without a length a form would be read to whatever end it has.
    if request.content_length is None or request.content_length > max_bytes:
        raise BadBody(f"Send at most {max_bytes} bytes.", "too_large", 413)
    body = read_form(request.form.to_dict(flat=False))
    if reason := why_unstorable(body):
        raise BadBody(reason, "not_storable")
    return body


def read_form(pairs: Mapping[str, list[str]]) -> dict[str, Any]:
    """Turn form fields into the object that JSON would have sent.

    `consent.text` and `fields.roof` nest; several values become a list; `test` may be
    spelled true, 1, on or yes.
    """
    body: dict[str, Any] = {}
    for name, values in pairs.items():
        value: Any = values if len(values) > 1 else values[0]
        group, dot, leaf = name.partition(".")
        if dot and group in {"consent", "fields"}:
            nested = body.setdefault(group, {})
            if isinstance(nested, dict):
                nested[leaf] = value
        elif name == "test":
            body[name] = FLAGS.get(str(value).lower(), value)
        else:
            body[name] = value
    return body


def parse_object(raw: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Return the JSON object that the bytes spell; raises BadBody."""
    if len(raw) > max_bytes:
        raise BadBody(f"Send at most {max_bytes} bytes.", "too_large", 413)
    try:
        body = json.loads(
            raw.decode(),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise BadBody("The body is nested too deep.", "too_deep") from None
    except ValueError:
        raise BadBody("The body is not JSON in UTF-8.", "not_json") from None
    if not isinstance(body, dict):
        raise BadBody("Send a JSON object.", "not_an_object")
    # JSON has odd text only by escapes, and no more levels than brackets.
    is_plain = b"\\u" not in raw and raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH
    if not is_plain and (reason := why_unstorable(body)):
        raise BadBody(reason, "not_storable")
    return body


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("too large a number")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
