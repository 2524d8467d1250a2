"""A child, its pid file, its group, and its end."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.processes import follow
from app.processes.child import Child, Program, stop_all
from config import PROJECT
from tests.processes.helpers import SLEEP, is_alive, program, until

Start = Callable[[Program], Child]

STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("{flag}").touch()
time.sleep(60)
"""
WITH_GRANDCHILD = f"""
import pathlib, subprocess, sys
grandchild = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
pathlib.Path("{{flag}}").write_text(str(grandchild.pid))
grandchild.wait()
"""
PARENT = f"""
import pathlib, sys
from app.processes.child import Child, Program
child = Child(Program("worker", 1, (sys.executable, "-c", {SLEEP!r})), None)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Program], Child]]:
    """Start programs with their pid files in the test's folder; none outlives it."""
    children: list[Child] = []

    def started(wanted: Program) -> Child:
        children.append(Child(wanted, tmp_path))
        return children[-1]

    yield started
    for child in children:
        child.kill()
    stop_all(children)


def test_pid_file_lives_as_long_as_the_child(tmp_path: Path, start: Start) -> None:
    pid_file = tmp_path / "worker-1.pid"

    child = start(program())
    written = pid_file.read_text()
    stop_all([child])

    assert written == f"{child.pid}\n"
    assert not pid_file.exists()
    assert child.exit_code() == -signal.SIGTERM


def test_exit_code_is_told(start: Start) -> None:
    child = start(program("raise SystemExit(3)"))

    assert until(lambda: child.exit_code() is not None)
    assert child.exit_code() == 3


def test_child_that_ignores_the_request_is_killed(tmp_path: Path, start: Start) -> None:
    flag = tmp_path / "flag"
    child = start(program(STUBBORN.format(flag=flag)))
    assert until(flag.exists)

    killed = stop_all([child], grace_s=0.2)

    assert killed == [child]
    assert child.exit_code() == -signal.SIGKILL


def test_hurry_ends_the_waiting_at_once(tmp_path: Path, start: Start) -> None:
    flag = tmp_path / "flag"
    child = start(program(STUBBORN.format(flag=flag)))
    assert until(flag.exists)

    killed = stop_all([child], grace_s=60, is_hurried=lambda: True)

    assert killed == [child]


def test_what_a_child_started_ends_with_it(tmp_path: Path, start: Start) -> None:
    flag = tmp_path / "flag"
    child = start(program(WITH_GRANDCHILD.format(flag=flag)))
    assert until(lambda: flag.exists() and flag.read_text() != "")
    grandchild = int(flag.read_text())

    child.send(signal.SIGKILL)
    assert until(lambda: child.exit_code() is not None)

    assert until(lambda: not is_alive(grandchild))


def test_child_dies_when_its_parent_is_killed() -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", PARENT],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        was_alive = is_alive(child)

        parent.kill()

        assert was_alive
        assert until(lambda: not is_alive(child))


def test_child_whose_parent_died_before_it_began_does_not_run(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    code = f"import pathlib; pathlib.Path({str(flag)!r}).touch()"
    nobody, number, same = "999999", str(int(signal.SIGKILL)), ("-1", "-1")

    command = (sys.executable, "-c", code)
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, follow.__file__, nobody, number, *same, *command],
        check=False,
    )

    assert done.returncode == -signal.SIGKILL
    assert not flag.exists()
