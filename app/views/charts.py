"""Charts as plain drawings: columns by day, and rankings with bars.

Each says in a sentence what it shows, and holds its figures as a table. Columns start
at zero; nothing is smoothed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

HEIGHT = 160
STEP = 12
BAR = 9


@dataclass(frozen=True)
class Series:
    """One colour of a chart: its name, the class of its colour, figures by day."""

    label: str
    kind: str
    values: Mapping[date, int]


@dataclass(frozen=True)
class Bar:
    """One rectangle, in the drawing's units; `title` is told on hovering."""

    x: int
    y: float
    height: float
    kind: str
    title: str


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
                title = f"{day:%d %b}: {series.label} {self.write(value)}"
                made.append(Bar(index * STEP, y, height, series.kind, title))
        return made


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
