"""The language of filters: strict reading of its JSON into a Filter.

A rule is `{"all": […]}`, `{"any": […]}`, `{"not": …}` or a leaf of field, op, value.
Every error is listed under its path, such as `filters.all[1].op`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.domain.errors import FieldError, InvalidInput
from app.domain.filter_ops import OPS, BadValue, Matcher
from app.domain.filter_rules import (
    All,
    Any,
    Filter,
    Leaf,
    Not,
    Test,
    qualified,
    shortened,
)

__all__ = ["Filter", "Matcher", "compile_rule", "fields_used"]

MAX_DEPTH = 20
MAX_LEAVES = 500
MAX_FIELD = 100
_GROUPS = ("all", "any")
_LEAF_KEYS = {"field", "op", "value"}


def compile_rule(
    rule: object, compile_regex: Callable[[str], Matcher], path: str = "filters"
) -> Filter | None:
    """Read the JSON of a filter; null is no filter.

    `compile_regex` compiles a pattern and raises whatever it likes for a bad one.
    Raises InvalidInput with every error found; more than 500 leaves end the reading.
    """
    if rule is None:
        return None
    reader = _Reader(compile_regex, path)
    compiled = reader.read(rule, path, depth=1)
    if compiled is None or reader.errors:
        raise InvalidInput(reader.errors)
    return compiled


def fields_used(rule: Filter | None) -> frozenset[str]:
    """Name every field that a filter looks at; none without a filter."""
    return rule.fields() if rule else frozenset()


@dataclass
class _Reader:
    compile_regex: Callable[[str], Matcher]
    root: str
    errors: list[FieldError] = field(default_factory=list)
    leaves: int = 0

    def read(self, rule: object, path: str, depth: int) -> Filter | None:
        if depth > MAX_DEPTH:
            self.refuse(path, "too_deep", f"Nest at most {MAX_DEPTH} deep.")
            return None
        if not isinstance(rule, dict):
            self.refuse(path, "type", "Give a rule as an object.")
            return None
        for name in _GROUPS:
            if set(rule) == {name}:
                return self.group(name, rule[name], f"{path}.{name}", depth)
        if set(rule) == {"not"}:
            inner = self.read(rule["not"], f"{path}.not", depth + 1)
            return inner and Not(inner, shortened(f"not {inner.label}"))
        return self.leaf(rule, path)

    def group(self, name: str, rules: object, path: str, depth: int) -> Filter | None:
        if not isinstance(rules, list) or not rules:
            self.refuse(path, "empty", "Give a list of at least one rule.")
            return None
        read = [
            self.read(rule, f"{path}[{index}]", depth + 1)
            for index, rule in enumerate(rules)
        ]
        good = tuple(rule for rule in read if rule is not None)
        label = shortened(f"{name}({', '.join(rule.label for rule in good)})")
        return All(good, label) if name == "all" else Any(good, label)

    def leaf(self, rule: dict[object, object], path: str) -> Filter | None:
        self.count()
        before = len(self.errors)
        for key in rule.keys() - _LEAF_KEYS:
            self.note(f"{path}.{str(key)[:MAX_FIELD]}", "unknown", "No such key.")
        name, op = rule.get("field"), rule.get("op")
        if not isinstance(name, str) or not _is_field_name(name):
            self.note(f"{path}.field", "value", "Name a field of the lead.")
        if not isinstance(op, str) or op not in OPS:
            self.note(f"{path}.op", "unknown", f"Use one of {', '.join(OPS)}.")
            return None
        test = self.test(op, rule, path)
        if test is None or len(self.errors) > before:
            return None
        known = qualified(str(name))
        return Leaf(known, shortened(f"{known} {op}"), test, _is_inverted(op, rule))

    def test(self, op: str, rule: dict[object, object], path: str) -> Test | None:
        if "value" not in rule and op != "is_set":
            self.note(f"{path}.value", "required", "Say what to compare with.")
            return None
        try:
            return OPS[op](rule.get("value", True), self.compile_regex)
        except BadValue as bad:
            self.note(f"{path}.value", bad.code, bad.message)
        return None

    def refuse(self, path: str, code: str, message: str) -> None:
        self.count()
        self.note(path, code, message)

    def note(self, path: str, code: str, message: str) -> None:
        self.errors.append(FieldError(path, code, message))

    def count(self) -> None:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise InvalidInput.one(self.root, "too_many", f"At most {MAX_LEAVES}.")


def _is_field_name(name: str) -> bool:
    return name == name.strip() != "" and len(name) <= MAX_FIELD and name.isprintable()


def _is_inverted(op: str, rule: dict[object, object]) -> bool:
    return op in {"ne", "not_in"} or (op == "is_set" and rule.get("value") is False)
