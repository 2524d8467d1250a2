"""`flask --app run`, the factory for granian, and the supervisor of `make run`.

python run.py          start everything and keep it running
python run.py migrate  start the databases, migrate and seed, stop
"""

import argparse
import contextlib
import sys

from app import create_app
from app.processes.supervisor import main

__all__ = ["create_app"]


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
