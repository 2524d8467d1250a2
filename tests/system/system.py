"""The real program on a home of its own: started, asked over HTTP, harmed, stopped."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis
import requests
from psycopg.rows import DictRow, dict_row

from app.processes import places
from app.processes.postgres import Postgres
from app.processes.system_user import unprivileged_user
from config import PROJECT
from tests.processes.helpers import is_alive, until

ADMIN = {"email": "admin@example.com", "password": "a sound password 1"}
READY = "Lead Nexus runs at"
START_S = 60


class System:
    """One `python run.py` of a project; what it says stands in `output`."""

    def __init__(self, home: Path, project: Path = PROJECT, **environment: str) -> None:
        self.home, self.project = home, project
        self.output = home.with_name(f"{home.name}.out")
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "LEADNEXUS_HOME": str(home),
            "PORT": str(self.port),
            "ADMIN_PASSWORD": ADMIN["password"],
            "WEB_WORKERS": "1",
            "DEMO": "0",
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "LOG_LEVEL": "WARNING",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._token = ""

    def start(self) -> None:
        """Start the program and wait until it says that it runs."""
        said = len(self.said())
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, str(self.project / "run.py")],
                cwd=self.project,
                env=os.environ | self.environment,
                stdout=output,
                stderr=output,
            )
        assert until(
            lambda: READY in self.said()[said:] or self._has_ended(), START_S
        ), self.said()
        assert not self._has_ended(), self.said()

    def stop(self) -> int:
        """Ask the program to stop; return its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=100)

    def said(self) -> str:
        """Return everything it said up to now."""
        return self.output.read_text() if self.output.exists() else ""

    def discard(self) -> None:
        """End whatever still runs and remove what lies outside of the home."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        places.remove_sockets(self.home)
        if (self.home / "run").exists():
            cluster = places.cluster_folder(self.home, unprivileged_user())
            places.discard_cluster(self.home, cluster)

    def pids(self) -> dict[str, int]:
        """Return the process of each `<role>-<n>` that runs."""
        found = {}
        for file in (self.home / "run").glob("*.pid"):
            try:
                found[file.stem] = int(file.read_text() or 0)
            except FileNotFoundError:
                continue
        return {name: pid for name, pid in found.items() if pid and is_alive(pid)}

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the process `<role>-<n>`."""
        os.kill(self.pids()[name], number)

    def arm(self, *points: str) -> None:
        """Let each of the points of CRASH_AT crash once, from now on."""
        for point in points:
            self.marker(point).unlink(missing_ok=True)

    def disarm(self, *points: str) -> None:
        """Let the points pass, as if each had crashed already."""
        self.marker(points[0]).parent.mkdir(parents=True, exist_ok=True)
        for point in points:
            self.marker(point).touch()

    def marker(self, point: str) -> Path:
        """Return the file that a crash at the point leaves behind."""
        return self.home / "run" / f"crashed-{point}"

    def call(self, method: str, path: str, /, **body: Any) -> Any:
        """Call the managing API as an administrator; return the decoded answer."""
        for _ in range(2):
            answer = requests.request(
                method,
                self.url + path,
                json=body or None,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=30,
            )
            if answer.status_code != 401:
                assert answer.ok, answer.text
                return answer.json()
            self._token = self._log_in()
        raise AssertionError(answer.text)

    def make(self, path: str, /, **body: Any) -> dict[str, Any]:
        """Create a row by REST; return its id and what is shown of it."""
        made = self.call("POST", f"/api/v1/{path}/", **body)
        return {**made["result"], "id": made["id"]}

    def wrongs(self) -> list[dict[str, Any]]:
        """Return the invariants that do not hold now."""
        checks = self.call("GET", "/api/v1/integrity")["checks"]
        return [check for check in checks if not check["ok"]]

    def rows(self, query: str, /, **bound: Any) -> list[DictRow]:
        """Ask the database itself."""
        with self.connected() as connection:
            return connection.execute(query, bound).fetchall()

    @contextmanager
    def connected(self) -> Iterator["psycopg.Connection[DictRow]"]:
        """Connect to the database as the application does."""
        url = Postgres(self.home).app_url.replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
            yield connection

    @contextmanager
    def redis(self) -> Iterator["redis.Redis"]:
        """Talk to the Valkey of this home."""
        path = places.socket_folder(self.home) / "valkey.sock"
        password = (self.home / "secrets" / "valkey_password").read_text().strip()
        client = redis.Redis(unix_socket_path=str(path), password=password)
        try:
            yield client
        finally:
            client.close()

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _log_in(self) -> str:
        answer = requests.post(f"{self.url}/api/auth/login", json=ADMIN, timeout=30)
        assert answer.ok, answer.text
        return str(answer.json()["access_token"])


@contextmanager
def running(
    home: Path, points: tuple[str, ...] = (), project: Path = PROJECT, **env: str
) -> Iterator[System]:
    """Run a system while the block lasts; its crash points are not armed yet.

    `project` is where the program lies that is run.
    """
    system = System(home, project, CRASH_AT=",".join(points), **env)
    if points:
        system.disarm(*points)
    try:
        system.start()
        yield system
    finally:
        system.discard()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
