"""A child process: started in a group of its own, ended with all that it started.

No child outlives its parent, however the parent dies.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.processes import follow
from app.processes.errors import CannotStart
from app.processes.system_user import User
from config import PROJECT

GRACE_S = 20.0
READY_S = 60.0


@dataclass(frozen=True)
class Program:
    """What to run, as whom, and which signals end it.

    `environment` None is the parent's own; `log` None is the parent's output.
    """

    role: str
    number: int
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    log: Path | None = None
    user: User | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL

    @property
    def name(self) -> str:
        """What people and pid files call it."""
        return f"{self.role}-{self.number}"


class Child:
    """One running program; its pid file lives exactly as long as it does."""

    def __init__(self, program: Program, run_dir: Path | None) -> None:
        """Start the program; without `run_dir` it has no pid file."""
        self.program = program
        self.started_at = time.monotonic()
        self._process = _start(program)
        self._pid_file = run_dir / f"{program.name}.pid" if run_dir else None
        if self._pid_file:
            self._pid_file.write_text(f"{self.pid}\n")

    @property
    def pid(self) -> int:
        """The process, which also leads its group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return None while it runs, else its code, or minus the signal it died of."""
        if self._process.returncode is None and self._has_ended():
            # Not reaped yet, so the number of the group cannot be another's.
            self.kill()
            self._process.wait()
            if self._pid_file:
                self._pid_file.unlink(missing_ok=True)
        return self._process.returncode

    def send(self, number: signal.Signals) -> None:
        """Send the signal to the process itself, if it still runs."""
        if self._process.returncode is None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """Kill the whole group at once."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _has_ended(self) -> bool:
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, options) is not None


def stop_all(
    children: Sequence[Child],
    grace_s: float = GRACE_S,
    is_hurried: Callable[[], bool] = lambda: False,
) -> list[Child]:
    """Ask all to stop, wait, kill the groups of the rest; return those killed.

    Once `is_hurried`, nobody is waited for any longer.
    """
    for child in children:
        child.send(child.program.stop_signal)
    deadline = time.monotonic() + grace_s
    while _running(children) and time.monotonic() < deadline and not is_hurried():
        time.sleep(0.02)
    killed = _running(children)
    for child in killed:
        child.kill()
    while _running(killed):
        time.sleep(0.02)
    return killed


@contextlib.contextmanager
def running(
    program: Program, run_dir: Path | None, is_ready: Callable[[Child], bool]
) -> Iterator[Child]:
    """Run the program while the block lasts; it is ready when the block begins."""
    child = Child(program, run_dir)
    try:
        deadline = time.monotonic() + READY_S
        while not is_ready(child):
            if child.exit_code() is not None or time.monotonic() > deadline:
                raise CannotStart(f"{program.name} did not become ready")
            time.sleep(0.02)
        yield child
    finally:
        stop_all([child])


def _running(children: Sequence[Child]) -> list[Child]:
    return [child for child in children if child.exit_code() is None]


def _start(program: Program) -> subprocess.Popen[bytes]:
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(program.log.open("ab")) if program.log else None
        return subprocess.Popen(  # noqa: S603 - the command is our own
            (*_followed(program), *program.command),
            cwd=PROJECT,
            env=program.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _followed(program: Program) -> tuple[str, ...]:
    """Return the words before the command that tie it to us."""
    user = program.user or User(-1, -1)
    numbers = (os.getpid(), int(program.death_signal), user.uid, user.gid)
    # Isolated and without site-packages, so that it takes some milliseconds only.
    return (sys.executable, "-I", "-S", follow.__file__, *map(str, numbers))
