"""What a list's address says: filters, order, place; and the addresses it links to.

Everything is read here, per request, and checked: a wrong value is left out. A place
is the id of the row before or after it: the last page costs what the first does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Column, Integer, String, inspect

# Nobody looks through more, and to count ten times as many took most of a page's time.
MAX_COUNT = 1_000
MAX_VALUE = 200
MAX_DIGITS = 18
SIZES = (25, 50, 100)
DIRECTIONS = ("asc", "desc")


@dataclass(frozen=True)
class Listing:
    """The state of a list, as its address says it.

    `after` and `before` are ids of rows; `position` is where the page begins, from 0,
    as far as it was counted on the way.
    """

    path: str
    filters: Mapping[str, str]
    order_column: str
    direction: str
    size: int
    after: int | None = None
    before: int | None = None
    position: int = 0
    base: tuple[str, str, int] = field(default=("id", "desc", SIZES[0]), repr=False)

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.filters)

    @property
    def is_moved(self) -> bool:
        """Whether it is not the first page."""
        return self.after is not None or self.before is not None

    @property
    def first(self) -> int:
        """The number of the first row shown, counted from 1."""
        return self.position + 1

    def total_words(self, count: int) -> str:
        """Return the count, which is exact up to a limit."""
        return f"{count:,}" if count <= MAX_COUNT else f"{MAX_COUNT:,}+"

    @property
    def usual_url(self) -> str:
        """The address in the usual order; empty where it is in that already."""
        column, direction, _ = self.base
        if (self.order_column, self.direction) == (column, direction):
            return ""
        return self.url(order=column, direction=direction)

    def order_url(self, column: str, first: str = "desc") -> str:
        """Return the address ordered by that column, or the other way round."""
        turned = column == self.order_column and self.direction == first
        other = "asc" if first == "desc" else "desc"
        return self.url(order=column, direction=other if turned else first)

    def size_url(self, size: int) -> str:
        """Return the address with that many rows a page."""
        return self.url(size=size)

    def without_url(self, name: str) -> str:
        """Return the address without one filter."""
        kept = {k: v for k, v in self.filters.items() if k != name}
        return self.url(filters=kept)

    def next_url(self, last_id: int, shown: int) -> str:
        """Return the address of what follows a row."""
        return self.url(after=last_id, at=self.position + shown)

    def previous_url(self, first_id: int) -> str:
        """Return the address of what comes before a row."""
        return self.url(before=first_id, at=max(self.position - self.size, 0))

    def url(self, **changes: Any) -> str:  # noqa: ANN401 - of the parts' types
        """Return the address with some parts changed; a place holds for one order."""
        parts = dict(changes.pop("filters", self.filters))
        state: dict[str, Any] = {
            "order": self.order_column,
            "direction": self.direction,
        }
        state |= {"size": self.size, **changes}
        column, direction, size = self.base
        usual = {"order": column, "direction": direction, "size": size}
        # What is asked for is always said: an address without it takes what was kept.
        is_usual = not usual.keys() & changes.keys() and all(
            state[name] == value for name, value in usual.items()
        )
        parts |= {k: str(v) for k, v in state.items() if k not in usual or not is_usual}
        return f"{self.path}?{urlencode(parts)}" if parts else self.path


def read_listing(  # noqa: PLR0913, PLR0917 - what an address is read by
    path: str,
    args: Mapping[str, str],
    names: Sequence[str],
    order_columns: Sequence[str],
    base_order: tuple[str, str],
    page_size: int,
    kept: Sequence[Any] = (),
) -> Listing:
    """Return the list's state from the address; what makes no sense is left out.

    `kept` is the order and size that the reader used last on this list.
    """
    filters = {
        name: value
        for name in names
        if (value := args.get(name, "").strip()[:MAX_VALUE]) and value.isprintable()
    }
    state = ("order", "direction", "size")
    wanted = [args.get(name, "") for name in state]
    if not any(wanted) and len(kept) == len(state):
        wanted = [str(part) for part in kept]
    column, direction = wanted[:2]
    if column not in {*order_columns, base_order[0]} or direction not in DIRECTIONS:
        column, direction = base_order
    size = next((size for size in SIZES if wanted[2] == str(size)), page_size)
    return Listing(
        path,
        filters,
        column,
        direction,
        size,
        after=_number(args.get("after")),
        before=_number(args.get("before")),
        position=_number(args.get("at")) or 0,
        base=(*base_order, page_size),
    )


def columns_of(model: Any) -> Mapping[str, Column[Any]]:  # noqa: ANN401 - a model
    """Return a model's columns by their attributes' names."""
    return dict(inspect(model).columns.items())


def first_direction(model: type, name: str) -> str:
    """Return the direction to order by first: names from A, the rest from the top."""
    column = columns_of(model).get(name)
    is_text = column is not None and isinstance(column.type, String)
    return "asc" if is_text else "desc"


def is_number(model: type, name: str) -> bool:
    """Whether a column's values are figures, to be set right-aligned."""
    column = columns_of(model).get(name)
    return (
        column is not None
        and isinstance(column.type, Integer)
        and not column.foreign_keys
        and name != "id"
    )


def chips(
    listing: Listing, inputs: Sequence[Any], others: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield what narrows the list: label, words, and the address without it."""
    for item in inputs:
        if item.value and item.name in listing.filters:
            yield item.label, item.words, listing.without_url(item.name)
    for name, label in others.items():
        if name in listing.filters:
            yield label, "", listing.without_url(name)


def _number(text: str | None) -> int | None:
    text = (text or "")[: MAX_DIGITS + 1]
    is_whole = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    return int(text) if is_whole else None
