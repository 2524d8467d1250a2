"""The guard of everything outbound: which addresses may be connected to.

Public ones may; the operator's OUTBOUND_ALLOW adds private ones. The check of a URL
is a courtesy to who types it: the connection itself is guarded again.
"""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from app.domain.errors import InvalidInput
from app.gateways.addresses import Network, is_public, read_address
from app.gateways.targets import (
    MAX_PORT,
    OTHER_PORTS,
    Target,
    read_host,
    read_target,
)

_PLACE = re.compile(r"(\[[^\]]+\]|[^:\[\]/]+):([0-9]{1,5})")
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Guard:
    """What may be reached besides public addresses: networks, and hosts by port."""

    networks: tuple[Network, ...] = ()
    places: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def from_entries(cls, entries: Iterable[str]) -> "Guard":
        """Read `host:port` and CIDR entries; raise ValueError naming a bad one."""
        networks: list[Network] = []
        places: set[tuple[str, int]] = set()
        for entry in map(str.strip, entries):
            if place := _PLACE.fullmatch(entry):
                places.add(_read_place(entry, place))
            else:
                networks.append(_read_network(entry))
        return cls(tuple(networks), frozenset(places))

    def allows(self, ip: str, port: int, host: str) -> bool:
        """Say whether `ip`:`port` may be connected to for a URL that names `host`."""
        address = read_address(ip)
        if address is None:
            return False
        if is_public(address) or self._is_named(str(address), port, host):
            return True
        return any(address in network for network in self.networks)

    def target(self, url: str) -> Target:
        """Read a URL as far as its text goes, asking no resolver; raise InvalidInput.

        A port of another service needs an entry of its own: a CIDR does not open it.
        """
        target = read_target(url)
        host, port = target.host, target.port
        if port in OTHER_PORTS and not self._is_named(host, port, host):
            message = f"Port {port} belongs to another service; use a port of HTTP."
            raise InvalidInput.one("url", "blocked_port", message)
        literal = _LOOPBACK if _is_localhost(host) else host
        if read_address(literal) is not None and not self.allows(literal, port, host):
            raise _blocked()
        return target

    def check_url(self, url: str) -> None:
        """Refuse a URL that may not be reached; raise InvalidInput on `url`.

        A name that does not resolve now passes: it may tomorrow, and is guarded then.
        """
        target = self.target(url)
        if _is_localhost(target.host):
            return
        for ip in _resolve(target.host, target.port):
            if not self.allows(ip, target.port, target.host):
                raise _blocked()

    def _is_named(self, ip: str, port: int, host: str) -> bool:
        return (host, port) in self.places or (ip, port) in self.places


def _read_place(entry: str, place: re.Match[str]) -> tuple[str, int]:
    port = int(place[2])
    try:
        host = read_host(place[1])
    except InvalidInput as error:
        raise ValueError(f"{entry!r} is not host:port") from error
    if not 1 <= port <= MAX_PORT:
        raise ValueError(f"{entry!r} needs a port from 1 to {MAX_PORT}")
    address = read_address(host)
    return (host if address is None else str(address)), port


def _read_network(entry: str) -> Network:
    try:
        return ip_network(entry)
    except ValueError as error:
        raise ValueError(f"{entry!r} is neither host:port nor a CIDR") from error


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(entry[4][0]) for entry in found]


def _blocked() -> InvalidInput:
    message = "This address is private; use one that the internet can reach."
    return InvalidInput.one("url", "blocked_address", message)
