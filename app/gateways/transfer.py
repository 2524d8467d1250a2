"""One transfer on libcurl: its options, its guard, and what became of it.

A request is put on the wire once at most. libcurl would repeat it on a new connection
when a kept one breaks before the first byte of the reply; that is refused here, since
the peer may have acted on the first.
"""

import socket
from dataclasses import dataclass, field
from typing import Any

import certifi
import pycurl

from app.gateways.guard import Guard
from app.gateways.targets import Target
from app.gateways.wire_data import Failure, FailureCode, Reply, Request

MAX_REPLY = 256 * 1024
CONNECT_MS = 3000
# Servers drop idle connections after two seconds and more, without a word.
MAX_IDLE_S = 1

_TLS = frozenset(
    {
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_SSL_CERTPROBLEM,
        pycurl.E_SSL_CIPHER,
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_SSL_ISSUER_ERROR,
    }
)
_WORDS: dict[FailureCode, str] = {
    "blocked": "The address is private or not allowed",
    "dns": "The name did not resolve",
    "connect": "The connection failed",
    "tls": "The TLS handshake failed",
    "timeout": "There was no whole reply in time",
    "broken": "The reply broke off or was no HTTP",
}


@dataclass
class Transfer:
    """A request under way; the callbacks gather what comes back."""

    request: Request
    target: Target
    guard: Guard
    is_blocked: bool = False
    is_sent: bool = False
    is_repeat_refused: bool = False
    truncated: bool = False
    body: bytearray = field(default_factory=bytearray)
    headers: dict[str, str] = field(default_factory=dict)
    opened: list[socket.socket] = field(default_factory=list)

    def prepare(self, easy: Any, *, fresh: bool) -> None:  # noqa: ANN401 - untyped
        """Set every option on a new or reset libcurl handle."""
        for option, value in _FIXED:
            easy.setopt(option, value)
        timeout_ms = max(1, int(self.request.timeout_s * 1000))
        easy.setopt(pycurl.URL, self.target.url)
        easy.setopt(pycurl.TIMEOUT_MS, timeout_ms)
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, min(CONNECT_MS, timeout_ms))
        easy.setopt(pycurl.HTTPHEADER, _header_lines(self.request))
        easy.setopt(pycurl.FRESH_CONNECT, fresh)
        easy.setopt(pycurl.FORBID_REUSE, fresh)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        easy.setopt(pycurl.PREREQFUNCTION, self._about_to_send)
        easy.setopt(pycurl.HEADERFUNCTION, self._take_header)
        easy.setopt(pycurl.WRITEFUNCTION, self._take_body)
        if self.request.method == "GET":
            easy.setopt(pycurl.HTTPGET, 1)
        else:
            easy.setopt(pycurl.POSTFIELDS, self.request.body)
            easy.setopt(pycurl.CUSTOMREQUEST, self.request.method)

    def outcome(self, easy: Any, error: int) -> Reply | Failure:  # noqa: ANN401
        """Return the reply, or why there is none; `error` is libcurl's code."""
        elapsed_ms = round(easy.getinfo(pycurl.TOTAL_TIME) * 1000)
        address = easy.getinfo(pycurl.PRIMARY_IP) or None
        is_cut = self.truncated and error == pycurl.E_WRITE_ERROR
        if error == pycurl.E_OK or is_cut:
            status = easy.getinfo(pycurl.RESPONSE_CODE)
            body = bytes(self.body)
            return Reply(
                status, self.headers, body, self.truncated, elapsed_ms, address
            )
        code = self._failure_code(error)
        return Failure(code, self.is_sent, _WORDS[code], elapsed_ms, address)

    def let_go(self) -> None:
        """Close our handles of the sockets: libcurl has its own of each."""
        while self.opened:
            self.opened.pop().close()

    def _failure_code(self, error: int) -> FailureCode:
        if error == pycurl.E_OPERATION_TIMEDOUT:
            return "timeout"
        if self.is_sent:
            return "broken"
        if self.is_blocked:
            return "blocked"
        if error == pycurl.E_COULDNT_RESOLVE_HOST:
            return "dns"
        return "tls" if error in _TLS else "connect"

    def _open(self, _purpose: int, address: Any) -> Any:  # noqa: ANN401 - untyped
        ip, port = address.addr[0], address.addr[1]
        if not self._may_reach(ip, port):
            return pycurl.SOCKET_BAD
        opened = socket.socket(address.family, address.socktype, address.protocol)
        self.opened.append(opened)
        return opened

    def _about_to_send(self, ip: str, _own: str, port: int, _own_port: int) -> int:
        """Guard a connection that is kept from before, too; count the sending."""
        self.let_go()
        if self.is_sent:
            self.is_repeat_refused = True
            return int(pycurl.PREREQFUNC_ABORT)
        if not self._may_reach(ip, port):
            return int(pycurl.PREREQFUNC_ABORT)
        self.is_sent = True
        return int(pycurl.PREREQFUNC_OK)

    def _may_reach(self, ip: str, port: int) -> bool:
        allowed = self.guard.allows(ip, port, self.target.host)
        self.is_blocked = self.is_blocked or not allowed
        return allowed

    def _take_header(self, line: bytes) -> None:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon and name.startswith("HTTP/"):
            self.headers.clear()
        elif colon:
            key, text = name.strip().lower(), value.strip()
            known = self.headers.get(key)
            self.headers[key] = text if known is None else f"{known}, {text}"

    def _take_body(self, data: bytes) -> int:
        """Keep what fits; anything but the length taken makes libcurl stop."""
        room = MAX_REPLY - len(self.body)
        self.body += data[:room]
        if len(data) <= room:
            return len(data)
        self.truncated = True
        return -1


def _header_lines(request: Request) -> list[bytes]:
    """Return header lines; libcurl's own Expect and Content-Type are taken out."""
    names = {name.lower() for name, _ in request.headers}
    lines = [
        f"{name}: {value}" if value else f"{name};" for name, value in request.headers
    ]
    own = [
        f"{name}:" for name in ("Expect", "Content-Type") if name.lower() not in names
    ]
    return [line.encode() for line in lines + own]


_FIXED: tuple[tuple[int, Any], ...] = (
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.REDIR_PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.FOLLOWLOCATION, 0),
    (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
    (pycurl.HTTP09_ALLOWED, 0),
    (pycurl.PROXY, ""),
    (pycurl.NOPROXY, "*"),
    (pycurl.NETRC, pycurl.NETRC_IGNORED),
    (pycurl.NOSIGNAL, 1),
    (pycurl.PATH_AS_IS, 1),
    (pycurl.USERAGENT, ""),
    (pycurl.MAXAGE_CONN, MAX_IDLE_S),
    (pycurl.CAINFO, certifi.where()),
    (pycurl.SSL_VERIFYPEER, 1),
    (pycurl.SSL_VERIFYHOST, 2),
    (pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2),
)
