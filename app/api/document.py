"""The OpenAPI document of the doors: in `/api/v1/_openapi` for staff, and for all.

`/api/openapi.json` needs no log-in: it holds no data and no secret.
"""

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response, jsonify
from flask_appbuilder.api import BaseApi
from marshmallow import Schema

from app import openapi
from app.api.doors import BOTH, DOORS, WORDS, Door
from app.api.public import add_public
from app.domain.people import Role
from app.openapi import BODY, ONCE, TEXT, WHOLE, nullable, object_of
from app.settings import settings

blueprint = Blueprint("document", __name__)


class PortalDocument(BaseApi):
    """What makes the doors appear in Flask-AppBuilder's own document."""

    resource_name = "portal"
    class_permission_name = "OpenApi"

    def add_api_spec(self, api_spec: APISpec) -> None:
        """Add every door."""
        add_doors(api_spec)


@blueprint.get("/api/openapi.json")
def tell() -> Response:
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
    openapi.add_components(spec)
    add_public(spec)
    for door in DOORS:
        spec.path(
            path=openapi.path_of(door.rule),
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
        operation["requestBody"] = openapi.request_body(_body(door))
    return operation


def _tag(door: Door) -> str:
    return "partners" if Role.client in door.roles else "vendors"


def _parameters(door: Door) -> list[dict[str, Any]]:
    parts = openapi.path_parameters(door.rule)
    if door.query is not None:
        parts.append({"in": "query", "schema": door.query})  # apispec spells it out
    if _makes(door):
        parts.append(ONCE)
    return parts


def _body(door: Door) -> Any:  # noqa: ANN401 - a schema, or its description
    if door.method != "PATCH" or door.body is None:
        return door.body
    return {"allOf": [door.body], "description": "What is left out stays."}


def _answer(door: Door) -> dict[str, Any]:
    if door.query is None:
        return openapi.answer(door.answer)
    page = object_of(
        ["items", "page", "page_size", "total", "next"],
        items=openapi.list_of(door.answer),
        page=nullable(WHOLE),
        page_size=WHOLE,
        total={**WHOLE, "description": "Exact up to 10,000."},
        more={"type": "boolean", "description": "There are more than `total`."},
        next=nullable(TEXT),
    )
    found = openapi.answer(page, "One part of the list.")
    found["content"]["text/csv"] = {"schema": TEXT}
    return found


def _refusals(door: Door) -> dict[str, Any]:
    statuses = {401, 403, 429, *door.refuses}
    if door.rule != openapi.path_of(door.rule):
        statuses.add(404)
    if door.query is not None:
        statuses.add(422)
    if door.body is not None:
        statuses |= BODY
    if _makes(door):
        statuses.add(409)  # while the first call with the key is still running
    return openapi.refusals(statuses)


def _makes(door: Door) -> bool:
    """Say whether the door makes something, once for each Idempotency-Key."""
    return door.method == "POST" and door.body is not None


def _name_of(schema: Schema | type[Schema]) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")
