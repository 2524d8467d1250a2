"""One statement as a transaction of its own, past the session.

For the few statements whose session would cost more than they do: it commits by
itself, so it is one trip to the server.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Engine

from app.crashes import reached
from app.db import db
from app.trips import as_sqlalchemys

Connection = psycopg.Connection[tuple[Any, ...]]


def call(query: str, values: Mapping[str, Any], step: str) -> tuple[Any, ...]:
    """Run a statement that returns one row; return the row.

    `step` names a step of a lead's way (`app.crashes.STEPS`). The statement must be
    safe to repeat: where the connection broke, it is sent again over a new one, and
    whether it was committed before is not known. Raises psycopg's or SQLAlchemy's
    OperationalError while the database is away.
    """
    reached(f"{step}:before")
    try:
        row = _run(query, values)
    except _Broken:
        row = _run(query, values)
    reached(f"{step}:after")
    return row


def fetch(query: str, values: Mapping[str, Any], step: str = "") -> list[Any]:
    """Run a statement of a lead's way once; return its rows, with named fields.

    Unlike `call` it is never sent again: what it claimed before the connection broke
    comes due by its lease. Raises SQLAlchemy's errors, as a session would.
    """
    reached(f"{step}:before")
    with as_sqlalchemys(), own_connection() as connection:
        cursor = connection.cursor(row_factory=namedtuple_row).execute(query, values)
        rows = cursor.fetchall() if cursor.description else []
    reached(f"{step}:after")
    return rows


class _Broken(psycopg.OperationalError):
    """The connection is gone, and with it whether the statement was run."""


def _run(query: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    with own_connection() as connection:
        try:
            row = connection.execute(query, values).fetchone()
        except psycopg.OperationalError as error:
            if connection.broken:
                raise _Broken from error
            raise
    if row is None:
        raise LookupError("the statement returned no row")
    return row


@contextmanager
def own_connection() -> Iterator[Connection]:
    """Borrow a connection of the pool; each of its statements commits."""
    engine: Engine = db.engine
    pooled = engine.raw_connection()
    connection = cast(Connection, pooled.driver_connection)
    try:
        connection.autocommit = True
        yield connection
    finally:
        if connection.broken:
            # What broke one has broken all that were idle.
            engine.dispose()
        pooled.close()
