"""The closed language of mappings: dotted targets, paths or literals, named transforms.

It is data, never a template: nothing that a lead contains can add a key or an element.
A missing source is null in JSON and no element in XML.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.gateways.delivery.sources import Source, is_whole_part, read_source
from app.gateways.delivery.targets import (
    Path,
    Problem,
    Tree,
    check_target,
    place,
    read_path,
)
from app.gateways.delivery.transforms import TRANSFORMS

MAX_RULES = 200
_KEYS = frozenset({"target", "source", "transform"})


@dataclass(frozen=True)
class Rule:
    """One line: where to, where from, and how it is changed."""

    target: Path
    source: Source
    transform: str | None

    def value(self, payload: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Return the value of this line for a payload; None where it is missing."""
        found = self.source.find(payload)
        if self.transform is None or found is None:
            return found
        change = TRANSFORMS[self.transform]
        if isinstance(found, list):
            return [change(item) for item in found if item is not None]
        return None if isinstance(found, Mapping) else change(found)


@dataclass(frozen=True)
class CompiledMapping:
    """The lines of a mapping; none of them means the default body."""

    rules: tuple[Rule, ...] = ()

    def apply(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content that a partner receives of a payload."""
        if not self.rules:
            return dict(payload)
        content: dict[str, Any] = {}
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

    Fields are named like `mapping[3].target`. For XML, targets must be XML names.
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
    if not errors:
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
    transform = line.get("transform")
    if problem := _why_no_transform(transform, source):
        errors.append(FieldError(f"{where}.transform", *problem))
    if target is None or source is None:
        return None
    return Rule(target, source, transform)


def _target(
    where: str, text: object, format_: str, tree: Tree, errors: list[FieldError]
) -> Path | None:
    path = read_path(text) if isinstance(text, str) else None
    if path is None:
        message = "Name a target like person.mail or phones[0]."
        errors.append(FieldError(where, "invalid", message))
        return None
    if problem := check_target(path, format_) or tree.add(path):
        errors.append(FieldError(where, *problem))
        return None
    return path


def _why_no_transform(transform: object, source: Source | None) -> Problem | None:
    if transform is None:
        return None
    if not isinstance(transform, str) or transform not in TRANSFORMS:
        return "unknown", f"Choose one of {', '.join(TRANSFORMS)}, or null."
    if source is not None and is_whole_part(source):
        return "not_a_value", "A transform changes one value; name one, or send null."
    return None


def _source(
    where: str, text: object, sources: Sources, errors: list[FieldError]
) -> Source | None:
    source = sources.read(text) if isinstance(text, str) else None
    if source is None:
        errors.append(FieldError(where, "unknown", sources.hint))
    return source
