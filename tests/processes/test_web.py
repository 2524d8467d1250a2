"""A web process: what it serves, how it drains, and that it leaves nobody behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import PROJECT
from tests.processes.helpers import is_alive, until

FACTORY = """
import os, time

def create():
    def app(environ, start):
        if environ["PATH_INFO"] == "/slow":
            time.sleep(1)
        body = str(os.getpid()).encode()
        start("200 OK", [("content-length", str(len(body)))])
        return [body]
    return app
"""


@pytest.fixture
def address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def web(tmp_path: Path, address: str) -> Iterator["subprocess.Popen[bytes]"]:
    (tmp_path / "small.py").write_text(FACTORY)
    env = {
        "PYTHONPATH": f"{PROJECT}:{tmp_path}",
        "LEADNEXUS_HOME": str(tmp_path),
        "PORT": address.split(":")[1],
    }
    with subprocess.Popen(
        [sys.executable, "-m", "app.processes.web", "small:create"],
        env=os.environ | env,
        cwd=tmp_path,
    ) as process:
        assert until(lambda: ask(address) is not None)
        yield process
        process.kill()


def ask(address: str, path: str = "/") -> int | None:
    """The pid of the process that answers, if any does."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as reply:
            return int(reply.read())
    except OSError:
        return None


def test_killed_web_leaves_nobody_who_answers(
    web: "subprocess.Popen[bytes]", address: str
) -> None:
    server = ask(address)
    assert server is not None

    web.kill()

    assert until(lambda: not is_alive(server))
    assert ask(address) is None


def test_web_ends_when_the_process_that_serves_is_killed(
    web: "subprocess.Popen[bytes]", address: str
) -> None:
    server = ask(address)
    assert server is not None

    os.kill(server, signal.SIGKILL)

    assert web.wait(timeout=10) != 0


def test_request_under_way_is_answered_when_asked_to_stop(
    web: "subprocess.Popen[bytes]", address: str
) -> None:
    answers: list[int | None] = []
    request = threading.Thread(target=lambda: answers.append(ask(address, "/slow")))
    request.start()
    time.sleep(0.3)

    web.send_signal(signal.SIGTERM)

    assert web.wait(timeout=10) == 0
    request.join()
    assert answers != [None]
