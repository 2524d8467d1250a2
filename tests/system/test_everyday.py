"""One slice of each kind on one system: crashes, dead servers, a checked history."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.partner import partner_server
from tests.processes.helpers import until
from tests.system import harm
from tests.system.crash import RECOVERY_S, crash
from tests.system.history import nemesis
from tests.system.history.checker import check
from tests.system.history.drive import Load, drive, summary, told
from tests.system.history.nemesis import Step
from tests.system.history.scene import open_scene
from tests.system.market import market
from tests.system.system import System, running

POINTS = ("intake.store:after", "routing.hold:before", "delivery.outcome:before")

# What leaves no lease behind: nothing of it takes 15 s to come due again.
FAULTS = (
    Step(0.2, "clock of web +1 h", nemesis.shift("web", 3_600)),
    Step(0.4, "clock of worker -1 h", nemesis.shift("worker", -3_600)),
    Step(0.6, "clock of clock +1 d", nemesis.shift("clock", 86_400)),
    Step(0.8, "pause sender", nemesis.pause("sender-1", seconds=0.7)),
    Step(1.6, "kill valkey", harm.kill_valkey),
)
SEED = 21


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    home = tmp_path_factory.mktemp("system") / "home"
    with running(home, POINTS, **nemesis.skewed(home)) as system:
        yield system


def test_killed_web_worker_and_sender_lose_and_double_nothing(
    system: System, note: Callable[[str, float], None]
) -> None:
    wrongs, seconds = crash(system, *POINTS)

    note("three crashes at once", seconds)
    assert wrongs == []
    assert seconds <= RECOVERY_S


@pytest.mark.parametrize("harm_it", [harm.kill_valkey, harm.stop_postgres])
def test_dead_server_loses_and_doubles_nothing(
    system: System, harm_it: harm.Harm, note: Callable[[str, float], None]
) -> None:
    before, servers = harm.application(system), harm.servers(system)

    with market(system) as made:
        with harm.steady(made) as posted:
            harm_it(system)
            ended_at = time.time()
            time.sleep(2)
        is_settled = until(lambda: made.is_settled(len(posted)), RECOVERY_S)
        wrongs = made.wrongs(posted)

    note(f"after {harm_it.__name__}", made.ended_at() - ended_at)
    assert is_settled
    assert wrongs == []
    assert harm.application(system) == before
    assert harm.servers(system) != servers


def test_history_of_clients_amid_faults_has_nothing_wrong(
    system: System, tmp_path: Path
) -> None:
    with partner_server() as server:
        scene = open_scene(system, server, SEED)
        load = Load(seconds=2.5, settle_s=RECOVERY_S)
        record = drive(scene, load, FAULTS, tmp_path / "history.jsonl")
    findings = check(record)

    assert findings == [], told(findings, record, SEED)
    assert len(record.faults) == len(FAULTS)
    assert summary(record)["captured"] > 10
