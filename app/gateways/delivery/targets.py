"""Where a mapped value goes: dotted names, each perhaps with an index into a list."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from app.gateways.delivery.adf_parts import place_of
from app.gateways.delivery.nodes import TEXT, Attribute, Root
from app.gateways.delivery.xml import NAME as XML_NAME

MAX_DEPTH = 10
MAX_TARGET = 200
_SEGMENT = re.compile(r"([^.\[\]\"\\\x00-\x1f\x7f]{1,64})(?:\[([0-9]{1,2})\])?")
# As programs of PHP and Ruby nest names: `lead[email]`, `phones[]`.
_BRACKETED = re.compile(r"[^\[\]\x00-\x1f\x7f]+(?:\[[^\[\]\x00-\x1f\x7f]*\])+")

Step = str | int
Path = tuple[Step, ...]


class Problem(NamedTuple):
    """What is wrong with a line: a code and a sentence."""

    code: str
    message: str


XML_HINT = "Use XML names: letters, digits, - and _, a letter first."
ADF_HINT = (
    "Name a place of ADF, like vehicle.trim, customer.comments or"
    " customer.contact.phone[1].@type."
)


def read_path(text: str, format_: str = "json") -> Path | None:
    """Read `person.phones[0].number` into names and indexes, or None.

    XML knows `@name`, `#text` and a leading `/name` besides, ADF the two former, a
    form names with brackets, which are taken as they stand.
    """
    if len(text) > MAX_TARGET:
        return None
    is_xml = format_ in ("xml", "adf")
    has_root = format_ == "xml" and text.startswith("/")
    path = _steps(text.removeprefix("/") if has_root else text, is_xml=is_xml)
    if path is None:
        is_bracketed = format_ == "form" and _BRACKETED.fullmatch(text)
        return (text,) if is_bracketed else None
    return (Root(path[0]), *path[1:]) if has_root else path


def _steps(text: str, *, is_xml: bool) -> Path | None:
    parts = text.split(".")
    if len(parts) > MAX_DEPTH:
        return None
    path: list[Step] = []
    for index, part in enumerate(parts):
        found = _SEGMENT.fullmatch(part)
        if found is None or found[1] != found[1].strip():
            return None
        is_attribute = is_xml and (part == TEXT or part.startswith("@"))
        if is_attribute and (index + 1 < len(parts) or found[2] is not None):
            return None
        path.append(Attribute(found[1]) if is_attribute else found[1])
        if found[2] is not None:
            path.append(int(found[2]))
    return tuple(path)


def placed(path: Path, format_: str) -> Path | Problem:
    """Return where a target stands in a format's content, or what is wrong with it."""
    if format_ == "adf":
        return Problem("invalid", ADF_HINT) if (at := place_of(path)) is None else at
    if format_ == "xml" and not _is_xml(path):
        return Problem("invalid", XML_HINT)
    return path


def _is_xml(path: Path) -> bool:
    if isinstance(path[0], Root) and (len(path) == 1 or isinstance(path[1], int)):
        return False
    return all(
        step == TEXT or XML_NAME.fullmatch(getattr(step, "name", step)) is not None
        for step in path
        if isinstance(step, str)
    )


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
        if any(self._is_other_root(known, path[0]) for known in self.children):
            return Problem("conflict", "Begin every line with the same /name, or none.")
        here = self
        for step in path:
            kinds = {isinstance(known, int) for known in here.children}
            if here.is_value or kinds - {isinstance(step, int)}:
                return Problem("conflict", "An earlier line uses this place otherwise.")
            here = here.children.setdefault(step, Tree())
        if here.is_value or here.children:
            message = "An earlier line has this target, or one within it."
            return Problem("conflict", message)
        here.is_value = True
        return None

    @staticmethod
    def _is_other_root(known: Step, first: Step) -> bool:
        either = isinstance(known, Root) or isinstance(first, Root)
        return either and (type(known), known) != (type(first), first)

    def gaps(self, shown: str = "") -> Iterator[Problem]:
        """Return the lists whose indexes do not run from 0 without a gap."""
        indexes = sorted(step for step in self.children if isinstance(step, int))
        if indexes != list(range(len(indexes))):
            yield Problem("gap", f"Number the items of {shown} from 0 without a gap.")
        for step, child in self.children.items():
            name = f"{shown}[{step}]" if isinstance(step, int) else f"{shown}.{step}"
            yield from child.gaps(name.lstrip("."))
