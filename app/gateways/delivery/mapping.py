"""The closed language of mappings: dotted targets, paths or literals, named transforms.

It is data, never a template: nothing that a lead contains can add a key or an element.
A missing source is null in JSON, and left out in every other format.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.gateways.delivery.changes import Step, read_steps
from app.gateways.delivery.sources import Source, is_whole_part, read_source
from app.gateways.delivery.targets import (
    Path,
    Problem,
    Tree,
    place,
    placed,
    read_path,
)

MAX_RULES = 200
_KEYS = frozenset({"target", "source", "transform"})


@dataclass(frozen=True)
class Rule:
    """One line: where to, where from, and how it is changed."""

    target: Path
    source: Source
    steps: tuple[Step, ...]

    def value(self, payload: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Return the value of this line for a payload; None where it is missing."""
        value = self.source.find(payload)
        for step in self.steps:
            value = step(value)
        return value


@dataclass(frozen=True)
class CompiledMapping:
    """The lines of a mapping; none of them means the default body."""

    rules: tuple[Rule, ...] = ()

    def apply(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content that a partner receives of a payload."""
        if not self.rules:
            return dict(payload)
        return self.fill({}, payload)

    def fill(
        self, content: dict[str, Any], payload: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Put the value of every line at its place; return the content."""
        for rule in self.rules:
            place(content, rule.target, rule.value(payload))
        return content


@dataclass(frozen=True)
class Sources:
    """Which sources a mapping may name, and what is said of any other."""

    read: Callable[[str], Source | None]
    hint: str


OF_LEAD = Sources(
    read_source,
    "Name a source like email, fields.roof, consent.ip or 'a literal'.",
)


def compile_mapping(
    mapping: object,
    format_: str = "json",
    where: str = "mapping",
    sources: Sources = OF_LEAD,
) -> CompiledMapping:
    """Read a mapping strictly; raise InvalidInput with every bad field.

    Fields are named like `mapping[3].target`. For XML targets must be XML names, for
    ADF places of a prospect.
    """
    if mapping is None:
        return CompiledMapping()
    if not isinstance(mapping, Sequence) or isinstance(mapping, str | bytes):
        raise InvalidInput.one(where, "type", "Send a list of target and source.")
    if len(mapping) > MAX_RULES:
        raise InvalidInput.one(where, "too_many", f"Send at most {MAX_RULES} lines.")
    errors: list[FieldError] = []
    tree = Tree()
    rules = [
        _read(f"{where}[{index}]", line, format_, tree, sources, errors)
        for index, line in enumerate(mapping)
    ]
    # ADF's own content fills what the lines leave out.
    if not errors and format_ != "adf":
        errors += [FieldError(where, *gap) for gap in tree.gaps()]
    if errors:
        raise InvalidInput(errors)
    return CompiledMapping(tuple(rule for rule in rules if rule is not None))


def _read(
    where: str,
    line: object,
    format_: str,
    tree: Tree,
    sources: Sources,
    errors: list[FieldError],
) -> Rule | None:
    if not isinstance(line, Mapping):
        message = "Send an object with target and source."
        errors.append(FieldError(where, "type", message))
        return None
    errors.extend(
        FieldError(f"{where}.{key}", "unknown", "Leave this out.")
        for key in line
        if key not in _KEYS
    )
    target = _target(f"{where}.target", line.get("target"), format_, tree, errors)
    source = _source(f"{where}.source", line.get("source"), sources, errors)
    steps = read_steps(f"{where}.transform", line.get("transform"), errors)
    if source is not None and is_whole_part(source) and (steps or format_ == "adf"):
        message = "Name one value of it: it is changed, or written, by itself."
        key = "transform" if steps else "source"
        errors.append(FieldError(f"{where}.{key}", "not_a_value", message))
    if target is None or source is None:
        return None
    return Rule(target, source, steps)


def _target(
    where: str, text: object, format_: str, tree: Tree, errors: list[FieldError]
) -> Path | None:
    path = read_path(text, format_) if isinstance(text, str) else None
    if path is None:
        message = "Name a target like person.mail or phones[0]."
        errors.append(FieldError(where, "invalid", message))
        return None
    at = placed(path, format_)
    problem = at if isinstance(at, Problem) else tree.add(at)
    if problem is not None:
        errors.append(FieldError(where, *problem))
        return None
    return at


def _source(
    where: str, text: object, sources: Sources, errors: list[FieldError]
) -> Source | None:
    source = sources.read(text) if isinstance(text, str) else None
    if source is None:
        errors.append(FieldError(where, "unknown", sources.hint))
    return source
