"""What the OpenAPI document says of the resources: made of what they take and answer.

Flask-AppBuilder's own descriptions tell of statuses and bodies that nobody gets here.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from apispec import APISpec
from flask_appbuilder.api.manager import OpenApi as FabOpenApi
from marshmallow import Schema, fields

from app import openapi
from app.openapi import BODY, ID, TEXT, WHOLE, Json
from app.schemas import Strict

Call = TypeVar("Call", bound=Callable[..., Any])
DOORS = frozenset({401, 403})
FOUND = DOORS | {404}
CONFLICT = frozenset({409})
STAFF = [{"token": list[str]()}]
TITLES = {
    "get_list": "List {}.",
    "get": "Tell one of {}.",
    "post": "Add one to {}.",
    "put": "Change one of {}; what is left out stays.",
    "delete": "Refuse: what has a history is archived, not deleted.",
}
Q = {
    "in": "query",
    "name": "q",
    "description": "Rison or JSON: page (from 0), page_size, order, filters, columns.",
    "schema": TEXT,
}
COLUMNS = {**Q, "description": "Rison or JSON: `columns`."}
MORE = {"type": "boolean", "description": "There are more than `count`."}


@dataclass(frozen=True)
class Told:
    """What a call of a resource's own takes and answers."""

    answer: Any
    status: int
    body: Schema | None
    refuses: frozenset[int]
    others: Mapping[int, Any]
    needs_body: bool


def told(
    answer: Any,  # noqa: ANN401 - a schema, its description, or a column list's name
    *,
    status: int = 200,
    body: Schema | None = None,
    refuses: Collection[int] = (),
    others: Mapping[int, Any] | None = None,
    needs_body: bool = True,
) -> Callable[[Call], Call]:
    """Say what a call takes and answers; `refuses` besides what every call does.

    `others` are answers by a status of their own.
    """

    def mark(call: Call) -> Call:
        found = frozenset(refuses) | (BODY if body else frozenset())
        vars(call)["told"] = Told(answer, status, body, found, others or {}, needs_body)
        return call

    return mark


def describe(api: Any, spec: APISpec) -> None:  # noqa: ANN401 - a resource
    """Add every route of a resource to the document."""
    openapi.add_components(spec)
    for name in sorted(api.include_route_methods or {"get"}):
        call = getattr(api, name)
        for url, methods in call._urls:  # noqa: SLF001 - FAB's own mark of a route
            rule = f"{api.route_base}{url}"
            operation = _operation(api, spec, name, call, rule)
            if "POST" in methods and not vars(call.__func__).get("keyless"):
                _say_once(operation)
            spec.path(
                path=openapi.path_of(rule),
                operations={method.lower(): operation for method in methods},
            )


def _say_once(operation: Json) -> None:
    """Say that a call takes effect once for each key, and when one is refused."""
    operation["parameters"] = [*operation["parameters"], openapi.ONCE]
    operation["responses"] |= openapi.refusals({409, 422})


def _operation(
    api: Any,  # noqa: ANN401
    spec: APISpec,
    name: str,
    call: Any,  # noqa: ANN401
    rule: str,
) -> Json:
    found = vars(call.__func__).get("told")
    made = _own(api, spec, found) if found else _generated(api, spec, name)
    has_part = "<" in rule
    statuses = made.pop("refuses") | (FOUND if has_part else DOORS)
    title = TITLES[name].format(api.resource_name) if not found else str(call.__doc__)
    return {
        "tags": [api.resource_name],
        "operationId": f"{api.resource_name}.{name}",
        "summary": title.partition("\n")[0],
        "security": STAFF,
        **made,
        "parameters": openapi.path_parameters(rule) + made.get("parameters", []),
        "responses": {**made["responses"], **openapi.refusals(statuses)},
    }


