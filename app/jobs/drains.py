"""How a drain runs: answer the bell, work batch by batch, stop when nothing is due."""

import threading
import time
from collections.abc import Callable

from app.domain.states import Stage
from app.metrics import count
from app.queue import DRAIN_S, doorbell

# Set once this process is told to end: a drain then begins nothing more.
stopping = threading.Event()


def drain_stage(stage: Stage, batch: Callable[[], int]) -> int:
    """Run batches until one claims nothing, 20 s at most; return what was claimed.

    The bell may ring again from the start on: what is committed while a drain runs
    is found by it or by the next.
    """
    doorbell().answer(stage)
    count("drains", stage=stage.value)
    until = time.monotonic() + DRAIN_S
    done = 0
    while time.monotonic() < until and not stopping.is_set():
        claimed = batch()
        if not claimed:
            break
        done += claimed
    return done
