"""A list's order, made total by the id, and what lies beyond one of its rows."""

from typing import Any

from sqlalchemy import and_, or_, tuple_

from app.db import db
from app.views.listing import Listing, columns_of


def past(model: Any, listing: Listing, place: int, backwards: bool) -> Any:  # noqa: ANN401
    """Return the condition for what lies beyond a row; None where it is gone."""
    column = getattr(model, listing.order_column)
    falling = (listing.direction == "desc") is not backwards
    if listing.order_column == "id":
        return model.id < place if falling else model.id > place
    found = db.session.execute(db.select(column).where(model.id == place)).first()
    if found is None:
        return None
    if not columns_of(model)[listing.order_column].nullable:
        pair = tuple_(column, model.id)
        here = (found[0], place)
        return pair < here if falling else pair > here
    return _beyond_nullable(column, model.id, (found[0], place), falling=falling)


def _beyond_nullable(
    column: Any,  # noqa: ANN401 - an attribute
    key: Any,  # noqa: ANN401 - an attribute
    place: tuple[Any, int],
    *,
    falling: bool,
) -> Any:  # noqa: ANN401 - SQL
    """Nulls come last falling and first rising, so that one is the other reversed."""
    value, number = place
    next_key = key < number if falling else key > number
    if value is None:
        same = and_(column.is_(None), next_key)
        return same if falling else or_(same, column.is_not(None))
    further = column < value if falling else column > value
    same = and_(column == value, next_key)
    return or_(further, same, column.is_(None)) if falling else or_(further, same)


def order_of(model: Any, name: str, *, falling: bool) -> tuple[Any, ...]:  # noqa: ANN401
    """Return the order, made total by the id."""
    column = getattr(model, name)
    keys = (column,) if name == "id" else (column, model.id)
    # An index serves only its own order of nulls, so it is named where there are any.
    is_nullable = columns_of(model)[name].nullable
    if falling:
        return tuple(
            key.desc().nulls_last() if is_nullable and key is column else key.desc()
            for key in keys
        )
    return tuple(
        key.asc().nulls_first() if is_nullable and key is column else key.asc()
        for key in keys
    )
