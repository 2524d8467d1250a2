"""A statement past the session commits by itself and outlives its connection."""

from typing import Any

import psycopg
import pytest
from flask import Flask

from app.db import db, transaction
from app.direct import call, own_connection
from app.services.channels import channel_of_source
from app.services.intake import take_lead
from tests.factories import count, enquiry, make_campaign, make_source

END_OTHERS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE usename = current_user AND pid <> pg_backend_pid()"
)


def end_connections() -> None:
    """Break what the pool keeps, as a restarted server would."""
    url = db.engine.url.set(drivername="postgresql")
    dsn = url.render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute(END_OTHERS)


@pytest.mark.usefixtures("committed")
def test_statement_commits_by_itself() -> None:
    with own_connection() as connection:
        assert connection.autocommit

    assert call("SELECT %(n)s::int", {"n": 7}, "intake.store") == [(7,)]


@pytest.mark.usefixtures("committed")
def test_lead_is_stored_over_a_new_connection_when_the_kept_one_broke() -> None:
    channel = channel_of_source(make_source(make_campaign()).id)
    take_lead(channel, enquiry())
    db.session.remove()
    end_connections()

    taken = take_lead(channel, enquiry())

    assert taken.is_new
    assert count("lead") == 2


def test_call_that_committed_before_its_connection_broke_is_new_once(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = channel_of_source(make_source(make_campaign()).id)
    body = enquiry()
    sent = psycopg.Connection.execute
    broken = []

    def break_after(connection: Any, query: Any, *values: Any) -> Any:
        cursor = sent(connection, query, *values)
        if "take_lead" in str(query) and not broken:
            broken.append(True)
            connection.close()
            monkeypatch.setattr(psycopg.Connection, "broken", True)
            raise psycopg.OperationalError
        monkeypatch.undo()
        return cursor

    monkeypatch.setattr(psycopg.Connection, "execute", break_after)

    first = take_lead(channel, body)
    again = take_lead(channel, body)

    assert (first.is_new, again.is_new) == (True, False)
    assert first.public_id == again.public_id
    assert count("lead") == 1


@pytest.mark.usefixtures("committed")
def test_session_begins_a_transaction_after_a_statement_of_its_own_failed() -> None:
    with pytest.raises(psycopg.Error):
        call("SELECT 1 / %(n)s::int", {"n": 0}, "intake.store")

    with transaction() as session:
        own: Any = session.connection().connection.driver_connection
        assert not own.autocommit
