"""One statement as a transaction of its own, past the session.

For the few statements whose session would cost more than they do: it commits by
itself, so it is one trip to the server.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from sqlalchemy import Engine

from app.crashes import reached
from app.db import db

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
        connection.autocommit = False
    except _Broken:
        # What broke one has broken all that were idle.
        engine.dispose()
        raise
    finally:
        pooled.close()
