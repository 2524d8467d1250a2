"""The supervisor: starts databases and application, keeps them, stops them in order."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from app.processes.child import GRACE_S, READY_S, Child, Program, stop_all
from app.processes.claims import claimed_home, is_listened_on, reserved_port
from app.processes.errors import CannotStart
from app.processes.keeper import Keeper, Say
from app.processes.places import remove_sockets
from app.processes.postgres import Postgres
from app.processes.programs import application_programs, setup_program
from app.processes.signals import StopRequested, StopSignals
from app.processes.valkey import Valkey
from config import BadSetting, Settings, from_environment

STOP_ORDER = (("web",), ("worker", "sender"), ("clock",), ("valkey",), ("postgres",))
# A program that dies this often during the start will not get well by waiting.
HOPELESS_DEATHS = 4

_LOOK_S = 0.2


def main(action: str, say: Say) -> int:
    """Run the house (`serve`), or only migrate and seed (`migrate`); return the code.

    Returns 0 when stopped by a signal, 1 when it cannot start, 2 for a bad setting.
    """
    signals = StopSignals()
    try:
        settings = from_environment()
        with signals.caught(), claimed_home(settings.home, settings.run_dir):
            _run(action, settings, say, signals)
    except StopRequested:
        say("Stopped.")
    except BadSetting as error:
        say(f"Lead Nexus cannot start: {error}")
        return 2
    except (CannotStart, OSError) as error:
        say(f"Lead Nexus cannot start: {error}")
        return 1
    return 0


def _run(action: str, settings: Settings, say: Say, signals: StopSignals) -> None:
    with ExitStack() as stack:
        if action == "serve":
            stack.enter_context(reserved_port(settings.host, settings.port))
        supervisor = Supervisor(settings, say, signals)
        stack.callback(supervisor.stop)
        supervisor.start_databases()
        supervisor.set_up()
        if action == "serve":
            supervisor.start_application()
            supervisor.keep()


class Supervisor:
    """All programs of one home."""

    def __init__(self, settings: Settings, say: Say, signals: StopSignals) -> None:
        """Start nothing yet."""
        self.settings = settings
        self.keepers: list[Keeper] = []
        self._say = say
        self._signals = signals
        self._setup: Child | None = None
        # A relative path would mean another folder to a child.
        self._environment = os.environ | {"LEADNEXUS_HOME": str(settings.home)}
        self._admin_url = settings.database_admin_url

    def start_databases(self) -> None:
        """Start the servers that no setting places elsewhere; wait until both are."""
        if not self.settings.database_url:
            self._say("Starting PostgreSQL …")
            postgres = Postgres(self.settings.home)
            postgres.create()
            self._start_server(postgres.program, postgres.is_ready)
            self._environment["DATABASE_URL"] = postgres.app_url
            self._admin_url = postgres.admin_url
        if not self.settings.redis_url:
            self._say("Starting Valkey …")
            valkey = Valkey(self.settings.home)
            self._start_server(valkey.program, valkey.is_ready)
            self._environment["REDIS_URL"] = valkey.url

    def set_up(self) -> None:
        """Migrate and seed; it alone is given the role that may change tables."""
        self._say("Preparing the database …")
        admin = {"DATABASE_ADMIN_URL": self._admin_url} if self._admin_url else {}
        setup = Child(setup_program(self._environment | admin), None)
        self._setup = setup
        while (code := setup.exit_code()) is None:
            self._look()
            self._signals.pause(_LOOK_S / 4)
        if code:
            raise CannotStart(f"the database was not prepared (exit code {code})")

    def start_application(self) -> None:
        """Start web, workers, sender and clock; wait until the address answers."""
        self._say("Starting web, workers, sender and clock …")
        settings = self.settings
        environment = dict(self._environment)
        environment.pop("DATABASE_ADMIN_URL", None)
        self.start(application_programs(settings, environment))
        self._await(lambda: is_listened_on(settings.host, settings.port), "web")
        self._say(f"Lead Nexus runs at {settings.public_url} (Ctrl-C stops it)")

    def start(self, programs: Sequence[Program]) -> None:
        """Start the programs, to be kept from now on."""
        run_dir = self.settings.run_dir
        self.keepers += [Keeper(program, run_dir, self._say) for program in programs]

    def keep(self) -> None:
        """Start again whatever dies, until StopRequested is raised."""
        while True:
            self._look()
            self._signals.pause(_LOOK_S)

    def stop(self) -> None:
        """Stop everything in order, each step given 20 s; at once when hurried."""
        if self._setup:
            self._stop([self._setup])
        for roles in STOP_ORDER:
            keepers = [k for k in self.keepers if k.program.role in roles]
            self._stop([keeper.child for keeper in keepers if keeper.child])
        self.keepers.clear()
        remove_sockets(self.settings.home)

    def _stop(self, children: Sequence[Child]) -> None:
        alive = [child for child in children if child.exit_code() is None]
        if alive and not self._signals.is_hurried():
            self._say(f"Stopping {', '.join(c.program.name for c in alive)} …")
        for child in stop_all(alive, GRACE_S, self._signals.is_hurried):
            self._say(f"{child.program.name} had to be killed")

    def _start_server(
        self, program: Program, is_ready: Callable[[Child], bool]
    ) -> None:
        self.start([program])
        keeper = self.keepers[-1]
        self._await(
            lambda: keeper.child is not None and is_ready(keeper.child), program.role
        )

    def _await(self, is_ready: Callable[[], bool], role: str) -> None:
        deadline = time.monotonic() + READY_S
        while not is_ready():
            self._look()
            deaths = max(k.deaths for k in self.keepers if k.program.role == role)
            if deaths >= HOPELESS_DEATHS or time.monotonic() > deadline:
                raise CannotStart(f"{role} did not become ready{self._hint(role)}")
            self._signals.pause(0.05)

    def _hint(self, role: str) -> str:
        logs = [k.program.log for k in self.keepers if k.program.role == role]
        return f"; see {logs[0]}" if logs and logs[0] else "; see the lines above"

    def _look(self) -> None:
        for keeper in self.keepers:
            keeper.look()
