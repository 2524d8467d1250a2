"""A list's rows: filtered by what its address says, one page, counted up to a limit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    Text,
    and_,
    false,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import defer, joinedload

from app.db import db
from app.domain.not_yet import in_use
from app.views.choosing import (
    FEW,
    TARGETS,
    begins_with,
    choosable,
    label_of,
    options_url,
)
from app.views.formats import words
from app.views.listing import MAX_COUNT, MAX_DIGITS, Listing, columns_of
from app.views.periods import PERIODS, bounds_of, period_words
from app.views.placing import order_of, past
from app.views.zones import day_zone


@dataclass(frozen=True)
class FilterInput:
    """One input of the filter bar; `url` searches for rows where there are many."""

    name: str
    label: str
    value: str
    choices: Sequence[tuple[str, str]] = ()
    url: str = ""
    is_period: bool = False
    kind: str = "search"

    @property
    def words(self) -> str:
        """What is chosen, in words."""
        return dict(self.choices).get(self.value, self.value)


@dataclass(frozen=True)
class Page:
    """The rows of one page, and what surrounds them."""

    rows: Sequence[Any]
    count: int
    has_next: bool
    has_previous: bool


def filter_input(
    model: Any,  # noqa: ANN401 - a model
    name: str,
    label: str,
    value: str,
    rows: Callable[[], Sequence[tuple[str, str]]] | None = None,
) -> FilterInput:
    """Return the input for one column: a choice, a period, a search, else a text."""
    kind = getattr(columns_of(model).get(name), "type", None)
    if rows is not None:
        return FilterInput(name, label, value, rows())
    if isinstance(kind, Enum) and kind.enum_class is not None:
        choices = [
            (state.name, words(state)) for state in in_use(kind.enum_class).values()
        ]
        return FilterInput(name, label, value, choices)
    if isinstance(kind, DateTime):
        named = dict(PERIODS)
        if value and value not in named:
            named[value] = period_words(value)
        return FilterInput(name, label, value, list(named.items()), is_period=True)
    if name in TARGETS:
        return _row_input(TARGETS[name], name, label, value)
    return FilterInput(name, label, value)


def filtered(query: Any, model: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
    """Apply the filters on the model's own columns; a wrong value finds nothing."""
    columns = columns_of(model)
    for name, value in listing.filters.items():
        if name in columns:
            kind = columns[name].type
            query = query.filter(_condition(getattr(model, name), kind, value))
    return query


def loaded(model: Any, names: Sequence[str]) -> list[Any]:  # noqa: ANN401 - a model
    """Return what to load with a list's rows: its relations, and no large column."""
    large = [
        name
        for name, column in inspect(model).columns.items()
        if isinstance(column.type, JSONB | LargeBinary | Text) and name not in names
    ]
    return [
        *_told(model, names),
        *(defer(getattr(model, name)) for name in large),
    ]


def joined(model: Any, names: Sequence[str]) -> list[Any]:  # noqa: ANN401 - a model
    """Return what to load with rows, so that no relation is read row by row."""
    return [joinedload(getattr(model, name)) for name in _relations(model, names)]


def _told(model: Any, names: Sequence[str]) -> list[Any]:  # noqa: ANN401 - a model
    """Load with rows those columns alone of a relation that are named, if any are."""
    loads = []
    for name, columns in _relations(model, names).items():
        relation = getattr(model, name)
        target = relation.property.mapper.class_
        only = [] if "" in columns else [getattr(target, one) for one in columns]
        loads.append(
            joinedload(relation).load_only(*only) if only else joinedload(relation)
        )
    return loads


def _relations(model: Any, names: Sequence[str]) -> dict[str, set[str]]:  # noqa: ANN401
    known = inspect(model).relationships.keys()
    found: dict[str, set[str]] = {}
    for name in names:
        relation, _, column = name.partition(".")
        if relation in known:
            found.setdefault(relation, set()).add(column)
    return found


