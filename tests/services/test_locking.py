"""A row under lock says what it says now, whatever the session read before."""

import psycopg
import pytest
from flask import Flask

from app.db import db, transaction
from app.domain.errors import NotFound
from app.models.partner import Partner
from app.services.locking import lock_row
from tests.factories import make_partner


def elsewhere(query: str) -> None:
    """Run a statement over a connection of its own, as another process would."""
    url = db.engine.url.set(drivername="postgresql")
    dsn = url.render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute(query)


@pytest.mark.usefixtures("committed")
def test_row_is_read_again_under_the_lock() -> None:
    partner_id = make_partner(name="Before").id
    with transaction() as session:
        shown = session.get_one(Partner, partner_id)
        assert shown.name == "Before"
        elsewhere("UPDATE partner SET name = 'After'")

        locked = lock_row(session, Partner, partner_id, "partner")

        assert locked is shown
        assert locked.name == "After"


@pytest.mark.parametrize("weak", [False, True])
@pytest.mark.usefixtures("committed")
def test_weak_lock_alone_lets_others_refer_to_the_row(weak: bool) -> None:
    partner_id = make_partner().id
    refer = f"SET lock_timeout = 100; SELECT FROM partner WHERE id = {partner_id} "
    with transaction() as session:
        lock_row(session, Partner, partner_id, "partner", weak=weak)

        if weak:
            elsewhere(refer + "FOR KEY SHARE")
        else:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                elsewhere(refer + "FOR KEY SHARE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            elsewhere(refer + "FOR NO KEY UPDATE")


def test_row_that_is_not_there_is_named(database: Flask) -> None:
    with pytest.raises(NotFound, match="no such partner"):
        lock_row(db.session(), Partner, 404, "partner")
