"""`python -m benchmarks [intake] [pipeline] [decisions] …`: print figures.

The other parts are `million`, `bulk` and `admin`, measured by name alone. Exits with
1 where a figure is below what it has to be at least.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.admin import measure_admin
from benchmarks.connections import measure_connections
from benchmarks.decisions import measure_decisions
from benchmarks.figures import Figure, table, write_json
from benchmarks.house import CannotMeasure, House, running_house
from benchmarks.intake import measure_intake, measure_million
from benchmarks.pipeline import measure_bulk, measure_pipeline
from benchmarks.sales import measure_sales

PARTS: dict[str, Callable[[House], list[Figure]]] = {
    "intake": measure_intake,
    "pipeline": measure_pipeline,
    "decisions": measure_decisions,
    "sales": measure_sales,
    "connections": measure_connections,
    "million": measure_million,
    "bulk": measure_bulk,
    "admin": measure_admin,
}
USUAL = ("intake", "pipeline", "decisions", "sales", "connections")


def main() -> int:
    """Measure what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write them here, too"
    )
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    figures, problems = _measure(given.parts or USUAL)
    print(table(figures))
    print(*problems, sep="\n", file=sys.stderr)
    if given.json:
        write_json(figures, given.json)
    return 1 if problems or not all(figure.is_ok for figure in figures) else 0


def _measure(parts: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """Return the figures, and what kept some from being measured."""
    figures: list[Figure] = []
    problems: list[str] = []
    with running_house() as house:
        for part in parts:
            print(f"Measuring: {part} …", file=sys.stderr, flush=True)
            try:
                figures += PARTS[part](house)
            except CannotMeasure as error:
                problems.append(f"{part} could not be measured: {error}")
    return figures, problems


if __name__ == "__main__":
    sys.exit(main())
