"""Embedded servers for tests and benchmarks: fast, forgetful, gone with the block."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.processes.child import running
from app.processes.places import socket_folder
from app.processes.postgres import Postgres
from app.processes.valkey import Valkey


@contextmanager
def embedded_postgres(home: Path) -> Iterator[tuple[str, str]]:
    """Run an empty PostgreSQL with its files under `home`.

    Yields SQLAlchemy's URLs of the role that migrates and of the application's.
    Nothing of it is synced to disk.
    """
    server = Postgres(home, is_durable=False)
    try:
        server.create()
        with running(server.program, None, server.is_ready):
            yield server.admin_url, server.app_url
    finally:
        server.discard()
        shutil.rmtree(server.sockets, ignore_errors=True)
        _leave(home)


@contextmanager
def embedded_valkey(home: Path) -> Iterator[str]:
    """Run an empty Valkey with its files under `home`; yields its URL."""
    server = Valkey(home)
    try:
        with running(server.program, None, server.is_ready):
            yield server.url
    finally:
        server.socket.unlink(missing_ok=True)
        _leave(home)


def _leave(home: Path) -> None:
    """Remove the folder of sockets, unless the other server is still in it."""
    folder = socket_folder(home)
    if not any(folder.iterdir()):
        folder.rmdir()
