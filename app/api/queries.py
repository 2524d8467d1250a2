"""The query of a list: which part of it, narrowed how, in which form; strictly read."""

import base64
import re
from datetime import UTC, datetime, time, timedelta
from enum import Enum
from typing import Any

from flask import request
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from app.domain.body import why_unstorable
from app.domain.errors import FieldError, InvalidInput
from app.domain.not_yet import in_use
from app.schemas import UNKNOWN, field_errors
from app.services.paging import Asked

MAX_SIZE = 100
MAX_ROWS = 10_000
MAX_OFFSET = 100_000
DIGITS = re.compile("[0-9]{1,18}")
DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
SLUG = re.compile("[a-z0-9-]{1,64}")


class Number(fields.Integer):
    """A whole number from 1, in plain digits."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:  # noqa: ANN401
        if not DIGITS.fullmatch(value) or not int(value):
            raise ValidationError("Send a whole number from 1.")
        return int(value)


class Slug(fields.String):
    """A campaign's slug."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:  # noqa: ANN401
        if not SLUG.fullmatch(value):
            raise ValidationError("Send a slug, like solar-roofs.")
        return str(value)


class Moment(fields.DateTime):
    """A time, or a day of UTC: its beginning, or with `ends` the next day's."""

    def __init__(self, data_key: str, *, ends: bool = False) -> None:
        super().__init__(data_key=data_key, metadata={"example": "2026-11-21"})
        self.ends = ends

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:  # noqa: ANN401
        try:
            at = datetime.fromisoformat(value)
            if DAY.fullmatch(value):
                start = datetime.combine(at.date(), time(), UTC)
                return start + timedelta(days=1) if self.ends else start
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            message = "Send a day or a time, like 2026-11-21T10:00:00Z."
            raise ValidationError(message) from None


class Query(Schema):
    """What every list understands."""

    error_messages = {"unknown": UNKNOWN}

    class Meta:
        """Refuse what is not known: a misspelled filter would show everything."""

        unknown = RAISE

    page = Number(metadata={"description": "From 1; without `after`."})
    page_size = Number(metadata={"description": "At most 100; a CSV's 10,000."})
    after = fields.String(metadata={"description": "The `next` of a page before."})
    format = fields.String(validate=validate.OneOf(["json", "csv"]))


class Filters(Query):
    """What a list of things with a campaign and a time understands besides."""

    campaign = Slug()
    since = Moment("from")
    until = Moment("to", ends=True)


def state_of(members: type[Enum]) -> fields.String:
    """Return a filter by one of an enum's names."""
    return fields.String(validate=validate.OneOf(list(in_use(members))))


def read_query(schema: Schema, name: str) -> tuple[Asked, bool, dict[str, Any]]:
    """Return the part asked for, whether as CSV, and the filters.

    `name` is the list's: another's cursor is none of it. Raises InvalidInput with
    every error.
    """
    given = _once(request.args.lists())
    try:
        found: dict[str, Any] = schema.load(given)
    except ValidationError as wrong:
        raise InvalidInput(field_errors(wrong)) from None
    as_csv = found.pop("format", "json") == "csv"
    most = MAX_ROWS if as_csv else MAX_SIZE
    size = min(found.pop("page_size", MAX_ROWS if as_csv else Asked.size), most)
    page, cursor = found.pop("page", None), found.pop("after", None)
    if page and cursor is not None:
        raise InvalidInput.one("after", "invalid", "Send page or after, not both.")
    if page and page * size > MAX_OFFSET:
        message = "Ask for pages this far by after."
        raise InvalidInput.one("page", "out_of_range", message)
    after = None if cursor is None else read_cursor(name, cursor)
    return Asked(page or 1, size, after), as_csv, found


def spell_cursor(name: str, row: int) -> str:
    """Return what to ask `after` for the rows that follow one."""
    return base64.urlsafe_b64encode(f"{name}:{row}".encode()).decode().rstrip("=")


def read_cursor(name: str, cursor: str) -> int:
    """Return the row that a cursor of this list names; raises InvalidInput."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        told, _, row = base64.urlsafe_b64decode(padded).decode().rpartition(":")
    except ValueError:
        told, row = "", ""
    if told != name or not DIGITS.fullmatch(row):
        message = "Send the next of a page of this list."
        raise InvalidInput.one("after", "invalid", message)
    return int(row)


def _once(pairs: Any) -> dict[str, str]:  # noqa: ANN401 - an iterator of Werkzeug's
    """Return the parameters, each sent once and storable; raises InvalidInput."""
    found, errors = {}, list[FieldError]()
    for name, values in pairs:
        if len(values) > 1:
            errors.append(FieldError(name, "repeated", "Send this once."))
        elif reason := why_unstorable([name, *values]):
            errors.append(FieldError("query", "invalid", reason))
        found[name] = values[0]
    if errors:
        raise InvalidInput(errors)
    return found
