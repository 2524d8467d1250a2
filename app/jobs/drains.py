"""How a drain runs: answer the bell, work batch by batch, stay while more may come."""

import threading
import time
from collections.abc import Callable

from app.domain.states import Stage
from app.metrics import count
from app.queue import DRAIN_S, doorbell
from app.services.work import is_due

# Set once this process is told to end: a drain then begins nothing more.
stopping = threading.Event()

# A batch costs its statements whether it is large or small: while few rows come in,
# batches begin no sooner after each other than this.
PACE_S = 0.025
SMALL = 20
MOST_WAIT_S = 0.06


class Patience:
    """How long a drain of this process looks for more once nothing is due."""

    # Each round over Redis and RQ costs as much as a dozen looks. A process that does
    # something else besides (the clock, a test) does not linger.
    WORKER_S = 0.5

    def __init__(self) -> None:
        self.seconds = 0.0


patience = Patience()


class Watch:
    """When to look again for something due: ever less often, and not for long."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.found()

    def found(self) -> None:
        """Begin anew: where something was due, more may be soon."""
        self.wait_s = PACE_S
        self.over_at = time.monotonic() + patience.seconds

    def found_nothing(self) -> None:
        """Look less often."""
        self.wait_s = min(1.5 * self.wait_s, MOST_WAIT_S)

    @property
    def expects_more(self) -> bool:
        """Whether the last look found something."""
        return self.wait_s == PACE_S

    def wait_for_more(self) -> bool:
        """Wait while something may come to be due; return whether it did."""
        while time.monotonic() < self.over_at and not stopping.is_set():
            stopping.wait(self.wait_s)
            if is_due(self.stage):
                return True
            self.found_nothing()
        return False


def drain_stage(stage: Stage, batch: Callable[[], int]) -> int:
    """Run batches while anything is due, 20 s at most; return what was claimed.

    The bell may ring again from the start on: what is committed while a drain runs
    is found by it or by the next.
    """
    doorbell().answer(stage)
    count("drains", stage=stage.value)
    until = time.monotonic() + DRAIN_S
    watch = Watch(stage)
    done = 0
    while not stopping.is_set():
        began = time.monotonic()
        if claimed := batch():
            done += claimed
            watch.found()
            if claimed < SMALL and patience.seconds:
                stopping.wait(max(0.0, PACE_S - (time.monotonic() - began)))
        elif not watch.wait_for_more():
            break
        if time.monotonic() > until:
            doorbell().ring(stage)
            break
    return done
