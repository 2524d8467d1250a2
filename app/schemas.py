"""Rows as JSON: strict types in, the contract's forms out.

Foreign keys are `<name>_id` integers, enums are their names, times RFC 3339 in UTC.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Uuid,
    inspect,
)
from sqlalchemy import Enum as EnumColumn

from app.bodies import json_object, optional_object
from app.db import transaction
from app.domain.errors import FieldError, InvalidInput, LeadNexusError
from app.domain.not_yet import in_use
from app.models.base import Base
from app.services.trace import rfc3339
from app.shapes import SHAPES

T = TypeVar("T")
UNKNOWN = "This field is not known."
READ_ONLY = "This field cannot be set."
REQUIRED = "This field is required."
NULL = "This field may not be null."
CODES = {UNKNOWN: "unknown", READ_ONLY: "read_only", REQUIRED: "required", NULL: "null"}
MESSAGES: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": REQUIRED,
    "null": NULL,
}


class Strict(Schema):
    """A schema that names every field it does not know."""

    error_messages = {"unknown": UNKNOWN}

    class Meta:
        """Refuse what is not known."""

        unknown = RAISE


class Whole(fields.Integer):
    """A whole number of 64 bits; 2.7, "25" and true are none."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:  # noqa: ANN401
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError("Send a whole number.")
        if not -(2**63) <= value < 2**63:
            raise ValidationError("Send a smaller number.")
        return value


class Truth(fields.Boolean):
    """True or false; no word or number stands for them."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:  # noqa: ANN401
        if not isinstance(value, bool):
            raise ValidationError("Send true or false.")
        return value


class Text(fields.String):
    """A text; what else it must be is the service's to say."""

    default_error_messages = MESSAGES

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        return None if value is None else str(value)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:  # noqa: ANN401
        if not isinstance(value, str):
            raise ValidationError("Send a text.")
        return value


class Choice(fields.Field[Enum]):
    """A member of an enum, by its name."""

    default_error_messages = MESSAGES

    def __init__(self, members: type[Enum], **kwargs: Any) -> None:  # noqa: ANN401
        self.members = in_use(members)
        super().__init__(metadata={"enum": list(self.members)}, **kwargs)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        return None if value is None else value.name

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Enum:  # noqa: ANN401
        if not isinstance(value, str) or value not in self.members:
            raise ValidationError(f"Choose one of {', '.join(self.members)}.")
        return self.members[value]


class Time(fields.DateTime):
    """A time, shown as RFC 3339 in UTC; one that is sent says its zone."""

    default_error_messages = MESSAGES

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:  # noqa: ANN401
        message = "Send a time such as 2026-11-20T10:00:00Z."
        try:
            sent = datetime.fromisoformat(value if isinstance(value, str) else "")
            in_utc = sent.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(message) from None
        if sent.tzinfo is None:
            raise ValidationError(message)
        return in_utc

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:  # noqa: ANN401
        return rfc3339(value)


class Fraction(fields.Float):
    """A number from 0 to 1."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        return None if value is None else float(value)


class Wallet(Strict):
    """What a wallet holds; the balance includes what is held."""

    balance_cents = Whole()
    held_cents = Whole()
    available_cents = Whole()
    currency = Text()


class Overlap(Strict):
    """How long the old key opens yet: minutes, at most a week; a day by default."""

    overlap_minutes = Whole(allow_none=True)


ONCE = {"description": "Shown this once; null to a repeat.", "x-once": True}


class NewKey(Strict):
    """A source's new key, shown this once."""

    id = Whole()
    api_key = Text(allow_none=True, metadata=ONCE)
    key_prefix = Text()
    old_key_until = Time(allow_none=True)


class NewSecret(Strict):
    """An endpoint's new signing secret, shown this once."""

    id = Whole()
    signing_secret = Text(allow_none=True, metadata=ONCE)
    old_secret_until = Time(allow_none=True)


def read_body(schema: Schema, *, optional: bool = False) -> dict[str, Any]:
    """Return the request's body as a schema reads it; raises InvalidInput.

    An `optional` body may be left out.
    """
    body = optional_object() if optional else json_object()
    try:
        found: dict[str, Any] = schema.load(body)
    except ValidationError as wrong:
        raise InvalidInput(field_errors(wrong)) from None
    return found


def write_body(
    schema: Schema,
    write: Callable[[Mapping[str, Any]], T],
    *,
    partial: bool,
    shown: Collection[str],
) -> T:
    """Read the request's body by a schema and write it; return what writing returns.

    What has a wrong type and what the service refuses are told in one answer.
    `shown` names what is told but not set. Raises InvalidInput with every error.
    """
    body, errors = json_object(), list[FieldError]()
    try:
        data = schema.load(body, partial=partial)
    except ValidationError as wrong:
        data = wrong.valid_data
        errors = field_errors(wrong, shown)
    if not errors:
        return write(data)
    # Only to learn what else is wrong: nothing of this is kept.
    try:
        with transaction():
            write(data)
            raise InvalidInput
    except LeadNexusError as more:
        named = {error.field for error in errors}
        also = getattr(more, "errors", ()) if isinstance(more, InvalidInput) else ()
        errors += [error for error in also if error.field not in named]
    raise InvalidInput(errors)


def field_errors(
    refused: ValidationError, shown: Collection[str] = ()
) -> list[FieldError]:
    """Return the errors of a body; what is shown but not set is told as read-only."""
    messages: Any = refused.messages
    found = []
    for name, texts in messages.items():
        text = texts[0] if isinstance(texts, list) else str(texts)
        if text == UNKNOWN and name in shown:
            text = READ_ONLY
        found.append(FieldError(str(name), CODES.get(text, "type"), text))
    return found


def schema_of(
    model: type[Base],
    name: str,
    names: Sequence[str],
    **extra: fields.Field[Any],
) -> Schema:
    """Return a schema of a model's columns, in order, and of what is told besides."""
    table = inspect(model).columns
    made = {one: column_field(table[one]) for one in names if one not in extra}
    return Strict.from_dict({**made, **extra}, name=name)()


def column_field(column: Column[Any]) -> fields.Field[Any]:
    """Return the field that shows and takes a column's values."""
    kind = column.type
    if isinstance(kind, LargeBinary):
        raise TypeError(f"{column} holds what is never shown")
    has_default = column.server_default is not None or column.default is not None
    options: dict[str, Any] = {
        "required": not (column.nullable or has_default or column.primary_key),
        "allow_none": bool(column.nullable),
    }
    if isinstance(kind, EnumColumn) and kind.enum_class is not None:
        return Choice(kind.enum_class, **options)
    if isinstance(kind, JSON):
        return fields.Raw(metadata=dict(SHAPES.get(column.name, {})), **options)
    for known, made in (
        (Boolean, Truth),
        (Integer, Whole),
        (String, Text),
        (DateTime, Time),
        (Numeric, Fraction),
        (Uuid, Text),
    ):
        if isinstance(kind, known):
            return made(**options)
    raise TypeError(f"{column} has no form in JSON")
