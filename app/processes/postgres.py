"""The embedded PostgreSQL: one cluster, one database, two roles, no superuser log-in.

`leadnexus_admin` owns the database; `leadnexus`, the application, has no DDL.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from app.processes import places
from app.processes.child import Child, Program
from app.processes.errors import CannotStart
from app.processes.system_user import unprivileged_user
from config import kept_secret

DATABASE = "leadnexus"
ADMIN_ROLE = "leadnexus_admin"
APP_ROLE = "leadnexus"

_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Details of an error and the text of its statement may hold contact data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_LOCALE = (
    "--encoding=UTF8",
    "--no-locale",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
# Nobody else, and no superuser, gets in at all.
_HBA = f"local all {ADMIN_ROLE},{APP_ROLE} scram-sha-256\n"
# Settings such as PGPORT must not leak in, nor our secrets.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
_STATUS_LINE = 7


class Postgres:
    """The cluster of one home, reached over a Unix socket."""

    def __init__(self, home: Path, *, is_durable: bool = True) -> None:
        """Find or make the folders; what is not durable is for tests alone."""
        self.home = home
        self.is_durable = is_durable
        self.user = unprivileged_user()
        self.binaries = places.postgres_binaries(self.user)
        self.folder = places.cluster_folder(home, self.user)
        self.data = self.folder / "data"
        self.sockets = places.owned_folder(
            places.socket_folder(home) / "postgres", self.user
        )
        self.log = home / "log" / "postgres.log"
        self.log.parent.mkdir(mode=0o700, exist_ok=True)

    @property
    def admin_url(self) -> str:
        """The URL of the role that migrates."""
        return self._url(ADMIN_ROLE)

    @property
    def app_url(self) -> str:
        """The URL of the application's role."""
        return self._url(APP_ROLE)

    @property
    def program(self) -> Program:
        """The server; it stops fast, or at once when we die."""
        settings = _SETTINGS | {"unix_socket_directories": str(self.sockets)}
        if not self.is_durable:
            settings |= _FORGETFUL
        options = (part for item in settings.items() for part in ("-c", "=".join(item)))
        return Program(
            role="postgres",
            number=1,
            command=(str(self.binaries / "postgres"), "-D", str(self.data), *options),
            environment=_ENVIRONMENT,
            log=self.log,
            user=self.user,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
        )

    def create(self) -> None:
        """Make the cluster, its roles and its database, unless they are there.

        It is made aside and renamed, so that an interrupted start leaves no half.
        """
        if self.data.exists():
            return
        staging = self.folder / "new"
        shutil.rmtree(staging, ignore_errors=True)
        sync = () if self.is_durable else ("--no-sync",)
        names = ("--username=postgres", "--auth=trust", "--no-instructions")
        self._run("initdb", "-D", str(staging), *names, *_LOCALE, *sync)
        single = ("--single", "-D", str(staging), "-c", "exit_on_error=on")
        quiet = ("-c", "log_min_error_statement=panic", "-c", "log_checkpoints=off")
        self._run("postgres", *single, *quiet, "postgres", stdin=self._first_sql())
        (staging / "pg_hba.conf").write_text(_HBA)
        staging.rename(self.data)

    def is_ready(self, child: Child) -> bool:
        """Return whether that server says in its pid file that it takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return (
            len(lines) > _STATUS_LINE
            and lines[0] == str(child.pid)
            and lines[_STATUS_LINE].strip() == "ready"
        )

    def discard(self) -> None:
        """Remove the cluster of a stopped server for good."""
        places.discard_cluster(self.home, self.folder)

    def _url(self, role: str) -> str:
        password = kept_secret(self.home, f"{role}_password")
        return f"postgresql+psycopg://{role}:{password}@/{DATABASE}?host={self.sockets}"

    def _first_sql(self) -> str:
        """Return the statements, one a line, as a single-user server reads them."""
        admin_password = kept_secret(self.home, f"{ADMIN_ROLE}_password")
        app_password = kept_secret(self.home, f"{APP_ROLE}_password")
        # CREATEDB is for scratch databases of tests and restore drills.
        return "\n".join(
            (
                f"CREATE ROLE {ADMIN_ROLE} LOGIN CREATEDB PASSWORD '{admin_password}';",
                f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD '{app_password}';",
                f"CREATE DATABASE {DATABASE} OWNER {ADMIN_ROLE};",
                f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;",
                f"GRANT CONNECT ON DATABASE {DATABASE} TO {APP_ROLE};",
                "",
            )
        )

    def _run(self, name: str, *arguments: str, stdin: str = "") -> None:
        done = subprocess.run(  # noqa: S603 - the command is our own
            (str(self.binaries / name), *arguments),
            check=False,
            input=stdin,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=_ENVIRONMENT,
            user=self.user.uid if self.user else None,
            group=self.user.gid if self.user else None,
            extra_groups=[] if self.user else None,
        )
        if done.returncode != 0:
            raise CannotStart(f"{name} failed: {done.stderr.strip()}")
