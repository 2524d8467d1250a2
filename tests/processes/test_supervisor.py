"""The supervisor as a process: its start, its order, its end by any signal."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.processes import places
from app.processes.places import remove_sockets, socket_folder
from app.processes.system_user import unprivileged_user
from config import PROJECT
from tests.processes.helpers import is_alive, until

STAND_IN = Path(__file__).with_name("stand_in.py")
OUTSIDE = {
    "DATABASE_URL": "postgresql://app@db.invalid/leadnexus",
    "DATABASE_ADMIN_URL": "postgresql://admin@db.invalid/leadnexus",
    "REDIS_URL": "redis://cache.invalid",
}
ROLES = {"supervisor", "postgres", "valkey", "web", "worker", "sender", "clock"}
PROGRAMS = ("web", "worker", "sender", "clock")

# How long a line of it may take: a start on a busy machine.
SAY_S = 90

Launch = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "home"
    yield folder
    remove_sockets(folder)
    if (folder / "run").exists():
        cluster = places.cluster_folder(folder, unprivileged_user())
        places.discard_cluster(folder, cluster)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def launch(home: Path, port: int, tmp_path: Path) -> Iterator[Launch]:
    """Start the stand-in from a folder that is not the project's."""
    started: list[subprocess.Popen[str]] = []

    def start(action: str = "serve", **settings: str) -> "subprocess.Popen[str]":
        env = {"LEADNEXUS_HOME": str(home), "PORT": str(port)} | settings
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, str(STAND_IN), action],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(PROJECT)} | env,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def await_line(process: "subprocess.Popen[str]", *words: str) -> list[str]:
    """Read on until each of the words stood in a line; return what was said."""
    assert process.stdout
    said: list[str] = []
    missing = set(words)
    # One that says nothing more would be read from for ever.
    patience = threading.Timer(SAY_S, process.kill)
    patience.start()
    try:
        for line in process.stdout:
            said.append(line.strip())
            missing = {one for one in missing if one not in line}
            if not missing:
                return said
    finally:
        patience.cancel()
    raise AssertionError(said)


def pids(home: Path) -> dict[str, int]:
    files = (home / "run").glob("*-1.pid")
    # One that is being written is empty for a moment.
    return {f.stem.removesuffix("-1"): int(f.read_text() or 0) for f in files}


def test_everything_starts_and_stops_in_order_leaving_nothing(
    home: Path, launch: Launch
) -> None:
    process = launch()
    await_line(process, "Lead Nexus runs at")
    # A program that has just begun would die of the signal without a word.
    until(lambda: all((home / f"{role}-1.env").exists() for role in PROGRAMS))
    running = pids(home)
    sockets = socket_folder(home)
    environment = (home / "web-1.env").read_text().splitlines()

    process.terminate()
    said, _ = process.communicate(timeout=20)

    assert set(running) == ROLES
    assert {"DATABASE_URL", "REDIS_URL"} <= set(environment)
    assert "DATABASE_ADMIN_URL" not in environment
    assert process.returncode == 0
    assert said.splitlines() == [
        "Stopping web-1 …",
        "Stopping worker-1, sender-1 …",
        "Stopping clock-1 …",
        "Stopping valkey-1 …",
        "Stopping postgres-1 …",
        "Stopped.",
    ]
    stopped = (home / "stopped").read_text().split()
    assert stopped[0] == "web"
    assert sorted(stopped[1:3]) == ["sender", "worker"]
    assert stopped[3:] == ["clock"]
    assert not any(is_alive(pid) for pid in running.values())
    assert list((home / "run").iterdir()) == []
    assert not sockets.exists()


def test_killed_supervisor_leaves_no_orphan_and_can_be_started_again(
    home: Path, launch: Launch
) -> None:
    first = launch()
    await_line(first, "Lead Nexus runs at")
    running = pids(home)

    first.kill()
    all_gone = until(lambda: not any(is_alive(pid) for pid in running.values()))
    second = launch()
    await_line(second, "Lead Nexus runs at")

    assert all_gone
    assert set(pids(home)) == ROLES
    second.terminate()
    second.communicate(timeout=20)
    assert second.returncode == 0


def test_killed_servers_and_programs_come_back(home: Path, launch: Launch) -> None:
    process = launch()
    await_line(process, "Lead Nexus runs at")
    before = pids(home)
    victims = ("postgres", "valkey", "web")

    for role in victims:
        os.kill(before[role], signal.SIGKILL)
    # Whose end is told first is anybody's guess.
    said = await_line(process, *(f"{role}-1 was ended" for role in victims))

    def are_back() -> bool:
        now = pids(home)
        return all(now.get(role, 0) not in {0, before[role]} for role in victims)

    assert until(are_back)
    assert "web-1 was ended by SIGKILL; starting it in 0.5 s" in said
    assert pids(home)["worker"] == before["worker"]


def test_second_supervisor_on_a_home_is_refused(home: Path, launch: Launch) -> None:
    first = launch(**OUTSIDE)
    await_line(first, "Lead Nexus runs at")

    second = launch(**OUTSIDE, PORT="1")
    said, _ = second.communicate(timeout=20)

    assert second.returncode == 1
    assert f"already runs in LEADNEXUS_HOME={home} (process {first.pid})" in said
    assert set(pids(home)) == ROLES - {"postgres", "valkey"}


def test_port_in_use_is_said_before_anything_is_started(
    home: Path, port: int, launch: Launch
) -> None:
    with socket.create_server(("127.0.0.1", port)):
        process = launch()
        said, _ = process.communicate(timeout=20)

    assert process.returncode == 1
    assert said.startswith(f"Lead Nexus cannot start: PORT={port} is already in use")
    assert not (home / "postgres").exists()


def test_bad_setting_is_said_by_name(launch: Launch) -> None:
    process = launch(WEB_WORKERS="none")
    said, _ = process.communicate(timeout=20)

    assert process.returncode == 2
    assert "WEB_WORKERS" in said


def test_migrate_ends_by_itself_and_starts_no_web(home: Path, launch: Launch) -> None:
    process = launch("migrate")
    said, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert "Preparing the database" in said
    assert not (home / "web-1.env").exists()
    assert list((home / "run").iterdir()) == []


def test_failed_setup_stops_the_start(home: Path, launch: Launch) -> None:
    process = launch(**OUTSIDE | {"DATABASE_ADMIN_URL": ""})
    said, _ = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "the database was not prepared (exit code 9)" in said
    assert not (home / "web-1.env").exists()


def test_request_to_stop_during_the_start_is_heard(home: Path, launch: Launch) -> None:
    process = launch()
    await_line(process, "Starting PostgreSQL")

    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)

    assert process.returncode == 0
    assert list((home / "run").iterdir()) == []
