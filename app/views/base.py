"""What every view of FAB's needs: filters of its own request, and typed filters.

A view is one object per process; its filters live in `g`, so that no request ever
sees another's (field notes, trap 28).
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import g
from flask_appbuilder.models.filters import (
    BaseFilter,
    BaseFilterConverter,
    Filters,
)
from sqlalchemy import Boolean, DateTime, Enum, Integer, String, Uuid, false

from app.domain.not_yet import in_use

INT64 = 2**63
WHOLE = re.compile(r"-?[0-9]{1,19}")
MAX_VALUES = 100


class OwnFilters:
    """Keep a view's filters per request; stands left of FAB's class."""

    @property
    def _filters(self) -> Filters:
        per_view = g.setdefault("view_filters", {})
        if id(self) not in per_view:
            view: Any = self
            per_view[id(self)] = view.datamodel.get_filters(view.search_columns)
        found: Filters = per_view[id(self)]
        return found

    @_filters.setter
    def _filters(self, _shared: Filters) -> None:
        """Leave out what FAB would share between requests."""


def typed(column: Any, value: object) -> Any:  # noqa: ANN401 - of the column's type
    """Return the value in the column's type; raises ValueError, saying the fix."""
    readers = (
        (Enum, _enum),
        (String, _text),
        (Integer, _whole),
        (Boolean, _boolean),
        (DateTime, _time),
        (Uuid, _uuid),
    )
    for kind, read in readers:
        if isinstance(column.type, kind):
            return read(column, value)
    raise ValueError("it cannot be filtered by.")


class TypedFilter(BaseFilter):
    """A comparison with a value of the column's type; another one finds nothing."""

    def apply(self, query: Any, value: object) -> Any:  # noqa: ANN401 - a query
        """Narrow the query."""
        column = self.model.__mapper__.columns[self.column_name]
        attribute = getattr(self.model, self.column_name)
        try:
            if isinstance(value, list):
                wanted: Any = [typed(column, item) for item in value]
            else:
                wanted = typed(column, value)
        except ValueError:
            return query.filter(false())
        return query.filter(self.compare(attribute, wanted))

    def compare(self, attribute: Any, wanted: Any) -> Any:  # noqa: ANN401 - SQL
        """Return the comparison in SQL."""
        raise NotImplementedError


class Equal(TypedFilter):
    """Equal to a value."""

    name, arg_name = "equal to", "eq"

    def compare(self, attribute: Any, wanted: Any) -> Any:  # noqa: ANN401 - SQL
        """Return the comparison in SQL."""
        return attribute == wanted


class NotEqual(TypedFilter):
    """Not equal to a value; what has none is found too."""

    name, arg_name = "not equal to", "neq"

    def compare(self, attribute: Any, wanted: Any) -> Any:  # noqa: ANN401 - SQL
        """Return the comparison in SQL."""
        return attribute.is_distinct_from(wanted)


class Greater(TypedFilter):
    """Greater than, or later than."""

    name, arg_name = "greater than", "gt"

    def compare(self, attribute: Any, wanted: Any) -> Any:  # noqa: ANN401 - SQL
        """Return the comparison in SQL."""
        return attribute > wanted


class Smaller(TypedFilter):
    """Smaller than, or earlier than."""

    name, arg_name = "smaller than", "lt"

    def compare(self, attribute: Any, wanted: Any) -> Any:  # noqa: ANN401 - SQL
        """Return the comparison in SQL."""
        return attribute < wanted


class OneOf(TypedFilter):
    """One of a list of values."""

    name, arg_name = "one of", "in"

    def compare(self, attribute: Any, wanted: Any) -> Any:  # noqa: ANN401 - SQL
        """Return the comparison in SQL."""
        return attribute.in_(wanted if isinstance(wanted, list) else [wanted])


class StartsWith(TypedFilter):
    """Starts with a text."""

    name, arg_name = "starts with", "sw"

    def compare(self, attribute: Any, wanted: Any) -> Any:  # noqa: ANN401 - SQL
        """Return the comparison in SQL."""
        return attribute.istartswith(wanted, autoescape=True)


OPERATORS: Sequence[tuple[type, Sequence[type[TypedFilter]]]] = (
    (Enum, (Equal, NotEqual, OneOf)),
    (String, (Equal, NotEqual, OneOf, StartsWith)),
    (Integer, (Equal, NotEqual, Greater, Smaller, OneOf)),
    (Boolean, (Equal, NotEqual)),
    (DateTime, (Equal, Greater, Smaller)),
    (Uuid, (Equal, OneOf)),
)


class TypedFilterConverter(BaseFilterConverter):
    """Which comparisons a column allows, by its type."""

    def convert(self, col_name: str) -> list[TypedFilter] | None:
        """Return the column's filters; None for what is not compared."""
        columns = self.datamodel.obj.__mapper__.columns
        if col_name not in columns:
            return None
        kind = columns[col_name].type
        return next(
            (
                [operator(col_name, self.datamodel) for operator in operators]
                for known, operators in OPERATORS
                if isinstance(kind, known)
            ),
            None,
        )


def _enum(column: Any, value: object) -> Any:  # noqa: ANN401
    members = in_use(column.type.enum_class)
    if isinstance(value, str) and value in members:
        return members[value]
    raise ValueError(f"choose one of {', '.join(members)}.")


def _text(_column: Any, value: object) -> str:  # noqa: ANN401
    # Rison writes an unquoted 123 as a number, also where a text is meant.
    text = str(value) if isinstance(value, int) else value
    if not isinstance(text, str) or "\x00" in text or not text.isprintable():
        raise ValueError("send a text.")
    return text


def _whole(_column: Any, value: object) -> int:  # noqa: ANN401
    if isinstance(value, str) and WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("send a whole number.")  # noqa: TRY004 - refused like the rest
    if not -INT64 <= value < INT64:
        raise ValueError("send a smaller number.")
    return value


def _boolean(_column: Any, value: object) -> bool:  # noqa: ANN401
    if isinstance(value, bool):
        return value
    raise ValueError("send true or false.")


def _time(_column: Any, value: object) -> datetime:  # noqa: ANN401
    try:
        at = datetime.fromisoformat(str(value))
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("send a time, like 2026-11-21T10:00:00Z.") from error


def _uuid(_column: Any, value: object) -> UUID:  # noqa: ANN401
    try:
        return UUID(str(value))
    except ValueError as error:
        raise ValueError("send a UUID.") from error
