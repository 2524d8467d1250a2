"""Puts the clock of a process of the application wrong, as the file `CLOCKS` says.

Python finds this by PYTHONPATH. The file holds seconds by role, `{"web": 3600}`, and
may change at any time. PostgreSQL is no Python: its clock stays right.
"""

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

ROLES = {
    "app.processes.web": "web",
    "app.worker": "worker",
    "app.clock": "clock",
}
LOOK_S = 0.1


def follow(file: Path, role: str) -> None:
    """Shift this process's clock whenever the file says another shift."""
    shift, travel = 0.0, None
    while True:
        wanted = _shift(file, role)
        if wanted != shift:
            if travel is not None:
                travel.stop()
            there = datetime.now(UTC) + timedelta(seconds=wanted)
            travel = time_machine.travel(there, tick=True)
            travel.start()
            shift = wanted
        time.sleep(LOOK_S)


def _shift(file: Path, role: str) -> float:
    try:
        return float(json.loads(file.read_text()).get(role, 0))
    except (FileNotFoundError, ValueError):
        return 0.0


for _word in sys.orig_argv:
    # Granian's own child has other words, and inherits the role.
    if _word in ROLES:
        os.environ["CLOCK_OF"] = ROLES[_word]
if "CLOCKS" in os.environ and "CLOCK_OF" in os.environ:
    threading.Thread(
        target=follow,
        args=(Path(os.environ["CLOCKS"]), os.environ["CLOCK_OF"]),
        daemon=True,
    ).start()
