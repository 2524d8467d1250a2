"""The embedded Valkey: a doorbell on a Unix socket; it keeps nothing on disk."""

import os
import signal
import socket
from pathlib import Path

from app.processes import places
from app.processes.child import Child, Program
from config import kept_secret


class Valkey:
    """The server of one home."""

    def __init__(self, home: Path) -> None:
        """Make the folders and write the configuration."""
        self.socket = places.socket_folder(home) / "valkey.sock"
        self.log = home / "log" / "valkey.log"
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        self._password = kept_secret(home, "valkey_password")
        self._configuration = home / "secrets" / "valkey.conf"
        self._write_configuration()

    @property
    def url(self) -> str:
        """The URL for redis-py and RQ."""
        return f"unix://:{self._password}@{self.socket}"

    @property
    def program(self) -> Program:
        """The server, which has nothing to save when it ends."""
        return Program(
            role="valkey",
            number=1,
            command=(str(places.valkey_binary()), str(self._configuration)),
            environment={"PATH": os.defpath},
            log=self.log,
            death_signal=signal.SIGTERM,
        )

    def is_ready(self, _child: Child) -> bool:
        """Return whether it takes connections."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    def _write_configuration(self) -> None:
        """Keep the password in a closed file, out of the list of processes."""
        lines = (
            "port 0",
            f"unixsocket {self.socket}",
            "unixsocketperm 700",
            f"requirepass {self._password}",
            'save ""',
            "appendonly no",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
            f'dir "{self.log.parent}"',
            "",
        )
        descriptor = os.open(
            self._configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600
        )
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines))
