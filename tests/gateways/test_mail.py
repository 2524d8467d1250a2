"""Mail over real SMTP on loopback: taken, refused, guarded, never told of."""

import socket
from dataclasses import replace
from urllib.parse import quote

import pytest

from app.domain.errors import OutsideFailed
from app.gateways.guard import Guard
from app.gateways.mail import Letter, Relay, post
from tests.relay import PASSWORD, USER, relay_server

LETTER = Letter(
    id="<mail-1@example.com>",
    sender="Lead Nexus <no-reply@example.com>",
    to="ada@example.org",
    subject="Your new password",
    text="Here:\n\nhttps://example.com/reset/#" + "x" * 120 + "\n",
)
OPEN = Guard.from_entries(["127.0.0.0/8"])


def test_letter_arrives_as_written() -> None:
    with relay_server() as server:
        post(LETTER, Relay.from_url(server.url), OPEN)

    [letter] = server.letters
    assert letter["To"] == LETTER.to
    assert letter["From"] == LETTER.sender
    assert letter["Message-ID"] == LETTER.id
    assert letter["Date"]
    assert letter.get_payload().replace("\r\n", "\n") == LETTER.text


def test_private_server_that_nobody_allowed_gets_nothing() -> None:
    with relay_server() as server, pytest.raises(OutsideFailed) as refused:
        post(LETTER, Relay.from_url(server.url), Guard())

    assert "private" in refused.value.message
    assert server.letters == []


# On loopback there is nobody to overhear a password.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_relay_is_logged_in_to_where_it_has_a_user() -> None:
    with relay_server(with_login=True) as server:
        place = server.url.removeprefix("smtp://")
        right = Relay.from_url(f"smtp://{USER}:{quote(PASSWORD)}@{place}")
        post(LETTER, right, OPEN)
        for wrong in (replace(right, password="no"), Relay.from_url(server.url)):
            with pytest.raises(OutsideFailed) as refused:
                post(LETTER, wrong, OPEN)
            assert not refused.value.permanent

    assert len(server.letters) == 1
    assert server.logins[0] == (USER, PASSWORD)
    assert PASSWORD not in repr(right)


@pytest.mark.parametrize(
    ("at", "answer", "permanent"),
    [
        ("recipient_answer", "550 no such mailbox ada@example.org", True),
        ("recipient_answer", "451 try ada@example.org later", False),
        ("data_answer", "554 spam from ada@example.org", True),
        ("data_answer", "421 busy", False),
    ],
)
def test_refusal_says_whether_to_try_again_and_no_address(
    at: str, answer: str, permanent: bool
) -> None:
    with relay_server() as server:
        setattr(server, at, answer)
        with pytest.raises(OutsideFailed) as refused:
            post(LETTER, Relay.from_url(server.url), OPEN)

    assert refused.value.permanent is permanent
    assert "ada" not in refused.value.message


def test_header_cannot_be_broken_out_of() -> None:
    with relay_server() as server, pytest.raises(OutsideFailed) as refused:
        evil = replace(LETTER, subject="Hello\r\nBcc: eve@example.org")
        post(evil, Relay.from_url(server.url), OPEN)

    assert refused.value.permanent
    assert server.letters == []


def test_server_that_is_away_is_tried_again() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        relay = Relay("127.0.0.1", unused.getsockname()[1], is_tls=False)
        with pytest.raises(OutsideFailed) as refused:
            post(LETTER, relay, OPEN)

    assert not refused.value.permanent


@pytest.mark.parametrize(
    ("url", "place", "is_tls"),
    [
        ("smtp://mail.example.com", "mail.example.com:587", False),
        ("smtps://mail.example.com", "mail.example.com:465", True),
        ("smtp://u:p%40ss@[::1]:25", "[::1]:25", False),
    ],
)
def test_url_names_the_relay(url: str, place: str, is_tls: bool) -> None:
    relay = Relay.from_url(url)

    assert (relay.place, relay.is_tls) == (place, is_tls)
