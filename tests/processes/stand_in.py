"""The real supervisor over tiny programs; run by test_supervisor as a process."""

import sys
from collections.abc import Mapping
from unittest.mock import patch

from app.processes import supervisor
from app.processes.child import Program
from config import Settings

# Answers on the port where it is web; writes its role down when asked to stop.
CODE = """
import os, pathlib, signal, socket, sys, time
role, number, home, port = sys.argv[1:]
def end(*_):
    with open(home + "/stopped", "a") as file:
        file.write(role + "\\n")
    raise SystemExit
signal.signal(signal.SIGTERM, end)
if role == "web":
    server = socket.create_server(("127.0.0.1", int(port)), reuse_port=True)
pathlib.Path(home, f"{role}-{number}.env").write_text("\\n".join(os.environ))
while True:
    time.sleep(60)
"""
SETUP = "import os, sys; sys.exit(0 if os.environ.get('DATABASE_ADMIN_URL') else 9)"


def tiny(
    role: str, number: int, settings: Settings, environment: Mapping[str, str]
) -> Program:
    words = (role, str(number), str(settings.home), str(settings.port))
    command = (sys.executable, "-I", "-S", "-c", CODE, *words)
    return Program(role, number, command, environment)


def programs(settings: Settings, environment: Mapping[str, str]) -> list[Program]:
    roles = ["web", "worker", "sender", "clock"]
    return [tiny(role, 1, settings, environment) for role in roles]


def setup(environment: Mapping[str, str]) -> Program:
    return Program("setup", 1, (sys.executable, "-c", SETUP), environment)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with (
        patch.object(supervisor, "application_programs", programs),
        patch.object(supervisor, "setup_program", setup),
    ):
        sys.exit(supervisor.main(sys.argv[1], say))
