"""The integrity page: every check, the row that is wrong, and a run that is missing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from app.db import db, transaction
from app.services.integrity import CHECKS, audit
from tests.factories import make_partner
from tests.web.screens import logged_in

PAGE = "/integrity/list/"
FAULT = "UPDATE account SET balance_cents = balance_cents + 1 WHERE id = :id"


@pytest.fixture
def admin(committed: Flask) -> FlaskClient:
    return logged_in(committed)


def plant(servers: dict[str, str], account_id: int) -> None:
    """Move a balance without an entry, as the owner of the tables alone can."""
    engine = create_engine(servers["DATABASE_ADMIN_URL"])
    with engine.begin() as connection:
        connection.execute(text(FAULT), {"id": account_id})
    engine.dispose()


def test_every_check_holds_until_a_row_is_wrong_which_is_named(
    admin: FlaskClient, servers: dict[str, str]
) -> None:
    partner = make_partner(700)
    query = text("SELECT id FROM account WHERE kind = 'wallet'")
    wallet = db.session.execute(query).scalar_one()
    audit()
    sound = admin.get(PAGE).text
    plant(servers, wallet)
    audit()
    wrong = admin.get(PAGE).text
    home = admin.get("/").text

    assert sound.count('<span class="chip good">') == len(CHECKS) + 1
    assert "Everything holds." in sound
    assert wrong.count("Broken") == 1
    assert "Something does not hold" in wrong
    named = f'<a href="/partners/show/{partner.id}">account {wallet} (Wallet)</a>'
    assert named in wrong
    assert "check of the books fails" in home


def test_other_rows_lead_to_their_screens(admin: FlaskClient) -> None:
    found = "transaction 5 (switch 1), posting 999999, return 7, day 2026-01-01, <b>"
    with transaction() as session:
        query = "INSERT INTO audit_result (name, ok, detail) VALUES ('x', false, :d)"
        session.execute(text(query), {"d": found})

    page = admin.get(PAGE).text

    assert (
        '<a href="/transactions/show/5">transaction 5</a> (switch 1), posting 999999,'
        ' <a href="/returns/show/7">return 7</a>, day 2026-01-01, &lt;b&gt;'
    ) in page


def test_results_that_are_old_are_not_said_to_hold(admin: FlaskClient) -> None:
    audit()
    with transaction() as session:
        old = "UPDATE audit_result SET at = now() - interval '6 minutes'"
        session.execute(text(old))

    page = admin.get(PAGE).text

    assert "Nothing was checked since then" in page
    assert "Everything holds." not in page
