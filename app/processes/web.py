"""One web process: granian on the shared port, with eight threads for the application.

Granian serves from a process below its own; neither outlives the other or us.
"""

import logging
import os
import pkgutil
import resource
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

import config
from app.processes.claims import listen_address
from app.processes.follow import die_with_parent

# Posts wait for PostgreSQL rather than for Python, and those that wait are stored
# together: with four threads there is little to gather.
THREADS = 8
BACKLOG = 16_384
# Fewer, and thousands of open connections wait for each other until they time out.
MOST_CONNECTIONS = 10_000
MOST_FILES = 65_536


def main(factory: str) -> None:
    """Serve what `factory` ("module:function") makes, until SIGTERM or SIGINT."""
    settings = config.from_environment()
    _allow_many_files()
    logging.getLogger("_granian").addFilter(_is_news)
    server = Server(
        factory,
        address=listen_address(settings.host),
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        backpressure=MOST_CONNECTIONS,
        log_level=LogLevels.warning,
        # To the root logger, whose format is the application's.
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
    )
    server.serve(target_loader=partial(_load, factory, os.getpid()), wrap_loader=False)


def _load(factory: str, parent: int) -> Callable[..., Any]:
    """Make the application, in granian's process below `parent`."""
    die_with_parent(parent)
    made: Callable[..., Any] = pkgutil.resolve_name(factory)()
    return made


def _is_news(record: logging.LogRecord) -> bool:
    """Leave out that there are more threads than cores: they are meant."""
    return "Python threads" not in record.getMessage()


def _allow_many_files() -> None:
    """Raise the limit of open files, which is often far below the connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


if __name__ == "__main__":
    main(sys.argv[1])
