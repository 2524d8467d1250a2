"""One statement as a transaction of its own, past the session.

For the few statements whose session would cost more than they do: it commits by
itself, so it is one trip to the server. Its connections are no pool's either, whose
bookkeeping takes longer than the statement does to be sent.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from flask import Flask, current_app
from psycopg.rows import namedtuple_row
from sqlalchemy import make_url

from app.crashes import reached
from app.db import KEPT_AFTER, db
from app.trips import as_sqlalchemys

EXTENSION = "leadnexus_direct"

Connection = psycopg.Connection[tuple[Any, ...]]


class Kept:
    """Connections that wait for their next statement, as many as were in use at once.

    Each of their statements commits. Taking from a deque and giving back are atomic.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        given = make_url(url).set(drivername="postgresql")
        self._url = given.render_as_string(hide_password=False)
        self._options = options
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection:
        """Return the one that was used last, or open another."""
        try:
            return self._idle.pop()
        except IndexError:
            return psycopg.connect(self._url, autocommit=True, **self._options)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next statement; with a broken one, keep none."""
        self._idle.append(connection)
        if connection.broken:
            self.close()

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().close()


def init_app(app: Flask) -> None:
    """Give the application connections like its engine's; none is opened yet."""
    options = app.config["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"]
    options = options | {"prepare_threshold": KEPT_AFTER}
    app.extensions[EXTENSION] = Kept(app.config["SQLALCHEMY_DATABASE_URI"], options)


def kept() -> Kept:
    """Return the running application's connections."""
    return cast(Kept, current_app.extensions[EXTENSION])


def call(query: str, values: Mapping[str, Any], step: str) -> list[tuple[Any, ...]]:
    """Run a statement; return its rows.

    `step` names a step of a lead's way (`app.crashes.STEPS`). The statement must be
    safe to repeat: where the connection broke, it is sent again over a new one, and
    whether it was committed before is not known. Raises psycopg's OperationalError
    while the database is away.
    """
    reached(f"{step}:before")
    try:
        rows = _run(query, values)
    except _Broken:
        rows = _run(query, values)
    reached(f"{step}:after")
    return rows


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


def _run(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with own_connection() as connection:
        try:
            return connection.execute(query, values).fetchall()
        except psycopg.OperationalError as error:
            if connection.broken:
                raise _Broken from error
            raise


@contextmanager
def own_connection() -> Iterator[Connection]:
    """Borrow a connection; each of its statements commits."""
    connections = kept()
    connection = connections.take()
    try:
        yield connection
    finally:
        if connection.broken:
            # What broke one has broken all that were idle, the session's as well.
            db.engine.dispose()
        connections.give_back(connection)
