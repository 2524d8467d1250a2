"""Mail waits in PostgreSQL: sent once, tried again, given up, or kept."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.models.mail import OutgoingMail
from app.services import mail
from tests.relay import RelayServer, relay_server

BODY = "https://example.com/reset/#a-secret"


@pytest.fixture
def relay(database: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[RelayServer]:
    settings = database.config["SETTINGS"]
    with relay_server() as server:
        ours = {**vars(settings), "smtp_url": server.url, "outbound_allow": ()}
        monkeypatch.setitem(database.config, "SETTINGS", type(settings)(**ours))
        yield server


def _write() -> OutgoingMail:
    with transaction() as session:
        mail.send(session, "ada@example.org", "Hello", BODY)
    return db.session.query(OutgoingMail).one()


def _make_due() -> None:
    with transaction() as session:
        session.execute(text("UPDATE outgoing_mail SET run_at = now()"))
    db.session.expire_all()


def test_mail_is_sent_once_and_its_text_dropped(relay: RelayServer) -> None:
    written = _write()
    assert written.status.name == "queued"

    for _ in range(2):
        mail.send_due()
        _make_due()

    [letter] = relay.letters
    assert letter["To"] == "ada@example.org"
    assert BODY in letter.get_payload()
    assert (written.status.name, written.body) == ("sent", None)
    assert written.sent_at is not None


def test_what_was_not_taken_is_tried_later_until_given_up(relay: RelayServer) -> None:
    written = _write()
    relay.data_answer = "451 later"

    mail.send_due()
    mail.send_due()
    db.session.expire_all()
    assert (written.status.name, written.attempts) == ("queued", 1)
    assert written.error == "SMTPDataError 451"
    for _ in mail.WAITS:
        _make_due()
        mail.send_due()
    db.session.expire_all()

    assert (written.status.name, written.attempts) == ("failed", len(mail.WAITS))
    assert relay.letters == []


def test_mailbox_that_is_not_there_fails_at_once(relay: RelayServer) -> None:
    written = _write()
    relay.recipient_answer = "550 no such mailbox"

    mail.send_due()
    db.session.expire_all()

    assert written.status.name == "failed"


@pytest.mark.usefixtures("database")
def test_without_a_server_mail_is_kept_to_be_read() -> None:
    written = _write()

    mail.send_due()
    db.session.expire_all()

    assert (written.status.name, written.body) == ("kept", BODY)


@pytest.mark.usefixtures("relay")
def test_mail_of_what_was_rolled_back_is_never_sent() -> None:
    class OopsError(Exception): ...

    with pytest.raises(OopsError), transaction() as session:
        mail.send(session, "ada@example.org", "Hello", BODY)
        raise OopsError

    assert db.session.query(OutgoingMail).count() == 0
