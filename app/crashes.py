"""Named points at which a process kills itself, once, so that recovery can be tried.

`CRASH_AT=<point>` arms one of them. Every step of a lead's way is a named transaction
(`app.db.transaction`) and has a point on either side of its commit.
"""

import os
import signal
from pathlib import Path

STEPS = (
    "intake.store",
    "intake.refuse",
    "validation.claim",
    "validation.write",
    "routing.claim",
    "routing.hold",
    "delivery.claim",
    "delivery.renew",
    "delivery.decide",
    "delivery.outcome",
    "clock.look",
    "clock.tick",
)
WITHIN = (
    "hold.booked",
    "hold.counted",
    "capture.marked",
    "capture.booked",
    "release.marked",
    "release.given_back",
    "send.built",
    "send.under_way",
    "send.answered",
    "ring.committed",
    "ring.set",
)
POINTS = (
    *(f"{step}:{side}" for step in STEPS for side in ("before", "after")),
    *WITHIN,
)

_armed = ""
_marker = Path()


def arm(point: str, folder: Path) -> None:
    """Arm a point (empty: none); the crash leaves `crashed-<point>` in the folder."""
    global _armed, _marker
    if point and point not in POINTS:
        raise ValueError(f"CRASH_AT must be one of {', '.join(POINTS)}")
    _armed, _marker = point, folder / f"crashed-{point}"


def reached(point: str) -> None:
    """Kill this process with -9 if the point is armed and nobody crashed there yet."""
    if point == _armed:
        try:
            os.close(os.open(_marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
