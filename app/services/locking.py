"""Locking a row by its key, to decide by what it says under the lock."""

from typing import TypeVar

from sqlalchemy.orm import Session

from app.domain.errors import NotFound

Row = TypeVar("Row")


def lock_row(
    session: Session,
    model: type[Row],
    row_id: int | None,
    name: str,
    *,
    weak: bool = False,
) -> Row:
    """Return a row under lock, as it stands; raises NotFound, which calls it `name`.

    A `weak` lock lets others refer to the row meanwhile.
    """
    # Without populate_existing a row that the session read before, as a screen does to
    # show it, would keep what it said then.
    row = session.get(
        model,
        row_id,
        with_for_update={"of": model, "key_share": weak},
        populate_existing=True,
    )
    if row is None:
        raise NotFound(f"There is no such {name}.")
    return row
