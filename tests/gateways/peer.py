"""A partner on loopback: a raw HTTP server that behaves as its path says.

It notes every connection and every request, and does what real peers do: answers,
hangs, drips, resets, redirects, floods, talks garbage.
"""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from app.gateways.guard import Guard


@dataclass
class Seen:
    """One request as the peer read it."""

    connection: int
    line: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Peer:
    """What the server heard; `url(path)` is where to send."""

    port: int = 0
    connections: int = 0
    requests: list[Seen] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/ok", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def guard(self) -> Guard:
        return Guard.from_entries([f"127.0.0.1:{self.port}"])


def answer(
    body: bytes = b"ok", status: str = "200 OK", headers: tuple[str, ...] = ()
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


HUGE = answer(b"x" * 1_000_000)
REPLIES = {
    "/ok": answer(),
    "/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/redirect": answer(b"", "302 Found", ("Location: /ok",)),
    "/cookie": answer(b"", "200 OK", ("Set-Cookie: a=b", "X-Two: 1", "x-two: 2")),
    "/huge": HUGE,
    "/refused-huge": HUGE.replace(b"200 OK", b"400 Bad", 1),
    "/gzip": answer(b"not gzip", "200 OK", ("Content-Encoding: gzip",)),
    "/continue": b"HTTP/1.1 100 Continue\r\nX-Old: 1\r\n\r\n" + answer(),
    "/cut": answer(b"x" * 100)[:-50],
    "/garbage": b"\x00\xff\xfe no http at all\r\n\r\n",
    "/http09": b"hello there",
    "/silent": b"",
    "/long-header": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
    "/early": answer(b"too large", "413 Too Large", ("Connection: close",)),
}
CLOSES = {"/cut", "/garbage", "/http09", "/silent", "/long-header", "/drop"}


def _read(conn: socket.socket, rest: bytes) -> tuple[bytes, bytes, bytes] | None:
    while b"\r\n\r\n" not in rest:
        if not (data := conn.recv(65536)):
            return None
        rest += data
    head, _, rest = rest.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    while len(rest) < length:
        if not (data := conn.recv(65536)):
            return None
        rest += data
    return head, rest[:length], rest[length:]


def _serve(peer: Peer, conn: socket.socket, number: int) -> None:
    rest = b""
    served = 0
    with conn:
        while (read := _read(conn, rest)) is not None:
            head, body, rest = read
            line, *others = head.decode("latin-1").split("\r\n")
            pairs = [(n, v.strip()) for n, _, v in (o.partition(":") for o in others)]
            peer.requests.append(Seen(number, line, pairs, body))
            path = line.split(" ")[1]
            served += 1
            if not _reply(peer, conn, path, served):
                return


def _reply(peer: Peer, conn: socket.socket, path: str, served: int) -> bool:
    """Behave as the path says; return whether the connection is kept."""
    if path == "/reset" or (path == "/reset-if-kept" and served > 1):
        linger = struct.pack("ii", 1, 0)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        return False
    if path == "/drop-if-kept" and served > 1:
        return False
    if path == "/hang":
        peer.is_over.wait(10)
        return False
    if path == "/drip":
        conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not peer.is_over.wait(0.05):
            conn.sendall(b".")
        return False
    if path == "/slow":
        time.sleep(0.1)
    conn.sendall(REPLIES.get(path, REPLIES["/ok"]))
    return path not in CLOSES


def _serve_quietly(peer: Peer, conn: socket.socket, number: int) -> None:
    try:
        _serve(peer, conn, number)
    except OSError:
        # The client left in the middle: that is what some tests do.
        return


def _accept(peer: Peer, server: socket.socket) -> None:
    while not peer.is_over.is_set():
        try:
            conn, _ = server.accept()
        except OSError:
            return
        peer.connections += 1
        arguments = (peer, conn, peer.connections)
        threading.Thread(target=_serve_quietly, args=arguments, daemon=True).start()


@contextmanager
def running_peer() -> Iterator[Peer]:
    """Run a partner on a free port of loopback."""
    server = socket.create_server(("127.0.0.1", 0), backlog=512)
    peer = Peer(port=server.getsockname()[1])
    thread = threading.Thread(target=_accept, args=(peer, server), daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        peer.is_over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(2)
