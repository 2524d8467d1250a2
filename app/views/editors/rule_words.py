"""The words of rules: what each op is called of each kind of field."""

from app.domain.filter_fields import KINDS
from app.views.editors.rule_tree import NOT

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
NEGATED = {
    "eq": "is not",
    "ne": "is",
    "not_in": "is one of",
    "contains": "does not contain",
    "starts_with": "does not start with",
    "matches": "does not match",
    "is_set": "is empty",
}
TIMES = {
    "gt": "is after",
    "gte": "is on or after",
    "lt": "is before",
    "lte": "is on or before",
}
# What is offered turned round; of the others their opposite is an op of its own.
TURNED = ("contains", "starts_with", "matches", "between", "is_set")


def op_words(op: str, kind: str = "text") -> str:
    """Say an op, turned round where it begins with `not-`, as its field's kind does."""
    plain = op.removeprefix(NOT)
    said = TIMES.get(plain, "") if kind in ("date", "moment") else ""
    said = said or WORDS.get(plain, plain)
    if plain == op:
        return said
    return NEGATED.get(plain) or said.replace("is ", "is not ", 1)


def ops_of(kind: str) -> list[str]:
    """Return the ops that the builder offers for a kind of field, in their order."""
    offered: list[str] = []
    for op in KINDS[kind][1]:
        offered += [op, f"{NOT}{op}"] if op in TURNED else [op]
    return offered


# Each op in words, and whether it is offered before it is chosen.
OFFERED_OPS = {
    kind: [
        (op, op_words(op, kind), op in ops_of(kind))
        for plain in ops
        for op in (plain, f"{NOT}{plain}")
    ]
    for kind, (_, ops) in KINDS.items()
}
