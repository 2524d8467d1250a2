"""Named points at which a process kills itself, once, so that recovery can be tried.

`CRASH_AT=<point>[,<point>…]` arms them. Every step of a lead's way is a named
transaction (`app.db.transaction`) and has a point on either side of its commit.
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
    "ping.claim",
    "ping.judge",
    "delivery.claim",
    "delivery.renew",
    "delivery.decide",
    "delivery.send",
    "delivery.outcome",
    "delivery.judge",
    "delivery.give_back",
    "work.look",
    "work.give_back",
    "clock.tick",
)
WITHIN = (
    "ping.under_way",
    "ping.answered",
    "hold.placed",
    "hold.booked",
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

_armed: frozenset[str] = frozenset()
_folder = Path()


def arm(points: str, folder: Path) -> None:
    """Arm points, separated by commas; each crash leaves `crashed-<point>` there.

    A point whose mark lies in the folder lets everybody pass: each crashes once, and
    again once the mark has been taken away.
    """
    global _armed, _folder
    wanted = frozenset(filter(None, points.split(",")))
    if not wanted <= set(POINTS):
        raise ValueError(f"CRASH_AT must be of {', '.join(POINTS)}")
    _armed, _folder = wanted, folder


def reached(point: str) -> None:
    """Kill this process with -9 if the point is armed and nobody crashed there yet."""
    if point in _armed:
        mark = _folder / f"crashed-{point}"
        try:
            os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
