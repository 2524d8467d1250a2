"""Statements of one trip run in their order, in a transaction like any other."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.db import db, transaction
from app.direct import fetch
from app.trips import ask
from tests.factories import count
from tests.services.test_direct import end_connections

pytestmark = pytest.mark.usefixtures("committed")

ADD = text("INSERT INTO tick (task, ticked_at) VALUES (:task, now())")
FIND = text("SELECT task AS name FROM tick ORDER BY task")


def test_each_statement_sees_what_those_before_it_did() -> None:
    with transaction() as session:
        added, found = ask(session, (ADD, {"task": "a%b"}), (FIND, {}))

    assert (added, [row.name for row in found]) == ([], ["a%b"])
    assert count("tick") == 1


def test_nothing_stays_of_a_transaction_that_failed() -> None:
    with pytest.raises(IntegrityError), transaction() as session:
        ask(session, (ADD, {"task": "a"}))
        ask(session, (ADD, {"task": "b"}), (ADD, {"task": "a"}), (FIND, {}))

    assert count("tick") == 0


def test_statements_of_the_session_join_the_transaction() -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        ask(session, (ADD, {"task": "a"}))
        session.execute(ADD, {"task": "b"})
        raise ZeroDivisionError

    with transaction() as session:
        session.execute(ADD, {"task": "c"})
        [found] = ask(session, (FIND, {}))

    assert [row.name for row in found] == ["c"]


def test_connection_begins_as_usual_after_its_session() -> None:
    with transaction() as session:
        ask(session, (FIND, {}))

    with transaction() as session:
        own: Any = session.connection().connection.driver_connection
        assert not own.autocommit


@pytest.mark.parametrize("is_fetched", [True, False])
def test_broken_connections_fail_once_and_are_replaced(*, is_fetched: bool) -> None:
    def look() -> None:
        if is_fetched:
            fetch("SELECT 1", {})
        else:
            with transaction() as session:
                ask(session, (FIND, {}))

    look()
    db.session.remove()
    end_connections()

    with pytest.raises(OperationalError):
        look()
    look()
