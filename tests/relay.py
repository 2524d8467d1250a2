"""A strict mail server on loopback: it keeps what it takes, and refuses when told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "mailer", "mail secret 1"


@dataclass
class RelayServer:
    """What came, and what the next letters are answered."""

    url: str = ""
    recipient_answer: str = "250 OK"
    data_answer: str = "250 OK"
    letters: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the package's name
        self, _server: SMTP, _session: Session, envelope: Envelope, to: str, _: Any
    ) -> str:
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.recipient_answer

    async def handle_DATA(  # noqa: N802 - the package's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.data_answer.startswith("250"):
            raw = envelope.original_content or b""
            self.letters.append(message_from_bytes(raw, policy=POLICY))
        return self.data_answer

    def authenticate(self, _server: SMTP, _session: Session, *args: Any) -> AuthResult:
        _envelope, _mechanism, given = args
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login.decode(), given.password.decode()))
        # Not handled: the package itself then answers that a log-in is wrong.
        return AuthResult(success=self.logins[-1] == (USER, PASSWORD), handled=False)


@contextmanager
def relay_server(*, with_login: bool = False) -> Iterator[RelayServer]:
    """Run a mail server; with `with_login` it takes mail from its user alone."""
    relay = RelayServer()
    asked: dict[str, Any] = {}
    if with_login:
        asked = {"auth_required": True, "auth_require_tls": False}
        asked["authenticator"] = relay.authenticate
    controller = Controller(
        relay, hostname="127.0.0.1", port=_free_port(), decode_data=False, **asked
    )
    controller.start()
    relay.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield relay
    finally:
        controller.stop()


def _free_port() -> int:
    # The package connects to the port it is given, so that it cannot be 0.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
