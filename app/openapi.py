"""What every part of the OpenAPI documents says alike: problems, keys, bodies, paths.

What is generated for staff, the doors of partners and vendors, and what stands on its
own are told by their edges; none of them spells a refusal by itself.
"""

import re
from collections.abc import Iterable
from typing import Any

from apispec import APISpec
from apispec.exceptions import DuplicateComponentNameError
from marshmallow import Schema

from app.problem import MEDIA_TYPE

PART = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
TRUTH = {"type": "boolean"}
ID, TIME = {"type": "integer", "minimum": 1}, {"type": "string", "format": "date-time"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
TOKEN = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
ONCE = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "The same key and body get the same answer, for 7 days.",
    "schema": {**TEXT, "minLength": 1, "maxLength": 200},
}
ERROR = {
    "type": "object",
    "required": ["field", "code", "message"],
    "properties": {"field": TEXT, "code": TEXT, "message": TEXT},
}
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "code"), TEXT),
        "status": WHOLE,
        "errors": {"type": "array", "items": ERROR},
    },
    "additionalProperties": False,
}
REFUSED = {
    400: "The body or the arguments cannot be read.",
    401: "Nobody is logged in, or the key opens nothing.",
    403: "It is another's side, or a right is missing.",
    404: "There is no such thing, or it is another's.",
    409: "It is taken, or the state of things forbids it.",
    410: "It takes nothing any more.",
    413: "The body is too large.",
    415: "The body is of another content type.",
    422: "Fields or parameters are wrong; all of them are told.",
    429: "Too many; `Retry-After` says when to try again.",
}
DESCRIPTION = """\
Money is a whole number in the currency's minor unit, times are RFC 3339 in UTC. Every
refusal is a problem (RFC 9457); besides those told of a call there are 405 for another
method, and 503 with `Retry-After` while the database is away.
"""
BODY = frozenset({400, 413, 415, 422})

Json = dict[str, Any]


def add_components(spec: APISpec) -> None:
    """Add what the operations refer to; a document may be given it more than once."""
    spec.options.setdefault("info", {})["description"] = DESCRIPTION
    components = spec.components
    for add, name, shape in (
        (components.schema, "Problem", PROBLEM),
        (components.security_scheme, "api_key", KEY),
        (components.security_scheme, "token", TOKEN),
    ):
        try:
            add(name, shape)
        except DuplicateComponentNameError:
            continue


def path_of(rule: str) -> str:
    """Spell Flask's rule as the document does."""
    return PART.sub(r"{\1}", rule)


def path_parameters(rule: str) -> list[Json]:
    """Return the parts of a rule's address as parameters."""
    return [
        {"in": "path", "name": name, "required": True, "schema": TEXT}
        for name in PART.findall(rule)
    ]


def refusals(statuses: Iterable[int]) -> Json:
    """Return the problems that a call answers with."""
    shown = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": REFUSED[status], "content": shown}
        for status in sorted(statuses)
    }


def answer(schema: Schema | Json | None, description: str = "Done.") -> Json:
    """Return an answer; without a schema it has no body."""
    if schema is None:
        return {"description": description}
    return {"description": description, "content": as_json(schema)}


def request_body(schema: Schema | Json, *, required: bool = True) -> Json:
    """Return the body that a call takes."""
    return {"required": required, "content": as_json(schema)}


def as_json(schema: Schema | Json) -> Json:
    """Return the content of a JSON body."""
    return {"application/json": {"schema": schema}}


def object_of(required: Iterable[str] = (), /, **properties: Any) -> Json:  # noqa: ANN401
    """Return the schema of an object that holds these and nothing else."""
    shape = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def list_of(items: Any) -> Json:  # noqa: ANN401 - a schema, or its description
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def nullable(shape: Json) -> Json:
    """Return the schema of what may be null besides."""
    return {**shape, "nullable": True}