def _own(api: Any, spec: APISpec, call: Told) -> Json:  # noqa: ANN401
    shape = _item(api, spec) if call.answer == "item" else _named(spec, call.answer)
    shapes = {call.status: shape}
    shapes |= {status: _named(spec, one) for status, one in call.others.items()}
    answers = {str(status): openapi.answer(one) for status, one in shapes.items()}
    made: Json = {"responses": answers, "refuses": call.refuses}
    if call.body is not None:
        made["requestBody"] = openapi.request_body(
            _named(spec, call.body), required=call.needs_body
        )
    return made


def _named(spec: APISpec, shape: Any) -> Any:  # noqa: ANN401 - a schema, or JSON
    """Add a schema once, although several calls share it, and refer to it."""
    if not isinstance(shape, Schema):
        return shape
    name = type(shape).__name__
    if name not in spec.components.schemas:
        spec.components.schema(name, schema=shape)
    return {"$ref": f"#/components/schemas/{name}"}


def _generated(api: Any, spec: APISpec, name: str) -> Json:  # noqa: ANN401
    if name == "get_list":
        known = api.list_model_schema.fields
        shown = {k: field for k, field in api.extra_shown.items() if k in known}
        listed = _component(api, spec, "listed", api.list_model_schema, shown)
        return _read(_page(listed), [Q, *api.list_parameters])
    if name == "get":
        return _read(_item(api, spec), [COLUMNS])
    if name == "delete":
        return {"responses": {}, "refuses": CONFLICT}
    is_new = name == "post"
    kind, body = (
        ("new", api.add_model_schema) if is_new else ("change", api.edit_model_schema)
    )
    sent = _component(api, spec, kind, body, {})
    if not is_new:
        spec.components.schemas[f"{api.resource_name}.change"].pop("required", None)
    shape = _item(api, spec, "made" if is_new else "shown")
    return {
        "requestBody": openapi.request_body(sent),
        "responses": {"201" if is_new else "200": openapi.answer(shape)},
        "refuses": BODY | (CONFLICT if api.may_conflict else frozenset()),
    }


def _read(shape: Json, parameters: list[Json]) -> Json:
    return {
        "parameters": parameters,
        "responses": {"200": openapi.answer(shape)},
        "refuses": frozenset({400}),
    }


def _page(shown: Json) -> Json:
    count = {**WHOLE, "minimum": 0, "description": "Exact up to 10,000."}
    return openapi.object_of(
        ["count", "ids", "result"],
        count=count,
        ids=openapi.list_of(ID),
        result=openapi.list_of(shown),
        more=MORE,
    )


def _item(api: Any, spec: APISpec, kind: str = "shown") -> Json:  # noqa: ANN401
    once = api.shown_once if kind == "made" else {}
    shown = _component(
        api, spec, kind, api.show_model_schema, {**api.extra_shown, **once}
    )
    return openapi.object_of(["id", "result"], id=ID, result=shown)


def _component(
    api: Any,  # noqa: ANN401
    spec: APISpec,
    kind: str,
    schema: Schema,
    more: Mapping[str, fields.Field[Any]],
) -> Json:
    """Add a schema with what is told besides, and refer to it."""
    name = f"{api.resource_name}.{kind}"
    if name not in spec.components.schemas:
        known = {**schema.fields, **more}
        spec.components.schema(name, schema=Strict.from_dict(known, name=name))
    return {"$ref": f"#/components/schemas/{name}"}


class OpenApi(FabOpenApi):
    """Flask-AppBuilder's document, which describes itself like the rest."""

    def add_api_spec(self, spec: APISpec) -> None:
        """Add the document's own address."""
        openapi.add_components(spec)
        rule = f"{self.route_base}/<version>/_openapi"
        operation = {
            "tags": ["document"],
            "operationId": "openapi",
            "summary": "Tell what there is.",
            "security": STAFF,
            "parameters": openapi.path_parameters(rule),
            "responses": {
                "200": openapi.answer({"type": "object"}),
                **openapi.refusals(FOUND),
            },
        }
        spec.path(path=openapi.path_of(rule), operations={"get": operation})
