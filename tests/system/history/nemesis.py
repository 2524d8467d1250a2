"""The fault injector: a seeded plan of faults, done one after the other and healed."""

import contextlib
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.system import harm
from tests.system.history.log import Log
from tests.system.system import System

# Longer than a lease of 15 s: who wakes up then finds its rows another's.
FROZEN_S = 18.0
SHIFTS_S = (-86_400, -3_600, -20, 20, 3_600, 86_400)
SKEW = Path(__file__).parents[1] / "skew"

Act = Callable[[System], None]


@dataclass(frozen=True)
class Step:
    """One fault of a plan: when, in seconds of the run, and what is done."""

    at_s: float
    name: str
    act: Act


def kill(role: str) -> Act:
    """Kill one process with -9."""
    return lambda system: _send(system, role, signal.SIGKILL)


def pause(*roles: str, seconds: float) -> Act:
    """Stop processes as they are for a while, and let them go on."""

    def act(system: System) -> None:
        with stopped(system, *roles):
            time.sleep(seconds)

    return act


def shift(role: str, seconds: float) -> Act:
    """Put the clock of a role's processes wrong, from now on."""

    def act(system: System) -> None:
        file = clocks(system)
        wrong = json.loads(file.read_text()) if file.exists() else {}
        new = file.with_suffix(".new")
        new.write_text(json.dumps(wrong | {role: seconds}))
        new.replace(file)

    return act


def clocks(system: System) -> Path:
    """Return the file that says how wrong the clocks are."""
    return Path(system.environment["CLOCKS"])


def skewed(home: Path) -> dict[str, str]:
    """Return the settings of a system whose clocks can be put wrong."""
    file = home.with_name(f"{home.name}.clocks")
    return {"PYTHONPATH": str(SKEW), "CLOCKS": str(file)}


def plan(seed: int, seconds: float, every_s: float) -> list[Step]:
    """Draw a plan of faults that fills that time; the same seed, the same plan."""
    draw = random.Random(seed)  # noqa: S311 - a plan that can be repeated
    steps, at_s = [], every_s / 2
    while at_s < seconds:
        name, act, lasts_s = draw.choice(_choices(draw))
        steps.append(Step(at_s, name, act))
        at_s += lasts_s + draw.uniform(0.5, 1.5) * every_s
    return steps


def _choices(draw: random.Random) -> list[tuple[str, Act, float]]:
    """Return what may be done next: its name, itself, and how long it lasts."""
    role = draw.choice(("web-1", "worker-1", "worker-2", "sender-1", "clock-1"))
    who, by = draw.choice(("web", "worker", "clock")), draw.choice(SHIFTS_S)
    short = round(draw.uniform(0.5, 4), 1)
    frozen = ("sender-1", "valkey-1")
    return [
        (f"kill {role}", kill(role), 5),
        (f"pause {role} {short} s", pause(role, seconds=short), short),
        (f"pause {role} long", pause(role, seconds=FROZEN_S), FROZEN_S),
        ("freeze sender and valkey", pause(*frozen, seconds=FROZEN_S), FROZEN_S),
        ("stop postgres", harm.stop_postgres, 5),
        ("kill valkey", harm.kill_valkey, 3),
        ("flush valkey", harm.flush_valkey, 3),
        (f"pause valkey {short} s", pause("valkey-1", seconds=short), short),
        (f"clock of {who} {by:+} s", shift(who, by), 2),
        (f"clock of {who} {by:+} s", shift(who, by), 2),
    ]


class Nemesis:
    """Carries a plan out in a thread of its own."""

    def __init__(self, system: System, log: Log, steps: Sequence[Step]) -> None:
        self.system, self.log, self.steps = system, log, steps
        self.failed: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Come to the end of what is being done; put every clock right."""
        self._over.set()
        self._thread.join()
        clocks(self.system).unlink(missing_ok=True)
        if self.failed:
            raise AssertionError(f"faults that could not be done: {self.failed}")

    def _run(self) -> None:
        began = time.monotonic()
        for step in self.steps:
            if self._over.wait(max(0.0, began + step.at_s - time.monotonic())):
                return
            with self.log.fault(step.name):
                try:
                    step.act(self.system)
                except Exception as error:  # noqa: BLE001 - told at the end
                    self.failed.append(f"{step.name}: {error!r}")


@contextlib.contextmanager
def stopped(system: System, *roles: str) -> Iterator[None]:
    """Hold processes with SIGSTOP while the block lasts."""
    for role in roles:
        _send(system, role, signal.SIGSTOP)
    try:
        yield
    finally:
        for role in roles:
            _send(system, role, signal.SIGCONT)


def _send(system: System, role: str, number: signal.Signals) -> None:
    # One that is just being started again has no harm left to suffer.
    with contextlib.suppress(KeyError, ProcessLookupError):
        # The web serves from a process below: the whole group is stopped or killed.
        os.killpg(system.pids()[role], number)
