"""A rule as a form holds it: numbered nodes, each within a group, values as text.

A group says how its rules are joined; a negated leaf is an op of its own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.filter_fields import KnownField, KnownFields
from app.domain.filter_rules import number, plain_text, qualified
from app.views.editors.base import listed

MATCHES = {
    "all": "all of these hold",
    "any": "any of these holds",
    "not-all": "not all of these hold",
    "not-any": "none of these holds",
}
NOT = "not-"
LISTS = frozenset({"in", "not_in"})
PAIRS = frozenset({"between"})
ORDERS = frozenset({"gt", "gte", "lt", "lte"})
MOST_DEPTH = 6
MOST_NODES = 500


@dataclass
class Node:
    """A group (`match` is set) or a leaf; the root is number None."""

    number: int | None = None
    match: str = ""
    rules: list["Node"] = field(default_factory=list)
    name: str = ""
    op: str = "eq"
    values: list[str] = field(default_factory=list)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was filled in."""
        if self.match:
            return all(rule.is_blank for rule in self.rules)
        return not self.name and not any(self.values)


def nodes_sent(form: Any, prefix: str) -> Node:  # noqa: ANN401 - a MultiDict
    """Return the tree that a form holds, its rules in the order in which they stand.

    What stands in no group that was sent stands in the root.
    """
    pattern = re.compile(re.escape(prefix) + r"-(\d{1,6})-(?:field|match)")
    found = [int(match[1]) for key in form if (match := pattern.fullmatch(key))]
    numbers = list(dict.fromkeys(found))[:MOST_NODES]
    root = Node(match=_match(form.get(f"{prefix}-match")))
    nodes = {number: _node(form, f"{prefix}-{number}", number) for number in numbers}
    depths: dict[int, int] = {}
    for one, node in nodes.items():
        within = form.get(f"{prefix}-{one}-in", "")
        # A group comes before what stands in it, so that none stands in itself.
        depth = depths.get(int(within), 0) if within.isdecimal() else 0
        parent = nodes[int(within)] if 0 < depth < MOST_DEPTH else root
        parent.rules.append(node)
        if node.match:
            depths[one] = (depth if parent is not root else 0) + 1
    return root


def tree_of(rule: object, numbers: Iterator[int], depth: int = 0) -> Node:
    """Return the tree of a rule's JSON; raises ValueError for one it cannot hold."""
    match, rules = _group(rule)
    if not match:
        if depth:
            return _leaf(rule, next(numbers))
        # A rule that stands alone is a group of one.
        match, rules = "all", [rule]
    if depth >= MOST_DEPTH or not isinstance(rules, list) or not rules:
        raise ValueError("It is nested too deep.")
    node = Node(next(numbers) if depth else None, match)
    node.rules = [tree_of(inner, numbers, depth + 1) for inner in rules]
    return node


class Writer:
    """Writes a tree as a rule's JSON; keeps which node stands where, on which field."""

    def __init__(self, known: KnownFields) -> None:
        self.known = known
        self.places: dict[str, int | None] = {}
        self.names: dict[int | None, str] = {}

    def write(self, node: Node, path: str = "") -> dict[str, Any]:
        """Return the JSON; nodes that are blank are left out."""
        self.places[path] = node.number
        if not node.match:
            return self._leaf(node, path)
        join, name = node.match.startswith(NOT), node.match.removeprefix(NOT)
        within = f"{path}.not" if join else path
        self.places[f"{within}.{name}"] = node.number
        rules = [rule for rule in node.rules if not rule.is_blank]
        written: dict[str, Any] = {
            name: [
                self.write(rule, f"{within}.{name}[{index}]")
                for index, rule in enumerate(rules)
            ]
        }
        return {"not": written} if join else written

    def _leaf(self, node: Node, path: str) -> dict[str, Any]:
        self.names[node.number] = node.name
        op = node.op.removeprefix(NOT)
        is_not = op != node.op
        if op == "is_set":
            return {"field": node.name, "op": op, "value": not is_not}
        value = value_of(op, node.values, self.known.find(node.name))
        leaf = {"field": node.name, "op": op, "value": value}
        if not is_not:
            return leaf
        self.places[f"{path}.not"] = node.number
        return {"not": leaf}


