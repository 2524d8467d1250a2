"""Dates and times by a pattern of closed words: `MM/DD/YYYY HH:mm` in a time zone."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

_NOON = 12
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
# Written here and not by strftime, whose words follow the machine's language.
WORDS: Mapping[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04}",
    "YY": lambda at: f"{at.year % 100:02}",
    "MMMM": lambda at: _MONTHS[at.month - 1],
    "MMM": lambda at: _MONTHS[at.month - 1][:3],
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: f"{at.month}",
    "DD": lambda at: f"{at.day:02}",
    "D": lambda at: f"{at.day}",
    "HH": lambda at: f"{at.hour:02}",
    "H": lambda at: f"{at.hour}",
    "hh": lambda at: f"{_of_noon(at):02}",
    "h": lambda at: f"{_of_noon(at)}",
    "mm": lambda at: f"{at.minute:02}",
    "ss": lambda at: f"{at.second:02}",
    "A": lambda at: "AM" if at.hour < _NOON else "PM",
    "ZZ": lambda at: at.isoformat()[-6:],
}
_PARTS = re.compile(rf"{'|'.join(WORDS)}|[ ,./:_-]|T(?=H)|Z(?!.)")


def read_pattern(pattern: str) -> Callable[[datetime], str] | None:
    """Return what writes a moment by a pattern, or None where it is no pattern."""
    parts, at = [], 0
    while at < len(pattern):
        found = _PARTS.match(pattern, at)
        if found is None:
            return None
        parts.append(found[0])
        at = found.end()
    if not WORDS.keys() & set(parts):
        return None
    write = [WORDS.get(part, part) for part in parts]
    return lambda moment: "".join(
        one if isinstance(one, str) else one(moment) for one in write
    )


def _of_noon(at: datetime) -> int:
    return at.hour % _NOON or _NOON
