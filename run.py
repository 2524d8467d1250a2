"""`flask --app run`, the factory for granian, and the supervisor of `make run`.

python run.py          start everything and keep it running
python run.py migrate  start the databases, migrate and seed, stop
"""

import argparse
import contextlib
import sys

from flask import Flask

import app
import config
from app.processes.errors import CannotStart
from app.processes.here import with_running_servers
from app.processes.supervisor import main


def create_app() -> Flask:
    """Make the application for a command, on the servers that are set or run here."""
    try:
        settings = with_running_servers(config.from_environment())
    except CannotStart as error:
        sys.exit(str(error))
    return app.create_app(settings)


def say(text: str) -> None:
    """Tell the terminal; one that has gone away stops nothing."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run Lead Nexus on this machine.")
    parser.add_argument(
        "action", nargs="?", choices=("serve", "migrate"), default="serve"
    )
    sys.exit(main(parser.parse_args().action, say))