def value_of(op: str, values: list[str], known: KnownField | None) -> Any:  # noqa: ANN401 - JSON
    """Return the JSON of typed values, in the type of their field."""
    kind = known.kind if known else "text"
    if op in LISTS:
        return [_scalar(one, kind, op) for one in _several(values, known)]
    if op in PAIRS:
        typed = values if len(values) > 1 else listed(values[0] if values else "")
        return [_scalar(one, kind, op) for one in typed]
    return _scalar(values[0] if values else "", kind, op)


def alike(rule: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a rule so that those of one meaning, written otherwise, are equal."""
    if isinstance(rule, dict) and len(rule) == 1 and not rule.keys() & {"field", "op"}:
        [(name, inner)] = rule.items()
        several = isinstance(inner, list)
        return {name: [alike(one) for one in inner] if several else alike(inner)}
    if not isinstance(rule, dict):
        return rule
    value = rule.get("value", True)
    several = isinstance(value, list)
    same: Any = [shown(one) for one in value] if several else shown(value)
    if several and rule.get("op") in LISTS:
        same.sort()
    name = rule.get("field")
    named = qualified(name) if isinstance(name, str) else name
    return {**rule, "field": named, "value": same}


def rooted(rule: object) -> object:
    """Return a rule that stands alone as a group of one, as the form shows it."""
    return rule if _group(rule)[0] else {"all": [rule]}


def shown(value: object) -> str:
    """Return a value as it is typed."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _node(form: Any, key: str, number: int) -> Node:  # noqa: ANN401 - a MultiDict
    if f"{key}-match" in form:
        return Node(number, _match(form.get(f"{key}-match")))
    return Node(
        number,
        name=form.get(f"{key}-field", "").strip(),
        op=form.get(f"{key}-op", ""),
        values=[one.strip() for one in form.getlist(f"{key}-value")],
    )


def _match(sent: str | None) -> str:
    return sent if sent in MATCHES else "all"


def _group(rule: object) -> tuple[str, Any]:
    """Return how a group joins its rules, and these; of a leaf an empty text."""
    if not isinstance(rule, Mapping):
        raise TypeError("no rule")
    for name in ("all", "any"):
        if set(rule) == {name}:
            return name, rule[name]
    inner = rule.get("not")
    if set(rule) == {"not"} and isinstance(inner, Mapping):
        for name in ("all", "any"):
            if set(inner) == {name}:
                return NOT + name, inner[name]
    return "", None


def _leaf(rule: Any, number: int) -> Node:  # noqa: ANN401 - JSON
    is_not = set(rule) == {"not"}
    leaf = rule["not"] if is_not else rule
    if not isinstance(leaf, Mapping) or not {"field", "op"} <= set(leaf):
        raise ValueError("no rule")
    if set(leaf) - {"field", "op", "value"} or not isinstance(leaf["op"], str):
        raise ValueError("other keys")
    op, value = leaf["op"], leaf.get("value", True)
    if op == "is_set":
        # What is filled in not is the same as what is blank.
        is_not, value = is_not is bool(value), []
    values = [shown(one) for one in (value if isinstance(value, list) else [value])]
    op = f"{NOT}{op}" if is_not else op
    return Node(number, name=leaf["field"], op=op, values=values)


def _several(values: list[str], known: KnownField | None) -> list[str]:
    """Return the values of a list: chosen ones, or typed with commas or lines."""
    options = {plain_text(one) for one in known.options} if known else set()
    found: list[str] = []
    for value in values if len(values) > 1 else "".join(values).split("\n"):
        is_whole = len(values) > 1 or plain_text(value) in options
        found += [value.strip()] if is_whole else listed(value)
    return [one for one in found if one]


def _scalar(text: str, kind: str, op: str) -> int | float | bool | str:
    if kind == "truth":
        return {"true": True, "false": False}.get(text.lower(), text)
    if (kind == "number" or op in ORDERS | PAIRS) and number(text) is not None:
        found = int(text) if text.lstrip("+-").isdecimal() else float(text)
        # What would be written otherwise, such as 007, stays as it was typed.
        return found if str(found) == text else text
    return text
