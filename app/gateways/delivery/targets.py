"""Where a mapped value goes: dotted names, each perhaps with an index into a list."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from app.gateways.delivery.xml import NAME as XML_NAME

MAX_DEPTH = 10
_SEGMENT = re.compile(r"([^.\[\]\"\\\x00-\x1f\x7f]{1,64})(?:\[([0-9]{1,2})\])?")

Step = str | int
Path = tuple[Step, ...]
Problem = tuple[str, str]


def read_path(text: str) -> Path | None:
    """Read `person.phones[0].number` into names and indexes, or None."""
    path: list[Step] = []
    parts = text.split(".")
    if len(parts) > MAX_DEPTH:
        return None
    for part in parts:
        found = _SEGMENT.fullmatch(part)
        if found is None or found[1] != found[1].strip():
            return None
        path.append(found[1])
        if found[2] is not None:
            path.append(int(found[2]))
    return tuple(path)


def check_target(path: Path, format_: str) -> Problem | None:
    """Return what a format does not take about a target."""
    if format_ != "xml":
        return None
    if all(XML_NAME.fullmatch(step) for step in path if isinstance(step, str)):
        return None
    return "invalid", "Use XML names: letters, digits, - and _, a letter first."


def place(content: dict[str, Any], path: Path, value: Any) -> None:  # noqa: ANN401
    """Put a value at its path, making the objects and lists on the way."""
    here: Any = content
    for step, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        here = _enter(here, step, empty)
    _enter(here, path[-1], None)
    here[path[-1]] = value


def _enter(here: Any, step: Step, empty: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(step, int):
        here.extend([None] * (step + 1 - len(here)))
        if here[step] is None:
            here[step] = empty
    return here.setdefault(step, empty) if isinstance(step, str) else here[step]


@dataclass
class Tree:
    """All targets of a mapping together: none may stand in another's way."""

    children: dict[Step, "Tree"] = field(default_factory=dict)
    is_value: bool = False

    def add(self, path: Path) -> Problem | None:
        """Take a target in; return why it cannot stand beside the earlier ones."""
        here = self
        for step in path:
            kinds = {type(known) for known in here.children}
            if here.is_value or kinds - {type(step)}:
                return "conflict", "An earlier line uses this place otherwise."
            here = here.children.setdefault(step, Tree())
        if here.is_value or here.children:
            return "conflict", "An earlier line has this target, or one within it."
        here.is_value = True
        return None

    def gaps(self, shown: str = "") -> Iterator[Problem]:
        """Return the lists whose indexes do not run from 0 without a gap."""
        indexes = sorted(step for step in self.children if isinstance(step, int))
        if indexes != list(range(len(indexes))):
            yield "gap", f"Number the items of {shown} from 0 without a gap."
        for step, child in self.children.items():
            name = f"{shown}[{step}]" if isinstance(step, int) else f"{shown}.{step}"
            yield from child.gaps(name.lstrip("."))
