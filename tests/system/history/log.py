"""The log of a run: every call as invoked and as it ended, every fault, in a file."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tests.system.history.record import Call, Fault, Outcome


class Log:
    """Calls and faults of one run; each event is a line of `file` as it happens."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call so far; one that has not ended is an unknown one."""
        with self._lock:
            return tuple(self._calls)

    def invoke(
        self, kind: str, subject: str, key: str | None, body: Mapping[str, Any]
    ) -> int:
        """Note that a call begins; return its number."""
        with self._lock:
            number, now = len(self._calls), time.time()
            call = Call(
                number, kind, subject, key, dict(body), now, float("inf"), Outcome.info
            )
            self._calls.append(call)
            self._write("invoke", asdict(call))
            return number

    def complete(
        self,
        number: int,
        outcome: Outcome,
        status: int | None = None,
        answer: Mapping[str, Any] | None = None,
    ) -> Call:
        """Note how a call ended; return it."""
        with self._lock:
            call = replace(
                self._calls[number],
                ended=time.time(),
                outcome=outcome,
                status=status,
                answer=answer or {},
            )
            self._calls[number] = call
            self._write(outcome, {"number": number, "status": status, "answer": answer})
            return call

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Note a fault that lasts as long as the block."""
        began = time.time()
        with self._lock:
            self._write("fault", {"name": name})
        try:
            yield
        finally:
            with self._lock:
                self.faults.append(Fault(name, began, time.time()))
                self._write("healed", {"name": name})

    def _write(self, event: str, what: Mapping[str, Any]) -> None:
        line = json.dumps({"at": time.time(), "event": event, **what}, default=str)
        with self.file.open("a") as file:
            file.write(line + "\n")
