"""The `q` of a list, in Rison or JSON: read and checked before FAB sees it."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import prison
from flask import request
from flask_appbuilder.api.schemas import get_list_schema

from app.domain.body import why_unstorable
from app.problem import BadBody
from app.views.base import MAX_VALUES, TypedFilter, typed

MAX_Q = 8000
MAX_OFFSET = 1_000_000
MAX_SIZE = 100
FAULTS = (
    prison.decoder.ParserException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)


def read_arguments() -> dict[str, Any]:
    """Return the arguments of a list; raises BadBody (400) for what is none."""
    text = request.args.get("q", "")
    if not text:
        return {}
    if len(text) > MAX_Q:
        raise refused("Send a shorter q.")
    try:
        found = json.loads(text) if text.startswith("{") else prison.loads(text)
        jsonschema.validate(found, get_list_schema)
    except FAULTS:
        raise refused("q is neither Rison nor JSON.") from None
    except jsonschema.ValidationError as error:
        place = ".".join(map(str, error.absolute_path)) or "q"
        raise refused(f"{place} is not what a list understands.") from None
    if reason := why_unstorable(found):
        raise refused(reason)
    arguments: dict[str, Any] = found
    return arguments


def read_page(arguments: Mapping[str, Any], default: int) -> tuple[int, int]:
    """Return page (from 0) and page size (1 to 100); raises BadBody."""
    page, size = arguments.get("page", 0), arguments.get("page_size", default)
    if not isinstance(page, int) or not isinstance(size, int):
        raise refused("page and page_size are whole numbers.")
    size = min(max(size, 1), MAX_SIZE)
    if not 0 <= page * size <= MAX_OFFSET:
        raise refused("There is no such page; narrow the list by a filter.")
    return page, size


def check_filters(
    filters: list[dict[str, Any]],
    allowed: Mapping[str, list[TypedFilter]],
    columns: Mapping[str, Any],
) -> None:
    """Check columns, operators and the types of values; raises BadBody."""
    for item in filters:
        name, operator, value = item["col"], item["opr"], item["value"]
        if name not in allowed:
            raise refused(f"There is no filter on {name}.")
        operators = [known.arg_name for known in allowed[name]]
        if operator not in operators:
            raise refused(f"{name} is filtered by {', '.join(map(str, operators))}.")
        values = value if isinstance(value, list) else [value]
        if isinstance(value, list) and operator != "in":
            raise refused(f"{operator} takes one value.")
        if len(values) > MAX_VALUES:
            raise refused(f"Send at most {MAX_VALUES} values.")
        for one in values:
            try:
                typed(columns[name], one)
            except ValueError as error:
                raise refused(f"{name}: {error}") from None


def refused(message: str) -> BadBody:
    """Return the refusal of an argument."""
    return BadBody(message, "bad_argument")
