"""The sink: all partners' server on loopback, which takes every lead at once.

`python -m benchmarks.sink` prints its port. `GET` answers with a line for each lead
that was posted since the last one: its id, and when the first byte had come, in
seconds of the monotonic clock.
"""

import asyncio
import re
import time

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_LEAD = re.compile(rb'"lead_id": *"([^"]+)"')
_END = b"\r\n\r\n"
_TAKEN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b'Content-Length: 11\r\n\r\n{"ok":true}'
)
_SEEN = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"

seen: list[tuple[bytes, float]] = []


class Sink(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.began = 0.0
        self.transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        if not self.buffer:
            self.began = time.monotonic()
        self.buffer += data
        end = self.buffer.find(_END)
        if end < 0:
            return
        if self.buffer.startswith(b"GET "):
            self._tell()
            return
        length = _LENGTH.search(self.buffer, 0, end)
        if length and len(self.buffer) >= end + len(_END) + int(length[1]):
            lead = _LEAD.search(self.buffer, end)
            seen.append((lead[1] if lead else b"-", self.began))
            self.buffer.clear()
            self.transport.write(_TAKEN)

    def _tell(self) -> None:
        lines = b"".join(b"%b %.6f\n" % one for one in seen)
        seen.clear()
        self.transport.write(_SEEN % (len(lines), lines))
        self.transport.close()


async def main() -> None:
    """Serve on a free port until ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
