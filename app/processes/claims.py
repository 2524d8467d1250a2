"""What one supervisor has to itself: its home and its port."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.processes.errors import CannotStart

SUPERVISOR_PID = "supervisor-1.pid"


@contextmanager
def claimed_home(home: Path, run_dir: Path) -> Iterator[None]:
    """Hold the home, with our pid file in it; raise CannotStart if it is held.

    The lock is on the folder itself and ends with the process, however it ends.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(run_dir, os.O_RDONLY)
    pid_file = run_dir / SUPERVISOR_PID
    try:
        _lock(descriptor, home, pid_file)
        for stale in run_dir.glob("*.pid"):
            stale.unlink()
        pid_file.write_text(f"{os.getpid()}\n")
        try:
            yield
        finally:
            pid_file.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


@contextmanager
def reserved_port(host: str, port: int) -> Iterator[None]:
    """Hold the address without listening on it; raise CannotStart if it is taken.

    Only our own user's processes may listen there meanwhile, with SO_REUSEPORT.
    """
    address = listen_address(host)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as held:
        # An address whose last connections still fade away counts as free.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((address, port))
        except OSError as error:
            raise CannotStart(_why_not(error, host, port)) from error
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        yield


def listen_address(host: str) -> str:
    """Return the numeric address of the host; raise CannotStart if it has none."""
    try:
        found = socket.getaddrinfo(
            host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise CannotStart(f"HOST={host} has no address here: {error}") from error
    return str(found[0][4][0])


def is_listened_on(host: str, port: int) -> bool:
    """Return whether somebody answers there, as seen from this machine."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(  # noqa: S104 - read, not bound
        listen_address(host), listen_address(host)
    )
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True


def _lock(descriptor: int, home: Path, pid_file: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = pid_file.read_text().strip() if pid_file.exists() else "unknown"
        raise CannotStart(
            f"Lead Nexus already runs in LEADNEXUS_HOME={home} (process {holder}):"
            " stop it, or choose another LEADNEXUS_HOME and PORT"
        ) from error


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"PORT={port} is already in use on {host}:"
            " stop what listens there, or set another PORT"
        )
    return f"HOST={host} with PORT={port} cannot be listened on: {error.strerror}"
