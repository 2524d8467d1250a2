"""The OpenAPI document of the doors: in `/api/v1/_openapi` for staff, and for all.

`/api/openapi.json` needs no log-in: it holds no data and no secret.
"""

import re
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response, jsonify
from flask_appbuilder.api import BaseApi
from marshmallow import Schema

from app.api.doors import BOTH, DOORS, WORDS, Door
from app.domain.people import Role
from app.problem import MEDIA_TYPE
from app.settings import settings

PART = re.compile("<([a-z_]+)>")
KEY = {"type": "apiKey", "in": "header", "name": "X-Api-Key"}
TOKEN = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
ERROR = {
    "type": "object",
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
}
REFUSED = {
    401: "Nobody is logged in, or the key opens nothing.",
    403: "It is the other side's, or a right is missing.",
    404: "There is no such thing, or it is another's.",
    422: "Fields or parameters are wrong; all of them are told.",
    429: "Too many; `Retry-After` says when to try again.",
}

blueprint = Blueprint("document", __name__)


class PortalDocument(BaseApi):
    """What makes the doors appear in Flask-AppBuilder's own document."""

    resource_name = "portal"
    class_permission_name = "OpenApi"

    def add_api_spec(self, api_spec: APISpec) -> None:
        """Add every door."""
        add_doors(api_spec)


@blueprint.get("/api/openapi.json")
def openapi() -> Response:
    """Tell programmers of partners and vendors what there is."""
    spec = APISpec(
        title="Lead Nexus for partners and vendors",
        version="1",
        openapi_version="3.0.2",
        servers=[{"url": settings.public_url}],
        plugins=[MarshmallowPlugin(schema_name_resolver=_name_of)],
    )
    add_doors(spec)
    return jsonify(spec.to_dict())


def add_doors(spec: APISpec) -> None:
    """Describe every door in the document."""
    spec.components.schema("Problem", PROBLEM)
    spec.components.security_scheme("api_key", KEY)
    spec.components.security_scheme("token", TOKEN)
    for door in DOORS:
        spec.path(
            path=PART.sub(r"{\1}", door.rule),
            operations={door.method.lower(): _operation(door)},
        )


def _operation(door: Door) -> dict[str, Any]:
    whose = " and ".join(WORDS[role] for role in Role if role in door.roles)
    tag = "partners and vendors" if door.roles == BOTH else _tag(door)
    operation: dict[str, Any] = {
        "tags": [tag],
        "operationId": door.name,
        "summary": door.summary,
        "description": f"For {whose} people and keys with the right to "
        f"{door.right.name}.",
        "security": [{"token": []}, {"api_key": []}],
        "parameters": _parameters(door),
        "responses": {str(door.status): _answer(door), **_refusals(door)},
    }
    if door.body is not None:
        content = {"application/json": {"schema": _body(door)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _tag(door: Door) -> str:
    return "partners" if Role.client in door.roles else "vendors"


def _parameters(door: Door) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [
        {"in": "path", "name": name, "required": True, "schema": TEXT}
        for name in PART.findall(door.rule)
    ]
    if door.query is not None:
        parts.append({"in": "query", "schema": door.query})  # apispec spells it out
    return parts


def _body(door: Door) -> Any:  # noqa: ANN401 - a schema, or its description
    if door.method != "PATCH" or door.body is None:
        return door.body
    return {"allOf": [door.body], "description": "What is left out stays."}


def _answer(door: Door) -> dict[str, Any]:
    if door.answer is None:
        return {"description": "Done."}
    if door.query is None:
        return {"description": "Done.", "content": _json(door.answer)}
    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": door.answer},
            "page": {**WHOLE, "nullable": True},
            "page_size": WHOLE,
            "total": {**WHOLE, "description": "Exact up to 10,000."},
            "more": {"type": "boolean", "description": "There are more than `total`."},
            "next": {**TEXT, "nullable": True},
        },
    }
    content = {**_json(page), "text/csv": {"schema": TEXT}}
    return {"description": "One part of the list.", "content": content}


def _refusals(door: Door) -> dict[str, Any]:
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    has_part = bool(PART.search(door.rule))
    takes = door.query is not None or door.body is not None
    told = {404: has_part, 422: takes}
    return {
        str(status): {"description": text, "content": problem}
        for status, text in REFUSED.items()
        if told.get(status, True)
    }


def _json(schema: Any) -> dict[str, Any]:  # noqa: ANN401 - a schema or description
    return {"application/json": {"schema": schema}}


def _name_of(schema: Schema | type[Schema]) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")
