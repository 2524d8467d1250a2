"""What goes over the wire and what comes back, as plain data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

FailureCode = Literal["blocked", "dns", "connect", "tls", "timeout", "broken", "token"]

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_METHOD = re.compile(r"[A-Z]{1,10}")


@dataclass(frozen=True)
class Login:
    """Client credentials of OAuth 2.0, by which a token server knows us.

    Equal ones share a token. Nothing of it is in its representation.
    """

    token_url: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    scope: str | None = field(default=None, repr=False)
    audience: str | None = field(default=None, repr=False)
    client_auth: str = field(default="basic", repr=False)


@dataclass(frozen=True)
class Request:
    """One request; `body` is sent as it is, `timeout_s` bounds all of it.

    `told_body` is what may be kept and shown of a body that holds a secret. With a
    `login` it is sent under a token of that server.

    Raises ValueError for a header that could break out of its line. What may hold
    contact data or credentials is left out of its representation.
    """

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    timeout_s: float
    method: str = "POST"
    told_body: bytes | None = field(default=None, repr=False)
    login: Login | None = field(default=None, repr=False)

    @property
    def told(self) -> bytes:
        """The body as it may be kept and shown."""
        return self.body if self.told_body is None else self.told_body

    def __post_init__(self) -> None:
        if not _METHOD.fullmatch(self.method):
            raise ValueError("The method must be upper-case letters")
        for name, value in self.headers:
            if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
                raise ValueError("A header holds characters that are not allowed")


@dataclass(frozen=True)
class Reply:
    """What came back: header names in lower case, at most 256 kB of body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    truncated: bool
    elapsed_ms: int
    address: str | None


@dataclass(frozen=True)
class Failure:
    """Why there is no reply; `sent` says whether any byte may have been taken."""

    code: FailureCode
    sent: bool
    detail: str
    elapsed_ms: int
    address: str | None
