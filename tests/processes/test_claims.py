"""One supervisor to a home, one program to a port."""

import os
import socket
from pathlib import Path

import pytest

from app.processes.claims import (
    claimed_home,
    is_listened_on,
    listen_address,
    reserved_port,
)
from app.processes.errors import CannotStart


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_second_claim_of_a_home_names_the_first(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"

    with (
        claimed_home(tmp_path, run_dir),
        pytest.raises(CannotStart, match=f"process {os.getpid()}"),
        claimed_home(tmp_path, run_dir),
    ):
        pass


def test_claim_clears_old_pid_files_and_leaves_none(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (run_dir / "web-1.pid").write_text("1\n")

    with claimed_home(tmp_path, run_dir):
        held = {file.name: file.read_text() for file in run_dir.iterdir()}

    assert held == {"supervisor-1.pid": f"{os.getpid()}\n"}
    assert list(run_dir.iterdir()) == []


def test_refused_claim_leaves_the_first_alone(tmp_path: Path) -> None:
    run_dir = tmp_path / "run"

    with claimed_home(tmp_path, run_dir):
        with pytest.raises(CannotStart), claimed_home(tmp_path, run_dir):
            pass

        assert (run_dir / "supervisor-1.pid").exists()


def test_port_in_use_is_said(port: int) -> None:
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(CannotStart, match=f"PORT={port} is already in use"),
        reserved_port("127.0.0.1", port),
    ):
        pass


@pytest.mark.parametrize("other", ["127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104
def test_reserved_port_is_refused_to_a_second_supervisor(port: int, other: str) -> None:
    with (
        reserved_port("127.0.0.1", port),
        pytest.raises(CannotStart, match="in use"),
        reserved_port(other, port),
    ):
        pass


def test_reserved_port_is_open_to_our_own_servers_alone(port: int) -> None:
    with reserved_port("127.0.0.1", port):
        before = is_listened_on("127.0.0.1", port)
        with socket.create_server(("127.0.0.1", port), reuse_port=True):
            after = is_listened_on("127.0.0.1", port)

    assert (before, after) == (False, True)


def test_port_is_free_again_at_once_after_connections(port: int) -> None:
    with (
        reserved_port("127.0.0.1", port),
        socket.create_server(("127.0.0.1", port), reuse_port=True) as server,
    ):
        client = socket.create_connection(("127.0.0.1", port))
        server.accept()[0].close()
        client.close()

    with reserved_port("127.0.0.1", port):
        pass


def test_host_without_an_address_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"HOST=no\.such\.host\.invalid"):
        listen_address("no.such.host.invalid")