def page_of(query: Any, model: Any, listing: Listing, options: Sequence[Any]) -> Page:  # noqa: ANN401
    """Return the page: one more row than it shows tells whether others follow."""
    if listing.order_column in listing.filters and len(listing.filters) > 1:
        # A period and something else: to walk the one for the other may pass a million
        # rows, so those that meet both are found first, if they are not too many.
        # All in one value: a thousand rows would take longer to read than to find.
        met = query.with_entities(model.id).limit(MAX_COUNT + 1).subquery()
        found = db.session.scalar(select(func.array_agg(met.c.id))) or []
        if len(found) <= MAX_COUNT:
            ids = sorted(found, reverse=True)
            return _page_among(query, model, listing, options, ids)
        count = len(found)
    else:
        count = query.with_entities(model.id).limit(MAX_COUNT + 1).count()
    backwards = listing.before is not None
    place = listing.before if backwards else listing.after
    beyond = None if place is None else past(model, listing, place, backwards)
    if beyond is not None:
        query = query.filter(beyond)
    falling = (listing.direction == "desc") is not backwards
    order = order_of(model, listing.order_column, falling=falling)
    # Sorted by their ids alone: with what is shown of them, all rows would be sorted.
    ordered = query.order_by(*order).limit(listing.size + 1)
    shown = ordered.with_entities(model.id).subquery()
    found = (
        db.session.query(model)
        .filter(model.id.in_(select(shown.c.id)))
        .options(*options)
        .order_by(*order)
        .all()
    )
    more, rows = len(found) > listing.size, found[: listing.size]
    if backwards:
        return Page(rows[::-1], count, has_next=beyond is not None, has_previous=more)
    return Page(rows, count, has_next=more, has_previous=beyond is not None)


def _page_among(
    query: Any,  # noqa: ANN401 - a query
    model: Any,  # noqa: ANN401 - a model
    listing: Listing,
    options: Sequence[Any],
    ids: Sequence[int],
) -> Page:
    """Return the page of the rows of those ids, newest first."""
    if listing.before is not None:
        near = [number for number in ids if number > listing.before]
        shown, has_next = near[-listing.size :], True
        has_previous = len(near) > listing.size
    else:
        after = listing.after
        near = [number for number in ids if after is None or number < after]
        shown, has_next = near[: listing.size], len(near) > listing.size
        has_previous = after is not None
    rows = query.filter(model.id.in_(shown)).options(*options)
    newest_first = rows.order_by(model.id.desc()).all()
    return Page(newest_first, len(ids), has_next=has_next, has_previous=has_previous)


def ordered_by(listing: Listing, model: Any) -> str:  # noqa: ANN401 - a model
    """Return the column a list is ordered by: a period's own, where none is asked for.

    Newest first by id and within a period are two ways through one table; only by its
    own column a period is read without passing what lies outside it.
    """
    columns = columns_of(model)
    dated = [
        name
        for name in listing.filters
        if name in columns and _is_time(columns[name].type)
    ]
    is_usual = (listing.order_column, listing.direction) == ("id", "desc")
    return dated[0] if dated and is_usual else listing.order_column


def _row_input(model: Any, name: str, label: str, value: str) -> FilterInput:  # noqa: ANN401
    few = db.session.scalars(choosable(model).order_by(model.name).limit(FEW + 1)).all()
    is_few = len(few) <= FEW
    choices = {str(row.id): label_of(row) for row in few} if is_few else {}
    if value and value not in choices and value.isdecimal() and len(value) < MAX_DIGITS:
        row = db.session.get(model, int(value))
        choices[value] = label_of(row) if row is not None else value
    url = "" if is_few else options_url(model, {})
    return FilterInput(name, label, value, list(choices.items()), url)


def _condition(attribute: Any, kind: Any, value: str) -> Any:  # noqa: ANN401 - SQL
    if isinstance(kind, Enum):
        return attribute == value if value in kind.enums else false()
    if isinstance(kind, Integer):
        known = value.isascii() and value.isdecimal() and len(value) <= MAX_DIGITS
        return attribute == int(value) if known else false()
    if _is_time(kind):
        bounds = bounds_of(value, datetime.now(UTC), day_zone())
        if bounds is None:
            return false()
        start, end = bounds
        within = [attribute >= start] if start else []
        return and_(*within, *([attribute < end] if end else []))
    return begins_with(attribute, value)


def _is_time(kind: Any) -> bool:  # noqa: ANN401 - a column type
    return isinstance(kind, DateTime)
