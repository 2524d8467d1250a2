"""What dies is started again, with a wait that grows and is forgotten."""

import signal
from pathlib import Path

from app.processes.child import stop_all
from app.processes.keeper import Backoff, Keeper
from tests.processes.helpers import program, until


def test_wait_doubles_up_to_ten_seconds() -> None:
    backoff = Backoff()

    waits = [backoff.after(lived=1) for _ in range(9)]

    assert waits == [0.5, 1, 2, 4, 8, 10, 10, 10, 10]


def test_wait_is_short_again_after_a_minute_of_life() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after(lived=1)

    waits = [backoff.after(lived=60), backoff.after(lived=1)]

    assert waits == [0.5, 1]


def test_wait_stays_bounded_after_thousands_of_deaths() -> None:
    backoff = Backoff()

    waits = {backoff.after(lived=1) for _ in range(5000)}

    assert max(waits) == 10


def test_dead_program_is_started_again_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    keeper = Keeper(program(), tmp_path, said.append, Backoff(first=0.05))
    assert keeper.child
    first = keeper.child

    first.send(signal.SIGKILL)
    assert until(lambda: keeper.look() is None and keeper.child is not first)
    assert until(lambda: keeper.look() is None and keeper.child is not None)

    assert said == ["worker-1 was ended by SIGKILL; starting it in 0.05 s"]
    assert (tmp_path / "worker-1.pid").read_text() == f"{keeper.child.pid}\n"
    stop_all([keeper.child])


def test_exit_code_of_the_dead_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    keeper = Keeper(program("raise SystemExit(7)"), tmp_path, said.append)

    assert until(lambda: keeper.look() is None and keeper.child is None)

    assert said == ["worker-1 ended with exit code 7; starting it in 0.5 s"]
