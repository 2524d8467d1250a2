"""Keeps one program running: what dies is started again, ever more patiently."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.processes.child import Child, Program

Say = Callable[[str], None]


@dataclass
class Backoff:
    """How long to wait before the next start, in seconds.

    Even after the longest wait and a start, what a dead sender had claimed is tried
    again within 20 s.
    """

    first: float = 0.5
    most: float = 10.0
    healthy: float = 60.0
    deaths: int = 0
    wait: float = 0.0

    def after(self, lived: float) -> float:
        """Count a death after `lived` seconds of life; return how long to wait."""
        if lived >= self.healthy:
            self.deaths, self.wait = 0, 0.0
        self.deaths += 1
        self.wait = min(2 * self.wait or self.first, self.most)
        return self.wait


class Keeper:
    """One program, its present child if any, and the time of its next start."""

    def __init__(
        self, program: Program, run_dir: Path, say: Say, backoff: Backoff | None = None
    ) -> None:
        """Start the program for the first time."""
        self.program = program
        self.child: Child | None = Child(program, run_dir)
        self._run_dir = run_dir
        self._say = say
        self._backoff = backoff or Backoff()
        self._start_at = 0.0

    @property
    def deaths(self) -> int:
        """How often it died in a row without having lived for long."""
        return self._backoff.deaths

    def look(self) -> None:
        """Start the program again if it has died and its wait is over."""
        if self.child is None:
            if time.monotonic() >= self._start_at:
                self.child = Child(self.program, self._run_dir)
            return
        code = self.child.exit_code()
        if code is None:
            return
        now = time.monotonic()
        wait = self._backoff.after(now - self.child.started_at)
        self.child = None
        self._start_at = now + wait
        self._say(f"{self.program.name} {_ending(code)}; starting it in {wait:g} s")


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
