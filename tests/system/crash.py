"""A crash at a named point in the midst of ten leads, and what became of them."""

import signal
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from app.jobs.lanes import PER_PARTNER
from tests.processes.helpers import until
from tests.system.market import Manners, Market, Posted, let_bid, market
from tests.system.system import System

RECOVERY_S = 20
LATE = "SELECT task FROM tick WHERE ticked_at < now() - interval '30 seconds'"
NAMES = ("Rex", *["Ada"] * 9)


def crash(system: System, *points: str) -> tuple[list[str], float]:
    """Crash once at each point; return what is wrong, and the seconds to the end."""
    with market(system) as made:
        made.server.decide = Manners().decide
        posted = _post_what_reaches(made, points)
        marks = [system.marker(point) for point in points]
        reached = until(lambda: all(mark.exists() for mark in marks), 30)
        assert reached, f"not all of {points} were reached"
        crashed_at = max(mark.stat().st_mtime for mark in marks)
        is_settled = until(lambda: made.is_settled(len(posted)), 60)
        wrongs = [] if is_settled else ["not settled within a minute"]
        ended_at = made.ended_at()
        if any(point.startswith("clock.") for point in points):
            ended_at = max(ended_at, _ticked_at(system))
            wrongs += _tasks_that_rest(system)
        seconds = max(0.0, ended_at - crashed_at)
        return wrongs + made.wrongs(posted, released=1), seconds


def _post_what_reaches(made: Market, points: Sequence[str]) -> list[Posted]:
    """Post ten leads, one of them given back, and do what the points need."""
    for step, way in WAYS.items():
        if any(point.startswith(step) for point in points):
            return way(made, points)
    made.system.arm(*points)
    if any(point.startswith("intake.refuse") for point in points):
        assert made.post(consent=None).status == 422
    return made.post_all(NAMES)


def _with_ruth(made: Market, points: Sequence[str]) -> list[Posted]:
    made.system.arm(*points)
    return made.post_all(("Rex", "Ruth", *NAMES[2:]))


def _with_sloane(made: Market, points: Sequence[str]) -> list[Posted]:
    made.system.arm(*points)
    return made.post_all(("Rex", "Sloane", *NAMES[2:]))


def _switch_off(made: Market, points: Sequence[str]) -> list[Posted]:
    """Switch off the endpoint for which one of ten deliveries waits."""
    posted = made.post_all(("Wanda", *NAMES[1:]))
    assert until(lambda: made.captured() == 2 * len(posted) - 1, 30)
    assert until(lambda: any(b"Wanda" in one.body for one in made.received()), 30)
    made.system.arm(*points)
    path = f"/api/v1/endpoints/{made.endpoints['north']}"
    made.system.call("PUT", path, status="disabled")
    return posted


def _lock_out(made: Market, points: Sequence[str]) -> list[Posted]:
    """Hold the campaign's lock for longer than a statement waits for it."""
    lock = "SELECT 1 FROM campaign_routing WHERE campaign_id = %s FOR UPDATE"
    with made.system.connected() as connection, connection.transaction():
        connection.execute(lock, [made.campaign_id])
        made.system.arm(*points)
        posted = made.post_all(NAMES)
        until(lambda: all(made.system.marker(point).exists() for point in points), 15)
    return posted


def _stop_what_waits(made: Market, points: Sequence[str]) -> list[Posted]:
    """Stop North while four slow requests to it are all that its lane lets out.

    What waits behind them is given back. The switch is off again before a new sender
    comes to look: it would end those sales for good.
    """
    slow = made.post_all(["Sloane"] * PER_PARTNER)
    assert until(lambda: _asked_of_north(made) == PER_PARTNER, 30)
    posted = [*slow, *made.post_all(NAMES[: len(NAMES) - PER_PARTNER])]
    assert until(lambda: len(made.transactions()) == 2 * len(posted), 30)
    made.system.arm(*points)
    switch = made.system.make(
        "switches", scope="partner", partner_id=made.partners["north"], reason="tried"
    )
    until(lambda: all(made.system.marker(point).exists() for point in points), 15)
    made.system.call("POST", f"/api/v1/switches/{switch['id']}/off")
    return posted


def _asked_of_north(made: Market) -> int:
    return sum(one.path.endswith("north") for one in made.received())


def _leave_all_to_the_clock(made: Market, points: Sequence[str]) -> list[Posted]:
    """Let the clock find a delivery and every periodic task due, at the points.

    It is stopped meanwhile: no beat may pass a point before all of it is due.
    """
    posted = made.post_all(("Rex", "Ruth", *NAMES[2:]))
    assert until(lambda: made.captured() == 2 * len(posted) - 2, 30)
    made.system.send("clock-1", signal.SIGSTOP)
    due = "SELECT 1 FROM delivery WHERE ended_at IS NULL AND run_at <= now()"
    assert until(lambda: made.system.rows(due) != [], 30)
    _make_tasks_due(made.system)
    made.system.arm(*points)
    made.system.send("clock-1", signal.SIGCONT)
    return posted


def _ask_for_bids(made: Market, points: Sequence[str]) -> list[Posted]:
    """Let both partners bid for ten leads, one of which is given back."""
    let_bid(made)
    made.system.arm(*points)
    return made.post_all(NAMES)


WAYS: dict[str, Callable[[Market, Sequence[str]], list[Posted]]] = {
    "delivery.decide": _switch_off,
    "delivery.give_back": _stop_what_waits,
    "delivery.judge": _with_ruth,
    "delivery.renew": _with_sloane,
    "ping.": _ask_for_bids,
    "clock.": _leave_all_to_the_clock,
    "work.give_back": _lock_out,
}


def _ticked_at(system: System) -> float:
    """Return when the clock that was started anew took the last task that was due."""
    until(lambda: not system.rows(LATE), RECOVERY_S)
    [row] = system.rows("SELECT max(ticked_at) AS at FROM tick")
    return cast(datetime, row["at"]).timestamp()


def _tasks_that_rest(system: System) -> list[str]:
    """Make every periodic task due once more; return what the clock leaves undone."""
    before = _audited_at(system)
    _make_tasks_due(system)
    until(lambda: not system.rows(LATE) and _audited_at(system) > before, RECOVERY_S)
    rests = [f"the clock rests: {row['task']}" for row in system.rows(LATE)]
    return rests if _audited_at(system) > before else [*rests, "the audit rests"]


def _make_tasks_due(system: System) -> None:
    system.rows("UPDATE tick SET ticked_at = now() - interval '1 day' RETURNING task")


def _audited_at(system: System) -> float:
    [row] = system.rows("SELECT max(at) AS at FROM audit_result")
    return row["at"].timestamp() if row["at"] else 0.0
