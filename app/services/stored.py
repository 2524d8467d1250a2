"""What is stored of an object, beside what was set on it and waits to be written."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, object_session

from app.models.base import Base


def is_new(obj: Base) -> bool:
    """Say whether the object was never stored."""
    return bool(inspect(obj).transient or inspect(obj).pending)


def changes_of(obj: Base) -> set[str]:
    """Return the columns' attributes whose value differs from the stored one."""
    state = inspect(obj)
    names = {column.key for column in inspect(type(obj)).column_attrs}
    return {
        name
        for name in names & set(state.dict)
        if stored(obj, name) != state.dict[name]
    }


def was(obj: Base, name: str) -> Any:  # noqa: ANN401 - of the column's type
    """Return the stored value that a change of that attribute replaces, or None."""
    with _unflushed(obj):
        before = stored(obj, name)
        return None if before == getattr(obj, name) else before


def stored(obj: Base, name: str) -> Any:  # noqa: ANN401 - of the column's type
    """Return the attribute's value in the database; None of a new row."""
    state = inspect(obj)
    if not state.persistent:
        return None
    history = state.attrs[name].history
    if before := history.deleted or history.unchanged:
        return before[0]
    # An expired attribute was set without being read; only the database knows it.
    model = inspect(type(obj))
    identity = state.identity or ()
    query = select(getattr(type(obj), name)).where(
        *(key == value for key, value in zip(model.primary_key, identity, strict=True))
    )
    with _unflushed(obj) as session:
        return session.scalar(query) if session else None


@contextmanager
def _unflushed(obj: Base) -> Iterator[Session | None]:
    """Read what is stored; a flush would write the very change that is asked about."""
    session = object_session(obj)
    with session.no_autoflush if session else nullcontext():
        yield session
