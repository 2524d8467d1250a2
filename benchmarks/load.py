"""The load: a process of its own that sends requests over connections kept alive.

Closed loop, or open loop at a rate, where a latency counts from the moment that the
request was meant to be sent. Raw sockets under one epoll: some 20 us of CPU a request,
also with ten thousand connections. `python -m benchmarks.load` reads a Plan from
standard input and writes a Result to standard output, both as JSON.
"""

import json
import re
import resource
import select
import socket
import sys
import time
from array import array
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path

from benchmarks.bodies import maker

PATIENCE_S = 15.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Plan:
    """What to send where; `rate` in requests a second, 0 for a closed loop.

    `first` is the number of the first body. `record` is a file that receives a line
    for each answer: the `id` in its body, when it was meant to be sent, when it had
    come, in seconds of the monotonic clock.
    """

    port: int
    path: str
    headers: dict[str, str]
    kind: str
    first: int
    seconds: float
    expected: int = 201
    connections: int = 16
    rate: float = 0.0
    record: str = ""


@dataclass(frozen=True)
class Result:
    """What came back: how many with which status, how fast, in milliseconds."""

    statuses: dict[str, int]
    failed: int
    elapsed_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    sent: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return sum(self.statuses.values()) / self.elapsed_s


@dataclass
class Connection:
    """One kept connection and the request under way on it."""

    socket: socket.socket
    buffer: bytearray = field(default_factory=bytearray)
    meant_at: float = 0.0
    is_busy: bool = False


class Load:
    """The run of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.make = maker(plan.kind)
        self.next = plan.first
        self.statuses: Counter[int] = Counter()
        self.latencies = array("d")
        self.failed = 0
        self.busy = 0
        self.records: list[tuple[str, float, float]] = []
        lines = [f"POST {plan.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in plan.headers.items()]
        lines += ["Content-Type: application/json", "Content-Length: "]
        self.head = "\r\n".join(lines).encode()
        self.epoll = select.epoll()
        self.connections: dict[int, Connection] = {}
        self.idle: deque[Connection] = deque()

    def run(self) -> Result:
        """Open every connection, send for the plan's seconds, wait for the rest."""
        for _ in range(self.plan.connections):
            self._open()
        began = time.monotonic()
        until = began + self.plan.seconds
        while (now := time.monotonic()) < until:
            due = self._send_due(began, now)
            self._receive(min(due, until) - now)
        give_up_at = time.monotonic() + PATIENCE_S
        while self.busy and time.monotonic() < give_up_at:
            self._receive(0.1)
        self.failed += self.busy
        return self._result(time.monotonic() - began)

    def _open(self) -> None:
        opened = socket.create_connection(("127.0.0.1", self.plan.port), timeout=30)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.setblocking(False)
        connection = Connection(opened)
        self.connections[opened.fileno()] = connection
        self.idle.append(connection)
        self.epoll.register(opened, select.EPOLLIN)

    def _send_due(self, began: float, now: float) -> float:
        """Send what is due on idle connections; return when to look again."""
        if not self.plan.rate:
            while self.idle:
                self._send(self.idle.popleft(), now)
            return now + 1
        while True:
            meant_at = began + (self.next - self.plan.first) / self.plan.rate
            if meant_at > now or not self.idle:
                return meant_at if self.idle else now + 1
            self._send(self.idle.popleft(), meant_at)

    def _send(self, connection: Connection, meant_at: float) -> None:
        body = self.make(self.next)
        self.next += 1
        connection.meant_at, connection.is_busy = meant_at, True
        self.busy += 1
        connection.socket.send(b"%b%d%b%b" % (self.head, len(body), _END, body))

    def _receive(self, wait_s: float) -> None:
        for number, _ in self.epoll.poll(max(0.0, wait_s)):
            connection = self.connections[number]
            try:
                data = connection.socket.recv(65_536)
            except OSError:
                data = b""
            if not data:
                self._lose(number, connection)
                continue
            connection.buffer += data
            self._read(connection)

    def _read(self, connection: Connection) -> None:
        buffer = connection.buffer
        end = buffer.find(_END)
        length = _LENGTH.search(buffer, 0, end) if end >= 0 else None
        if length is None or len(buffer) < end + 4 + int(length[1]):
            return
        now = time.monotonic()
        self.statuses[int(buffer[9:12])] += 1
        self.latencies.append(now - connection.meant_at)
        if self.plan.record:
            id_ = json.loads(buffer[end + 4 :])["id"]
            self.records.append((id_, connection.meant_at, now))
        buffer.clear()
        connection.is_busy = False
        self.busy -= 1
        self.idle.append(connection)

    def _lose(self, number: int, connection: Connection) -> None:
        self.failed += 1
        self.busy -= connection.is_busy
        self.idle = deque(one for one in self.idle if one is not connection)
        self.epoll.unregister(number)
        connection.socket.close()
        del self.connections[number]

    def _result(self, elapsed_s: float) -> Result:
        if self.plan.record:
            lines = (
                f"{id_} {sent:.6f} {came:.6f}\n" for id_, sent, came in self.records
            )
            Path(self.plan.record).write_text("".join(lines))
        latencies = [1000 * latency for latency in sorted(self.latencies)]
        return Result(
            statuses={str(status): count for status, count in self.statuses.items()},
            failed=self.failed,
            elapsed_s=elapsed_s,
            p50_ms=percentile(latencies, 50),
            p95_ms=percentile(latencies, 95),
            p99_ms=percentile(latencies, 99),
            sent=self.next - self.plan.first,
        )


def percentile(ordered: list[float], percent: int) -> float:
    """Return the smallest value that is no less than `percent` of all; 0 of none."""
    return ordered[ceil(len(ordered) * percent / 100) - 1] if ordered else 0.0


def main() -> None:
    """Run the plan on standard input."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(Load(plan).run()), sys.stdout)


if __name__ == "__main__":
    main()
