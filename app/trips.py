"""Several statements in one trip to the server, within the session's transaction.

For the transactions of a lead's way, where a trip costs more than most statements do:
they are sent one after the other (libpq's pipeline mode) and run in that order; only
then is anything waited for. The trip that begins a transaction brings its BEGIN along.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row
from sqlalchemy import TextClause, event
from sqlalchemy.dialects import registry
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, Pool

DIALECT = registry.load("postgresql.psycopg")()
BEGAN = "leadnexus_began"
Asked = tuple[TextClause, Mapping[str, Any]]


def ask(session: Session, *asked: Asked) -> list[list[Any]]:
    """Run statements in one trip; return the rows of each, with named fields.

    None may depend on the rows of another. Raises SQLAlchemy's errors.
    """
    session.flush()
    ours = session.connection()
    connection = cast(psycopg.Connection[Any], ours.connection.driver_connection)
    try:
        with as_sqlalchemys():
            ours.connection.info[BEGAN] = True
            return _ask(connection, asked)
    except OperationalError:
        if connection.broken:
            # What broke one has broken all that were idle.
            ours.invalidate()
            ours.engine.dispose()
        raise


def _ask(connection: psycopg.Connection[Any], asked: Sequence[Asked]) -> list[Any]:
    begins = connection.info.transaction_status is TransactionStatus.IDLE
    if begins:
        # psycopg would wait for the BEGIN that it sends by itself.
        connection.autocommit = True
    with connection.pipeline():
        if begins:
            connection.execute("BEGIN", prepare=False)
        cursors = [
            connection.cursor(row_factory=namedtuple_row).execute(spelled(one), values)
            for one, values in asked
        ]
    return [one.fetchall() if one.description else [] for one in cursors]


@cache
def spelled(query: TextClause) -> str:
    """Return a statement as psycopg takes it."""
    return str(query.compile(dialect=DIALECT))


@contextmanager
def as_sqlalchemys() -> Iterator[None]:
    """Raise psycopg's errors as SQLAlchemy's, which hold no rows and no values."""
    try:
        yield
    except psycopg.Error as error:
        told = DBAPIError.instance(None, None, error, psycopg.Error, True)
        raise told from error


@event.listens_for(Pool, "checkin")
def _begin_as_usual(connection: Any, record: ConnectionPoolEntry) -> None:  # noqa: ANN401
    # What the next session does has to begin a transaction again.
    began = record.info.pop(BEGAN, False)
    if began and connection is not None and not connection.closed:
        connection.autocommit = False
