"""Which leads a subscription takes: rules that all, or any, must hold."""

from typing import Any

from app.domain.filter_ops import OPS
from app.domain.filter_rules import STANDARD_FIELDS, number
from app.views.editors.base import (
    Column,
    EditorField,
    Filled,
    Way,
    joined,
    listed,
    only,
)

WORDS = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "gt": "is more than",
    "gte": "is at least",
    "lt": "is less than",
    "lte": "is at most",
    "contains": "contains",
    "starts_with": "starts with",
    "matches": "matches",
    "between": "is between",
    "is_set": "is filled in",
}
LISTS = frozenset({"in", "not_in"})
NUMBERS = frozenset({"gt", "gte", "lt", "lte"})
NO = ("no", "false")
MATCH = Column(
    "match", "Take a lead when", "choice", [("all", "all hold"), ("any", "any holds")]
)


class FiltersField(EditorField):
    """A simple rule builder; nested rules are edited as JSON."""

    ways = (
        Way("every", "Every lead"),
        Way(
            "rules",
            "Leads for which",
            head=(MATCH,),
            columns=(
                Column(
                    "field", "Field", hint="state", suggestions=sorted(STANDARD_FIELDS)
                ),
                Column(
                    "op",
                    "Rule",
                    "choice",
                    [(op, WORDS.get(op, op)) for op in OPS],
                    counts=False,
                ),
                Column("value", "Value; several with commas", hint="CA, NV"),
            ),
        ),
    )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return a row for each rule of one group that nests nothing."""
        if not isinstance(value, dict) or len(value) != 1:
            return None
        [(match, rules)] = value.items()
        if match not in ("all", "any") or not isinstance(rules, list):
            return None
        try:
            rows = [row_of_leaf(only(rule, {"field", "op", "value"})) for rule in rules]
        except (ValueError, LookupError, TypeError):
            return None
        return Filled("rules", {"match": match}, rows)

    def read(self, filled: Filled) -> dict[str, Any]:
        """Return the group of rules; raises ValueError without any."""
        if not filled.rows:
            raise ValueError("Add a rule, or take every lead.")
        match = filled.head["match"] if filled.head["match"] == "any" else "all"
        return {match: [leaf_of(row) for row in filled.rows]}


def row_of_leaf(rule: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Return the row of one rule; raises LookupError, TypeError, ValueError."""
    op, value = rule["op"], rule.get("value", True)
    if op == "is_set":
        text = "yes" if value is True else "no"
    elif op in LISTS:
        text = joined(value)
    elif op == "between":
        text = ", ".join(str(one) for one in value)
    else:
        text = str(value)
    return {"field": rule["field"], "op": op, "value": text}


def leaf_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return the rule of one row."""
    op, text = row["op"], row["value"]
    value: Any = text
    if op == "is_set":
        value = text.lower() not in NO
    elif op in LISTS:
        value = listed(text)
    elif op == "between":
        value = [_number(part) for part in listed(text)]
    elif op in NUMBERS:
        value = _number(text)
    return {"field": row["field"], "op": op, "value": value}


def _number(text: str) -> int | float | str:
    if number(text) is None:
        return text
    return int(text) if text.lstrip("+-").isdecimal() else float(text)
