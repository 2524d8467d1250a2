"""The real processes: killed one by one, asked to stop under load, orphaned."""

import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.partner import Says, partner_server
from tests.processes.helpers import is_alive, until
from tests.system import harm
from tests.system.conftest import Launch
from tests.system.market import market, open_market

pytestmark = pytest.mark.soak

Note = Callable[[str, float], None]
NAMES = (
    "postgres-1",
    "valkey-1",
    "web-1",
    "worker-1",
    "worker-2",
    "sender-1",
    "clock-1",
)
BACK_S = 30
DRAIN_S = 20
ORPHAN_S = 5
KILLS = 6
RECOVERY_S = 20
SLOWEST_S = 50.0


@pytest.mark.parametrize("name", NAMES)
def test_killed_process_comes_back_and_says_so(
    name: str, launch: Launch, note: Note
) -> None:
    system = launch()
    killed = system.pids()[name]

    with market(system) as made:
        with harm.steady(made) as posted:
            time.sleep(1)
            system.send(name, signal.SIGKILL)
            at = time.time()
            is_back = until(lambda: system.pids().get(name, killed) != killed, BACK_S)
            note(f"kill of {name}: started again", time.time() - at)
            time.sleep(3)
        is_settled = until(lambda: made.is_settled(len(posted)), RECOVERY_S)
        wrongs = made.wrongs(posted)
        note(f"kill of {name}: slowest lead", max(harm.delays(made)))

    assert is_back
    assert re.search(rf"{name} .*; starting it in 0.5 s", system.said())
    assert is_settled
    assert wrongs == []


def test_sender_killed_again_and_again_is_never_away_for_long(
    launch: Launch, note: Note
) -> None:
    system = launch()

    with market(system) as made:
        for _ in range(KILLS):
            assert until(lambda: "sender-1" in system.pids(), RECOVERY_S)
            posted = [made.post()]
            system.send("sender-1", signal.SIGKILL)
            at = time.time()
            known = len(made.leads())
            assert until(lambda n=known: made.is_settled(n), 2 * RECOVERY_S)
            note("kill of the sender in a row", made.ended_at() - at)
            assert made.ended_at() - at <= RECOVERY_S

    assert posted[0].status == 201


def test_stop_under_load_interrupts_no_attempt(launch: Launch, note: Note) -> None:
    system = launch()
    with partner_server() as server:
        made = open_market(system, server)
        server.decide = lambda _: Says(200, wait_s=2.0)
        posted = made.post_all(["Ada"] * 20)
        assert until(lambda: len(made.received()) > 0)

        at = time.time()
        code = system.stop()
        took_s = time.time() - at
        sent = len(made.received())
        system.start()
        settled = until(lambda: made.is_settled(len(posted)), 3 * RECOVERY_S)
        wrongs = made.wrongs(posted)
        keys = [one.headers["idempotency-key"] for one in made.received()]

    note("stop under load", took_s)
    assert code == 0
    assert "had to be killed" not in system.said()
    assert took_s <= DRAIN_S
    assert settled
    assert wrongs == []
    assert sent >= 1
    assert len(keys) == len(set(keys))


def test_stop_waits_for_no_slow_partner_and_asks_it_again_with_the_same_key(
    launch: Launch, note: Note
) -> None:
    system = launch()
    with partner_server() as server:
        made = open_market(system, server)
        for endpoint_id in made.endpoints.values():
            system.call("PUT", f"/api/v1/endpoints/{endpoint_id}", timeout_s=60)
        server.decide = lambda _: Says(200, wait_s=SLOWEST_S)
        posted = [made.post()]
        assert until(lambda: len(made.received()) == 2)

        at = time.time()
        code = system.stop()
        took_s = time.time() - at
        server.decide = None
        system.start()
        settled = until(lambda: made.is_settled(len(posted)), 3 * RECOVERY_S)
        wrongs = made.wrongs(posted)
        keys = Counter(one.headers["idempotency-key"] for one in made.received())

    note("stop with a slow partner", took_s)
    assert code == 0
    assert took_s <= DRAIN_S
    assert "had to be killed" not in system.said()
    assert settled
    assert wrongs == []
    assert sorted(keys.values()) == [2, 2]


def test_killed_supervisor_leaves_no_orphan_of_the_application(
    launch: Launch, note: Note
) -> None:
    system = launch()
    below = {pid for parent in system.pids().values() for pid in tree(parent)}

    system.send("supervisor-1", signal.SIGKILL)
    at = time.time()
    all_gone = until(lambda: not any(is_alive(pid) for pid in below), ORPHAN_S)
    note("orphans gone", time.time() - at)
    assert system.process is not None
    system.process.wait()
    system.start()

    assert all_gone
    assert system.wrongs() == []


def tree(pid: int) -> Iterator[int]:
    """Yield a process and all that it started, however far below."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from tree(int(child))
    except FileNotFoundError:
        return
