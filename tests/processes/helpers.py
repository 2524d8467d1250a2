"""Tiny programs in the place of the real ones, and what became of processes."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.processes.child import Program

SLEEP = "import time; time.sleep(60)"


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def until(is_true: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether it became true in that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.02)
    return is_true()


def program(code: str = SLEEP, role: str = "worker", number: int = 1) -> Program:
    """A program of a few lines of Python."""
    return Program(role, number, (sys.executable, "-I", "-S", "-c", code))
