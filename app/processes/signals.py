"""How the supervisor is asked to stop: SIGINT, SIGTERM or SIGHUP, from anywhere."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from app.processes.follow import die_with_parent

# One Ctrl-C may arrive twice, from the terminal and passed on by a program above us.
SAME_PRESS_S = 0.5

_STEP_S = 0.1


class StopRequested(Exception):  # noqa: N818 - reads as what happened
    """Somebody asked us to stop."""


class StopSignals:
    """Whether a stop was asked for, and whether a second Ctrl-C made it urgent."""

    def __init__(self) -> None:
        """Look at the parent as it is before any signal."""
        self._requested_at: float | None = None
        self._is_hurried = False
        self._watches_make = _is_make(os.getppid()) and _catches_interrupt()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch the signals while the block lasts; outlive no make that began us."""
        if _is_make(os.getppid()):
            die_with_parent(os.getppid(), signal.SIGTERM)
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._take) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def pause(self, seconds: float) -> None:
        """Sleep that long; raise StopRequested as soon as a stop was asked for."""
        deadline = time.monotonic() + seconds
        while True:
            if self._requested_at is not None or self._make_was_interrupted():
                raise StopRequested
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _STEP_S))

    def is_hurried(self) -> bool:
        """Return whether Ctrl-C was pressed again."""
        return self._is_hurried

    def _take(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._requested_at is None:
            self._requested_at = now
        elif number == signal.SIGINT and now - self._requested_at > SAME_PRESS_S:
            self._is_hurried = True

    def _make_was_interrupted(self) -> bool:
        """Return whether make, above us, got a SIGINT that was sent to it alone.

        It does not pass one on but waits for us; what shows is its handler, gone.
        """
        return self._watches_make and not _catches_interrupt()


def _is_make(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() in {"make", "gmake"}
    except OSError:
        return False


def _catches_interrupt() -> bool:
    """Return whether our parent has a handler for SIGINT."""
    try:
        status = Path(f"/proc/{os.getppid()}/status").read_text()
    except OSError:
        return True
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) & 1 << (signal.SIGINT - 1))
