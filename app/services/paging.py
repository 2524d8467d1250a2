"""Lists, newest first: a page by its number, or what follows a row.

Rows that arrive meanwhile stand before the newest one that was told: who goes on by
`after` meets every older row once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

MAX_TOTAL = 10_000

T = TypeVar("T")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Asked:
    """Which part of a list: page `page` (from 1), or the rows older than `after`.

    The whole list is counted exactly up to `most`.
    """

    page: int = 1
    size: int = 25
    after: int | None = None
    most: int = MAX_TOTAL

    @property
    def offset(self) -> int:
        """How many rows stand before the part."""
        return 0 if self.after is not None else (self.page - 1) * self.size


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a list; `next` is what to ask `after` for more, None at its end.

    `total` is exact up to MAX_TOTAL; one above it stands for more.
    """

    items: Sequence[T]
    total: int
    next: int | None

    def holding(self, items: Sequence[Other]) -> "Page[Other]":
        """Return the same part with what is told of each of its rows."""
        return replace(self, items=items)  # type: ignore[arg-type, return-value]


def page_of_ids(
    session: Session,
    key: InstrumentedAttribute[int],
    conditions: Sequence[ColumnElement[bool]],
    asked: Asked,
) -> Page[int]:
    """Return the ids of one part of the rows that meet the conditions."""
    query = select(key).where(*conditions)
    part = query if asked.after is None else query.where(key < asked.after)
    # One more than asked for tells whether anything follows.
    found = session.scalars(
        part.order_by(key.desc()).offset(asked.offset).limit(asked.size + 1)
    ).all()
    ids = found[: asked.size]
    following = ids[-1] if len(found) > asked.size else None
    is_whole = asked.after is None and not asked.offset and following is None
    total = len(ids) if is_whole else count_up_to(session, query)
    return Page(ids, total, following)


def page_of_rows(
    session: Session, model: type[T], conditions: Sequence[Any], asked: Asked
) -> Page[T]:
    """Return one part of a model's rows that meet the conditions."""
    key = model.id  # type: ignore[attr-defined]
    page = page_of_ids(session, key, conditions, asked)
    rows = session.scalars(
        select(model).where(key.in_(page.items)).order_by(key.desc())
    )
    return page.holding(list(rows))


def count_up_to(session: Session, query: Any) -> int:  # noqa: ANN401 - a select
    """Count a query's rows, exactly up to MAX_TOTAL; one more stands for more."""
    counted = query.limit(MAX_TOTAL + 1).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0
