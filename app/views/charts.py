"""Charts as plain drawings: columns by day, and rankings with bars.

Each says in a sentence what it shows, and holds its figures as a table. Columns start
at zero; nothing is smoothed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

HEIGHT = 160
STEP = 12
TICKS = 8


@dataclass(frozen=True)
class Series:
    """One colour of a chart: its name, the class of its colour, figures by day."""

    label: str
    kind: str
    values: Mapping[date, int]


@dataclass(frozen=True)
class Bar:
    """One rectangle, in the drawing's units."""

    x: int
    y: float
    height: float
    kind: str


@dataclass(frozen=True)
class DayChart:
    """Columns by day, stacked; `write` says how figures are written."""

    title: str
    summary: str
    days: Sequence[date]
    series: Sequence[Series]
    write: Callable[[int], str]

    @property
    def top(self) -> int:
        """The highest column."""
        return max((self.total(day) for day in self.days), default=0)

    @property
    def width(self) -> int:
        """How wide the drawing is, in its own units."""
        return max(len(self.days) * STEP, 7 * STEP)

    def total(self, day: date) -> int:
        """Return the sum of a day."""
        return sum(series.values.get(day, 0) for series in self.series)

    def bars(self) -> list[Bar]:
        """Return the rectangles, stacked from the bottom."""
        made, scale = [], HEIGHT / (self.top or 1)
        for index, day in enumerate(self.days):
            y = float(HEIGHT)
            for series in self.series:
                value = series.values.get(day, 0)
                if value <= 0:
                    continue
                height = value * scale
                y -= height
                made.append(Bar(index * STEP, y, height, series.kind))
        return made

    def hints(self) -> list[tuple[int, str]]:
        """Return where each day stands, and what is told on hovering anywhere above."""
        return [
            (index * STEP, f"{day:%a %d %b}\n" + "\n".join(self._figures(day)))
            for index, day in enumerate(self.days)
        ]

    def ticks(self) -> list[tuple[str, bool]]:
        """Return the label under each day, and whether a phone has no room for it.

        Of many days only some have a label.
        """
        every = -(-len(self.days) // TICKS)
        return [
            (
                f"{day.day} {day:%b}" if index % every == 0 else "",
                index // every % 2 > 0,
            )
            for index, day in enumerate(self.days)
        ]

    def _figures(self, day: date) -> list[str]:
        of = [(one.label, one.values.get(day, 0)) for one in self.series]
        return [f"{label}: {self.write(value)}" for label, value in of if value] or [
            "Nothing"
        ]


@dataclass(frozen=True)
class Line:
    """A row of a ranking: its name and page, the figure of its bar, its cells."""

    name: str
    url: str
    value: float
    cells: Sequence[str]


@dataclass(frozen=True)
class Ranking:
    """Rows with bars, the longest being the most."""

    title: str
    summary: str
    headers: Sequence[str]
    lines: Sequence[Line]

    def share(self, line: Line) -> int:
        """Return the length of a bar, in percent of the longest."""
        top = max((one.value for one in self.lines), default=0)
        return round(100 * line.value / top) if top else 0


def days_of(start: date, end: date) -> list[date]:
    """Return the days from one to another, the last not included."""
    return [start + timedelta(days=number) for number in range((end - start).days)]
