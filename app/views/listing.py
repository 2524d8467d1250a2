"""What a list's address says: filters, order, page; and the addresses it links to.

Everything is read here, per request, and checked: a wrong value is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Column, Enum, Integer, LargeBinary, Text, false, inspect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import defer, joinedload

from app.views.formats import words

MAX_PAGE = 400
MAX_COUNT = 10_000
MAX_VALUE = 200
MAX_DIGITS = 18


@dataclass(frozen=True)
class FilterInput:
    """One input of the filter bar."""

    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Listing:
    """The state of a list, as its address says it."""

    path: str
    filters: Mapping[str, str]
    order_column: str
    direction: str
    page: int
    page_size: int

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.filters)

    @property
    def first(self) -> int:
        """The number of the first row shown, counted from 1."""
        return self.page * self.page_size + 1

    def has_next(self, count: int) -> bool:
        """Whether rows follow this page."""
        return (self.page + 1) * self.page_size < count and self.page < MAX_PAGE

    def total_words(self, count: int) -> str:
        """Return the count, which is exact up to a limit."""
        return f"{count:,}" if count < MAX_COUNT else f"{MAX_COUNT:,} or more"

    def order_url(self, column: str) -> str:
        """Return the address ordered by that column, or the other way round."""
        turned = column == self.order_column and self.direction == "desc"
        return self._url(column, "asc" if turned else "desc", 0)

    def page_url(self, page: int) -> str:
        """Return the address of another page."""
        return self._url(self.order_column, self.direction, page)

    def _url(self, column: str, direction: str, page: int) -> str:
        parts = {**self.filters, "order": column, "direction": direction}
        if page:
            parts["page"] = str(page)
        return f"{self.path}?{urlencode(parts)}"


def read_listing(
    path: str,
    args: Mapping[str, str],
    names: Sequence[str],
    order_columns: Sequence[str],
    base_order: tuple[str, str],
    page_size: int,
) -> Listing:
    """Return the list's state from the address; what makes no sense is left out."""
    filters = {
        name: value
        for name in names
        if (value := args.get(name, "").strip()[:MAX_VALUE]) and "\x00" not in value
    }
    column, direction = args.get("order", ""), args.get("direction", "")
    if column not in order_columns or direction not in ("asc", "desc"):
        column, direction = base_order
    page = args.get("page", "0")[:MAX_DIGITS]
    number = int(page) if page.isascii() and page.isdecimal() else 0
    return Listing(path, filters, column, direction, min(number, MAX_PAGE), page_size)


def columns_of(model: Any) -> Mapping[str, Column[Any]]:  # noqa: ANN401 - a model
    """Return a model's columns by their attributes' names."""
    return dict(inspect(model).columns.items())


def filter_input(
    model: type, name: str, label: str, value: str, rows: Sequence[tuple[str, str]] = ()
) -> FilterInput:
    """Return the input for one column: a choice for states, else a text."""
    column = columns_of(model).get(name)
    kind = getattr(column, "type", None)
    if isinstance(kind, Enum) and kind.enum_class is not None:
        choices = [(state.name, words(state)) for state in kind.enum_class]
        return FilterInput(name, label, value, choices)
    return FilterInput(name, label, value, rows)


def is_number(model: type, name: str) -> bool:
    """Whether a column's values are figures, to be set right-aligned."""
    column = columns_of(model).get(name)
    return (
        column is not None
        and isinstance(column.type, Integer)
        and not column.foreign_keys
        and name != "id"
    )


def filtered(query: Any, model: type, listing: Listing) -> Any:  # noqa: ANN401 - a query
    """Apply the list's filters on the model's own columns."""
    columns = columns_of(model)
    for name, value in listing.filters.items():
        if name not in columns:
            continue
        attribute = getattr(model, name)
        kind = columns[name].type
        if isinstance(kind, Enum):
            known = value in kind.enums
            query = query.filter(attribute == value if known else false())
        elif isinstance(kind, Integer):
            known = value.isascii() and value.isdecimal() and len(value) <= MAX_DIGITS
            query = query.filter(attribute == int(value) if known else false())
        else:
            query = query.filter(attribute.icontains(value, autoescape=True))
    return query


def loaded(model: Any, names: Sequence[str]) -> list[Any]:  # noqa: ANN401 - a model
    """Return what to load with a list's rows: its relations, and no large column."""
    mapper = inspect(model)
    relations = {name.split(".")[0] for name in names} & set(
        mapper.relationships.keys()
    )
    large = [
        name
        for name, column in mapper.columns.items()
        if isinstance(column.type, JSONB | LargeBinary | Text) and name not in names
    ]
    return [
        *(joinedload(getattr(model, name)) for name in relations),
        *(defer(getattr(model, name)) for name in large),
    ]


def ordered(model: Any, listing: Listing) -> tuple[Any, Any]:  # noqa: ANN401 - a model
    """Return the list's order, made total by the id; what is empty comes last."""
    column = getattr(model, listing.order_column)
    if listing.direction == "asc":
        return column.asc(), model.id.asc()
    # PostgreSQL puts nulls first here, and an index serves only its own order.
    is_nullable = columns_of(model)[listing.order_column].nullable
    down = column.desc().nulls_last() if is_nullable else column.desc()
    return down, model.id.desc()
