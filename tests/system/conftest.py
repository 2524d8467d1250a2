"""Systems for the tests of this folder, and the seconds that they measured."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.system.system import System, running

SECONDS: dict[str, list[float]] = defaultdict(list)

Launch = Callable[..., System]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start systems that end with the test: `launch(points, **environment)`."""
    with ExitStack() as stack:

        def start(points: tuple[str, ...] = (), **environment: str) -> System:
            return stack.enter_context(
                running(tmp_path / "home", points, **environment)
            )

        yield start


@pytest.fixture
def note() -> Callable[[str, float], None]:
    """Keep a figure in seconds for the summary of this run."""
    return lambda name, seconds: SECONDS[name].append(seconds)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if SECONDS:
        terminalreporter.section("seconds: min / median / max (times)")
    for name, values in SECONDS.items():
        low, middle, high = min(values), statistics.median(values), max(values)
        terminalreporter.write_line(
            f"{name:<40} {low:7.2f} / {middle:7.2f} / {high:7.2f}  ({len(values)})"
        )
