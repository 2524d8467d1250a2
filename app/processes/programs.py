"""The programs of the application itself, in the order of their start."""

import sys
from collections.abc import Mapping

from app.processes.child import Program
from config import Settings

PIPELINE_QUEUES = ("validation", "routing")
PING_QUEUE = "ping"
DELIVERY_QUEUE = "delivery"


def setup_program(environment: Mapping[str, str]) -> Program:
    """Return what migrates and seeds, before anything else runs."""
    return _python("setup", 1, ("flask", "--app", "run", "setup"), environment)


def application_programs(
    settings: Settings, environment: Mapping[str, str]
) -> list[Program]:
    """Return web, workers, sender and clock."""
    web = [
        _python("web", n, ("app.processes.web", "app.serving:make"), environment)
        for n in range(1, settings.web_workers + 1)
    ]
    queues = [q for q in PIPELINE_QUEUES for _ in range(settings.pipeline_workers)]
    # One alone asks for bids, so that no partner is asked more than it bears at once.
    queues.append(PING_QUEUE)
    workers = [
        _python("worker", n, ("app.worker", queue), environment)
        for n, queue in enumerate(queues, 1)
    ]
    sender = _python("sender", 1, ("app.worker", DELIVERY_QUEUE), environment)
    clock = _python("clock", 1, ("app.clock",), environment)
    return [*web, *workers, sender, clock]


def _python(
    role: str, number: int, module: tuple[str, ...], environment: Mapping[str, str]
) -> Program:
    return Program(role, number, (sys.executable, "-m", *module), environment)
