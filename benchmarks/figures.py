"""Figures: what was measured, against which floor, and what it has to be at least."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

HEADS = ("figure", "value", "floor", "ratio", "at least", "goal", "ok?")


@dataclass(frozen=True)
class Figure:
    """One measured value; `floor` None where the value itself is judged.

    `least` and `goal` bound the ratio, or the value without a floor: from below, or
    from above where `less_is_better`. Both are None for a value that only informs.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    least: float | None = None
    goal: float | None = None
    less_is_better: bool = False

    @property
    def judged(self) -> float:
        """What is compared with `least` and `goal`."""
        return self.value if self.floor is None else self.value / self.floor

    @property
    def is_ok(self) -> bool:
        """Whether it is no worse than it has to be."""
        return self.least is None or self._reaches(self.least)

    @property
    def verdict(self) -> str:
        """Say `goal`, `yes` or `NO`; nothing of what only informs."""
        if self.least is None:
            return ""
        if self.goal is not None and self._reaches(self.goal):
            return "goal"
        return "yes" if self.is_ok else "NO"

    def _reaches(self, bound: float) -> bool:
        return self.judged <= bound if self.less_is_better else self.judged >= bound


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table of Markdown."""
    rows = [HEADS, tuple("-" for _ in HEADS), *map(_row, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width, "-" if cell == "-" else " ")
            for cell, width in zip(row, widths, strict=True)
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_json(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures as a list of objects."""
    found = [
        {**asdict(figure), "judged": figure.judged, "ok": figure.is_ok}
        for figure in figures
    ]
    path.write_text(json.dumps(found, indent=2) + "\n")


def _row(figure: Figure) -> tuple[str, ...]:
    sign = "<= " if figure.less_is_better else ""
    unit = "" if figure.floor is not None else f" {figure.unit}"
    return (
        figure.name,
        f"{_number(figure.value)} {figure.unit}",
        "" if figure.floor is None else f"{_number(figure.floor)} {figure.unit}",
        "" if figure.floor is None else f"{figure.judged:.2f}",
        "" if figure.least is None else f"{sign}{figure.least:g}{unit}",
        "" if figure.goal is None else f"{sign}{figure.goal:g}{unit}",
        figure.verdict,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
