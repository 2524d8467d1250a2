"""One run: clients and faults for a while, quiet again, and the record of it all."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.processes.helpers import until
from tests.system.history import final
from tests.system.history.clients import Changer, Client, busy
from tests.system.history.log import Log
from tests.system.history.nemesis import Nemesis, Step
from tests.system.history.record import Finding, Record
from tests.system.history.scene import Scene
from tests.system.system import System

ROLES = 7


@dataclass(frozen=True)
class Load:
    """How long and how hard clients call, and how long things may take to settle."""

    seconds: float
    clients: int = 4
    pause_s: float = 0.15
    settle_s: float = 60


def drive(scene: Scene, load: Load, steps: Sequence[Step], file: Path) -> Record:
    """Run clients and faults; return what was seen once all is quiet again.

    `file` gets every event as it happens, its neighbour `.record.json` all that the
    checks read.
    """
    log = Log(file)
    began = time.time()
    clients: list[Client] = [Client(scene, log, n) for n in range(load.clients)]
    clients.append(Changer(scene, log, load.clients))
    with Nemesis(scene.system, log, steps), busy(clients, load.pause_s):
        time.sleep(load.seconds)
    settle(scene, load.settle_s)
    record = final.record(scene, log, began)
    kept = json.dumps(asdict(record), default=str, indent=1)
    file.with_suffix(".record.json").write_text(kept)
    return record


def settle(scene: Scene, seconds: float) -> None:
    """Wait until every process runs and nothing is left to be done, or in vain."""
    system = scene.system
    until(lambda: len(_running(system)) >= ROLES, 30)
    until(lambda: not final.open_work(scene), seconds)


def told(findings: Sequence[Finding], record: Record, seed: int) -> str:
    """Return what a failed run says: its seed, its faults, and what is wrong."""
    return "\n".join(
        [
            f"seed {seed}: {summary(record)}",
            *[f"  fault: {one.name}" for one in record.faults],
            *[f"  wrong: {finding}" for finding in findings],
        ]
    )


def summary(record: Record) -> dict[str, Any]:
    """Return how much a run did."""
    return {
        "calls": len(record.calls),
        "unknown": sum(call.outcome == "info" for call in record.calls),
        "faults": len(record.faults),
        "leads": len(record.leads),
        "sales": len(record.sales),
        "captured": sum(sale.captured_at is not None for sale in record.sales),
        "entries": len(record.entries),
        "requests": len(record.handed),
    }


def _running(system: System) -> list[str]:
    return [name for name in system.pids() if not name.startswith("supervisor")]
