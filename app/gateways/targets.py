"""Outbound URLs read in one way only: what is checked is exactly what is connected to.

A host in any spelling (octal, hex, full-width, circled digits, trailing dot) becomes
either a dotted IPv4, a bracketed IPv6 or a lower-case ASCII name.
"""

import re
import socket
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from app.domain.errors import InvalidInput

MAX_URL = 2000
MAX_PORT = 65535
MAX_HOST = 253
# Ports where something other than HTTP listens: the fetch standard's, and databases.
OTHER_PORTS = frozenset(
    {1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87}
    | {95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 138}
    | {139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530, 531, 532}
    | {540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1433, 1434}
    | {1521, 1719, 1720, 1723, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389}
    | {3659, 4045, 4190, 5060, 5061, 5432, 5433, 5672, 5900, 5984, 6000, 6379, 6380}
    | {6432, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042, 9092, 9200, 9300}
    | {10080, 10250, 11211, 26379, 27017, 27018}
)
_URL = re.compile(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")
_FORBIDDEN = re.compile(r"[\s\\\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
_SAFE = "".join(map(chr, range(0x21, 0x7F)))
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Target:
    """A URL to send to: in ASCII, its host canonical (IPv6 without brackets)."""

    url: str = field(repr=False)
    host: str
    port: int


def read_target(url: str) -> Target:
    """Read an http or https URL; raise InvalidInput on `url` saying what to change."""
    if not url or len(url) > MAX_URL:
        raise _refused(f"Give an address of at most {MAX_URL} characters.")
    if _FORBIDDEN.search(url):
        raise _refused("Leave out spaces, backslashes and control characters.")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise _refused("Start the address with https:// or http://.")
    scheme, authority, rest = parts[1].lower(), parts[2], parts[3]
    if "@" in authority:
        raise _refused("Leave user name and password out; set them as auth.")
    host, port = _read_authority(authority, _DEFAULT_PORTS[scheme])
    shown = f"[{host}]" if ":" in host else host
    place = shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}"
    path = quote(rest, safe=_SAFE) if rest.startswith("/") else f"/{quote(rest, _SAFE)}"
    return Target(f"{scheme}://{place}{path}", host, port)


def read_host(text: str) -> str:
    """Return the canonical host that `text` spells; raise InvalidInput on `url`."""
    if text.startswith("["):
        return _read_ipv6(text)
    try:
        # The mapping of IDNA turns full-width and circled characters into plain ones.
        host = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError as error:
        raise _refused("The host is not a valid name.") from error
    host = host.lower().removesuffix(".")
    if len(host) > MAX_HOST or not _NAME.fullmatch(host):
        raise _refused("The host is not a valid name.")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _read_ipv4(host)
    return host


def _read_authority(authority: str, default_port: int) -> tuple[str, int]:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or not parts[1]:
        raise _refused("Give a host, like https://example.com/leads.")
    port = default_port if parts[2] is None else int(parts[2])
    if not 1 <= port <= MAX_PORT:
        raise _refused(f"Give a port from 1 to {MAX_PORT}.")
    return read_host(parts[1]), port


def _read_ipv4(host: str) -> str:
    """Read the spellings that the C library takes: short, octal, hex, one number."""
    try:
        return str(IPv4Address(socket.inet_aton(host)))
    except OSError as error:
        raise _refused("The host is not a valid IP address.") from error


def _read_ipv6(text: str) -> str:
    if "%" in text:
        raise _refused("Leave the zone out of the IP address.")
    try:
        return str(IPv6Address(text[1:-1]))
    except ValueError as error:
        raise _refused("The host is not a valid IP address.") from error


def _refused(message: str) -> InvalidInput:
    return InvalidInput.one("url", "invalid_url", message)
