"""The parts of an ADF document, read off its DTD: what may stand where, in which order.

A place is a path of element names with an index where one repeats, ending in its text
or in an attribute: `("customer", "contact", "phone", 0, "@type")`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from lxml import etree

from app.gateways.delivery.nodes import TEXT, Attribute

DTD: Any = etree.DTD(str(File(__file__).with_name("adf.dtd")))
ROOT, ONE = "adf", "prospect"
_REPEATS = frozenset({"mult", "plus"})


@dataclass
class Part:
    """One child of an element: whether it repeats, and whether it must be there."""

    name: str
    repeats: bool
    needed: bool


def _parts(content: Any, *, needed: bool) -> Iterator[Part]:  # noqa: ANN401 - untyped
    if content is None or content.type == "pcdata":
        return
    needed = needed and content.occur in {"once", "plus"}
    if content.type == "element":
        repeats = content.occur in _REPEATS
        yield Part(content.name, repeats=repeats, needed=needed)
        return
    needed = needed and content.type == "seq"
    yield from _parts(content.left, needed=needed)
    yield from _parts(content.right, needed=needed)


def _children(content: Any) -> dict[str, Part]:  # noqa: ANN401 - untyped
    found: dict[str, Part] = {}
    for part in _parts(content, needed=True):
        # An email or phones: the latter stand in both choices.
        known = found.setdefault(part.name, part)
        known.repeats = known.repeats or part.repeats
    return found


_ELEMENTS = {element.name: element for element in DTD.iterelements()}
CHILDREN: Mapping[str, Mapping[str, Part]] = {
    name: _children(element.content) for name, element in _ELEMENTS.items()
}
ATTRIBUTES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    name: {one.name: tuple(one.values()) for one in element.iterattributes()}
    for name, element in _ELEMENTS.items()
}
VEHICLE = tuple(
    name
    for name, part in CHILDREN["vehicle"].items()
    if not (part.repeats or CHILDREN[name])
)


def place_of(path: tuple[str | int, ...]) -> tuple[str | int, ...] | None:
    """Return the place that a target means, below a prospect; None where there is none.

    An index that is left out is the first, and an element's own is its text.
    """
    here, place = ONE, list[str | int]()
    steps = list(path)
    while steps:
        step = steps.pop(0)
        if isinstance(step, Attribute):
            is_known = step == TEXT or step.name in ATTRIBUTES[here]
            is_fit = is_known and bool(place) and not (step == TEXT and CHILDREN[here])
            return (*place, step) if is_fit and not steps else None
        part = CHILDREN[here].get(str(step))
        if part is None:
            return None
        is_numbered = bool(steps) and isinstance(steps[0], int)
        if is_numbered and not part.repeats:
            return None
        here = part.name
        place.append(here)
        if part.repeats:
            place.append(steps.pop(0) if is_numbered else 0)
    return None if CHILDREN[here] else (*place, TEXT)
