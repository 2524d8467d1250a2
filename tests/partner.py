"""A partner's server on loopback: keeps what it received, answers as it is told."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass(frozen=True)
class Says:
    """One answer; `wait_s` before it, `hang_up` instead of it."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    hang_up: bool = False


class PartnerServer:
    """What a partner received, and how it answers: one answer each, then the last."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: list[Says] = [Says()]
        self.decide: Callable[[Received], Says] | None = None
        self.lock = threading.Lock()
        self.url = ""

    def says(self, *answers: Says) -> None:
        """Answer with these in turn; the last of them ever after."""
        self.answers = list(answers)

    def answer(self, received: Received) -> Says:
        """Note a request and return what to say to it."""
        with self.lock:
            self.received.append(received)
            if self.decide is not None:
                return self.decide(received)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def partner_server() -> Iterator[PartnerServer]:
    """Run a partner's server on a free port of loopback."""
    partner = PartnerServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = partner.answer(Received(self.path, headers, body, time.time()))
            time.sleep(said.wait_s)
            if said.hang_up:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """A client that went away is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    partner.url = f"http://127.0.0.1:{server.server_port}/leads"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield partner
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
