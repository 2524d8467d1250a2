"""Mail by SMTP: one letter over one connection, to the relay that the operator set.

The connected peer is guarded as every outbound connection is. TLS is used where the
relay offers it, and asked for before a password goes over a network.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import localtime
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

from app.domain.errors import OutsideFailed
from app.gateways.guard import Guard

TIMEOUT_S = 10
PORTS = {"smtp": 587, "smtps": 465}
REFUSED_FOR_GOOD = 500


@dataclass(frozen=True)
class Relay:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    is_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read `smtp://user:pass@host:port`, or `smtps://` for TLS from the start.

        Raises ValueError for what is none.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("an SMTP server is smtp://host:port or smtps://host:port")
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            is_tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def place(self) -> str:
        """The relay as an entry of a guard."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True)
class Letter:
    """One mail; `id` stays the same over all tries of it."""

    id: str
    sender: str
    to: str
    subject: str
    text: str = field(repr=False)


def post(letter: Letter, relay: Relay, guard: Guard) -> None:
    """Hand a letter over to the relay; raises OutsideFailed, without its contents."""
    try:
        with _connect(relay) as smtp:
            _check_peer(smtp, relay, guard)
            _introduce(smtp, relay)
            smtp.send_message(_message(letter))
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise OutsideFailed(_told(error), permanent=_is_final(error)) from None


def _connect(relay: Relay) -> smtplib.SMTP:
    if relay.is_tls:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(
            relay.host, relay.port, timeout=TIMEOUT_S, context=context
        )
    return smtplib.SMTP(relay.host, relay.port, timeout=TIMEOUT_S)


def _check_peer(smtp: smtplib.SMTP, relay: Relay, guard: Guard) -> None:
    if not guard.allows(_peer(smtp), relay.port, relay.host):
        raise OutsideFailed("The mail server's address is private.", permanent=False)


def _peer(smtp: smtplib.SMTP) -> str:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected
    return str(smtp.sock.getpeername()[0])


def _introduce(smtp: smtplib.SMTP, relay: Relay) -> None:
    smtp.ehlo()
    if not relay.is_tls and smtp.has_extn("starttls"):
        smtp.starttls(context=ssl.create_default_context())
        relay = Relay(relay.host, relay.port, True, relay.user, relay.password)
    if not relay.user:
        return
    if not relay.is_tls and not ip_address(_peer(smtp)).is_loopback:
        raise OutsideFailed("The mail server offers no TLS.", permanent=False)
    smtp.login(relay.user, relay.password)


def _message(letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = letter.sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = localtime()
    message["Message-ID"] = letter.id
    message["Auto-Submitted"] = "auto-generated"
    # Plain lines stay as they are, so that a long link is not broken on the way.
    cte = "7bit" if letter.text.isascii() else None
    message.set_content(letter.text, cte=cte)
    return message


def _is_final(error: Exception) -> bool:
    """Say whether this letter will never be taken: its fault, not the relay's."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return all(code >= REFUSED_FOR_GOOD for code in codes)
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= REFUSED_FOR_GOOD
    return isinstance(error, smtplib.SMTPNotSupportedError | ValueError)


def _told(error: Exception) -> str:
    """Name the failure; a server's words may repeat the address."""
    code = getattr(error, "smtp_code", None)
    name = type(error).__name__
    return f"{name} {code}" if isinstance(code, int) else name
