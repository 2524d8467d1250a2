"""One slice of each kind on one system: crashes, a dead Valkey, a dead PostgreSQL."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.processes.helpers import until
from tests.system import harm
from tests.system.crash import RECOVERY_S, crash
from tests.system.market import market
from tests.system.system import System, running

POINTS = ("intake.store:after", "routing.hold:before", "delivery.outcome:before")

# One process runs all of these, on the one system that it starts.
pytestmark = pytest.mark.xdist_group("system")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("system") / "home", POINTS) as system:
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
