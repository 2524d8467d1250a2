"""What is booked stays: the application has no grant, the owner meets a trigger."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.db import db
from tests.factories import make_partner

CHANGES = [
    f"{change} {table}{rest}"
    for table, column in (("entry", "reason = 'x'"), ("posting", "amount_cents = 1"))
    for change, rest in (
        ("UPDATE", f" SET {column}"),
        ("DELETE FROM", ""),
        ("TRUNCATE", " CASCADE"),
    )
]


@pytest.fixture
def owner(committed: Flask, servers: dict[str, str]) -> Iterator[Connection]:
    """The owner's connection to books with a credit in them."""
    make_partner(500)
    db.session.remove()
    engine = create_engine(servers["DATABASE_ADMIN_URL"])
    with engine.connect() as connection:
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.mark.parametrize("change", CHANGES)
def test_the_application_has_no_right_to_change_it(
    committed: Flask, change: str
) -> None:
    make_partner(500)

    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text(change))
    db.session.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE account SET balance_cents = balance_cents + 1",
        "UPDATE account SET currency = 'EUR'",
        "DELETE FROM account",
        "INSERT INTO balance_mark SELECT a.id, e.id, 1 FROM account a, entry e",
        "DELETE FROM balance_mark",
    ],
)
def test_the_application_moves_no_balance_by_itself(
    committed: Flask, change: str
) -> None:
    make_partner(500)

    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text(change))
    db.session.rollback()


@pytest.mark.parametrize("change", CHANGES)
def test_a_trigger_refuses_it_to_the_owner(owner: Connection, change: str) -> None:
    with pytest.raises(DBAPIError, match="written once"):
        owner.execute(text(change))
