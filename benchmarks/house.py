"""A house of its own for a benchmark: durable servers, the real programs, a seed.

All of it lives in a temporary home and is gone with the block.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psycopg
from flask import Flask
from redis import Redis
from rq import Worker
from sqlalchemy import make_url

from app import create_app
from app.processes.child import Child, Program, running
from app.processes.places import remove_sockets
from app.processes.postgres import Postgres
from app.processes.programs import application_programs, setup_program
from app.processes.throwaway import embedded_valkey
from benchmarks.load import Plan, Result
from benchmarks.seed import Shape, seed
from config import Settings, from_environment, kept_secret

TABLES = Path(__file__).with_name("tables.sql")
FACTORY = "benchmarks.served:create_bench_app"
ADMIN_EMAIL = "admin@example.com"
WEB_PROCESSES = 2
READY_S = 60.0
# Bodies of one run never meet those of another.
BLOCK = 100_000


class CannotMeasure(Exception):  # noqa: N818 - reads as what happened
    """Something went wrong under load, so no figure is worth anything."""


@dataclass
class House:
    """The servers that run, and what there is to start beside them."""

    home: Path
    postgres: Postgres
    settings: Settings
    environment: dict[str, str]
    app: Flask
    shapes: Mapping[str, Shape]
    sink_port: int
    admin: "psycopg.Connection[Any]"
    _blocks: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))

    @property
    def port(self) -> int:
        """Where the web server listens."""
        return self.settings.port

    @contextmanager
    def web(self) -> Iterator[None]:
        """Run the web processes while the block lasts."""
        programs = [
            replace(one, command=_with_factory(one.command))
            for one in self._programs("web")
        ]
        with _running(programs):
            _await(lambda: _listeners(self.port) >= WEB_PROCESSES, "web")
            # The first requests of a process wait for its imports.
            self.post("/bench/bare", "row", seconds=1.0)
            yield

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """Run workers, sender and clock while the block lasts."""
        programs = self._programs("worker", "sender", "clock")
        wanted = sum(program.role != "clock" for program in programs)
        redis = Redis.from_url(self.settings.redis_url)
        with _running(programs):
            _await(lambda: Worker.count(connection=redis) >= wanted, "workers")
            yield

    def post(self, path: str, kind: str, **plan: Any) -> Result:  # noqa: ANN401
        """Load a path for some seconds; raise CannotMeasure for any other answer."""
        headers = plan.pop("headers", {})
        first = next(self._blocks) * BLOCK
        given = Plan(self.port, path, headers, kind, first, **plan)
        done = subprocess.run(
            (sys.executable, "-m", "benchmarks.load"),
            input=json.dumps(asdict(given)),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        result = Result(**json.loads(done.stdout))
        if result.failed or set(result.statuses) != {str(given.expected)}:
            raise CannotMeasure(
                f"{path}: answers {result.statuses}, {result.failed} failed"
            )
        return result

    def post_leads(self, shape: Shape, **plan: Any) -> Result:  # noqa: ANN401
        """Load the intake of that shape's campaign."""
        path = f"/api/campaigns/{shape.slug}/leads"
        return self.post(path, "lead", headers={"X-Api-Key": shape.key}, **plan)

    def login(self) -> str:
        """Return an access token of the administrator."""
        body = {
            "email": ADMIN_EMAIL,
            "password": self.environment["ADMIN_PASSWORD"],
        }
        request = Request(
            f"http://127.0.0.1:{self.port}/api/auth/login",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - ours
            return str(json.load(answer)["access_token"])

    def seen(self) -> dict[str, float]:
        """Return the leads that reached the sink since last asked, and when."""
        with urlopen(f"http://127.0.0.1:{self.sink_port}/", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {lead: float(at) for lead, at in map(str.split, lines)}

    def _programs(self, *roles: str) -> list[Program]:
        environment = dict(self.environment)
        del environment["DATABASE_ADMIN_URL"]
        return [
            replace(one, log=self.home / "log" / f"{one.name}.log")
            for one in application_programs(self.settings, environment)
            if one.role in roles
        ]


@contextmanager
def running_house() -> Iterator[House]:
    """Start databases and sink, migrate, seed; all is removed after the block."""
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="leadnexus-bench-")
        home = Path(stack.enter_context(temporary))
        for name in ("log", "postgres", "valkey"):
            (home / name).mkdir()
        postgres = stack.enter_context(_durable_postgres(home / "postgres"))
        redis_url = stack.enter_context(embedded_valkey(home / "valkey"))
        sink_port = stack.enter_context(_sink())
        environment = os.environ | {
            "LEADNEXUS_HOME": str(home),
            "DATABASE_URL": postgres.app_url,
            "DATABASE_ADMIN_URL": postgres.admin_url,
            "REDIS_URL": redis_url,
            "PORT": str(_free_port()),
            "WEB_WORKERS": str(WEB_PROCESSES),
            "ADMIN_EMAIL": ADMIN_EMAIL,
            "ADMIN_PASSWORD": kept_secret(home, "bench_password"),
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "DEMO": "0",
        }
        subprocess.run(  # noqa: S603 - the command is our own
            setup_program(environment).command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        admin = stack.enter_context(psycopg.connect(_libpq(postgres), autocommit=True))
        admin.execute(TABLES.read_bytes())
        settings = from_environment(environment)
        app = create_app(replace(settings, log_level="ERROR"))
        with app.app_context():
            shapes = seed(f"http://127.0.0.1:{sink_port}")
        yield House(
            home, postgres, settings, environment, app, shapes, sink_port, admin
        )


@contextmanager
def _durable_postgres(home: Path) -> Iterator[Postgres]:
    server = Postgres(home)
    try:
        server.create()
        with running(server.program, None, server.is_ready):
            yield server
    finally:
        server.discard()
        remove_sockets(home)


@contextmanager
def _sink() -> Iterator[int]:
    command = (sys.executable, "-m", "benchmarks.sink")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sink:  # noqa: S603 - ours
        try:
            assert sink.stdout is not None
            yield int(sink.stdout.readline())
        finally:
            sink.terminate()


@contextmanager
def _running(programs: Sequence[Program]) -> Iterator[None]:
    with ExitStack() as stack:
        for program in programs:
            stack.enter_context(running(program, None, _is_there))
        yield


def _is_there(child: Child) -> bool:
    return child.exit_code() is None


def _with_factory(command: tuple[str, ...]) -> tuple[str, ...]:
    return (*command[:-1], FACTORY)


def _await(is_ready: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + READY_S
    while not is_ready():
        if time.monotonic() > give_up_at:
            raise CannotMeasure(f"{what} did not become ready")
        time.sleep(0.05)


def _listeners(port: int) -> int:
    """Return how many sockets listen on that port of this machine."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    local = f":{port:04X}"
    return sum(
        one.split()[1].endswith(local) and one.split()[3] == "0A" for one in lines
    )


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _libpq(postgres: Postgres) -> str:
    url = make_url(postgres.admin_url).set(drivername="postgresql")
    return url.render_as_string(hide_password=False)
