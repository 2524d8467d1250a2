"""The OpenAPI document as JSON Schema, to hold real answers against."""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

Json = dict[str, Any]


class Declared:
    """What a document declares of its answers."""

    def __init__(self, document: Json) -> None:
        self.components = as_json_schema(document["components"])

    def why_unfit(
        self, operation: Json, answer: TestResponse, *, whole: bool = True
    ) -> str | None:
        """Return how an answer differs from what its operation declares, or None.

        `whole` asks for every property of what was answered, as rows have them.
        """
        declared = operation["responses"].get(str(answer.status_code))
        if declared is None:
            return f"{answer.status_code} is not declared: {answer.text[:300]}"
        if "content" not in declared:
            return "an undeclared body" if answer.data else None
        shape = declared["content"].get(answer.mimetype)
        if shape is None:
            return f"{answer.mimetype} is not declared"
        if answer.mimetype not in {"application/json", "application/problem+json"}:
            return None
        schema = {**as_json_schema(shape["schema"]), "components": self.components}
        if whole and answer.mimetype == "application/json":
            schema = _whole(schema)
        checker = Draft202012Validator(schema, format_checker=FormatChecker())
        wrong = checker.iter_errors(answer.json)
        told = [f"{error.json_path}: {error.message[:200]}" for error in wrong]
        return "; ".join(told[:3]) or None


def as_json_schema(shape: Any) -> Any:
    """Return a schema of OpenAPI 3.0 as one of JSON Schema: null is a type there."""
    if isinstance(shape, list):
        return [as_json_schema(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    # A property may be called nullable; the keyword is true or false.
    made = {
        k: as_json_schema(v) for k, v in shape.items() if (k, v) != ("nullable", True)
    }
    return made if len(made) == len(shape) else {"anyOf": [made, {"type": "null"}]}


def _whole(shape: Any) -> Any:
    """Ask for every property where nothing else may stand."""
    if isinstance(shape, list):
        return [_whole(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    made = {key: _whole(value) for key, value in shape.items()}
    closed = made.get("additionalProperties") is False and "required" not in made
    return {**made, "required": list(made["properties"])} if closed else made
