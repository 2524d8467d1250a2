"""Whether a rule suits the fields of its campaign.

A rule that can match no lead of the campaign is refused where it is written; what is
compiled (`app.domain.filters`) knows no types.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.domain.filter_fields import KINDS, OWN, KnownField, KnownFields
from app.domain.filter_rules import moment, number, plain_text

EQUAL = frozenset({"eq", "ne", "in", "not_in"})


def check_rule(rule: object, known: KnownFields, path: str = "filters") -> None:
    """Check a compiled rule's JSON against the fields; null is no rule.

    Raises InvalidInput with every error, each under its path.
    """
    if rule is None:
        return
    errors = [
        error
        for where, leaf in leaves_of(rule, path)
        for error in _errors_of(leaf, where, known)
    ]
    if errors:
        raise InvalidInput(errors)


def leaves_of(rule: Any, path: str = "filters") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Yield each leaf of a sound rule with its path."""
    for name in ("all", "any"):
        for index, inner in enumerate(rule.get(name, ())):
            yield from leaves_of(inner, f"{path}.{name}[{index}]")
    if "not" in rule:
        yield from leaves_of(rule["not"], f"{path}.not")
    if "field" in rule:
        yield path, rule


def _errors_of(
    leaf: Mapping[str, Any], path: str, known: KnownFields
) -> Iterator[FieldError]:
    field = known.find(leaf["field"])
    op, value = leaf["op"], leaf.get("value")
    if field is None:
        said = f"The campaign has no field {leaf['field']}."
        if known.is_open:
            said += f" An answer that it does not ask for is {OWN}{leaf['field']}."
        yield FieldError(f"{path}.field", "unknown", said)
        return
    what, ops = KINDS[field.kind]
    if op not in ops:
        said = f"{field.label} is {what}: use one of {', '.join(ops)}."
        yield FieldError(f"{path}.op", "kind", said)
        return
    if op == "is_set":
        return
    suits = SUITS.get(field.kind)
    values = value if isinstance(value, list) else [value]
    if suits and (wrong := suits(field, op, values)):
        yield FieldError(f"{path}.value", "kind", wrong)


def _number(_: KnownField, __: str, values: list[Any]) -> str | None:
    if all(number(each) is not None for each in values):
        return None
    return "Give a number." if len(values) == 1 else "Give numbers."


def _date(_: KnownField, op: str, values: list[Any]) -> str | None:
    # Equal dates are equal texts, so that an hour would never match.
    wrong = any(
        not isinstance(each, str)
        or moment(each) is None
        or (op in EQUAL and len(each.strip()) != len("2026-11-21"))
        for each in values
    )
    return "Give a date, like 2026-11-21." if wrong else None


def _moment(_: KnownField, __: str, values: list[Any]) -> str | None:
    if all(isinstance(each, str) and moment(each) for each in values):
        return None
    return "Give a date or a time, like 2026-11-21 or 2026-11-21T09:00:00Z."


def _truth(_: KnownField, __: str, values: list[Any]) -> str | None:
    if all(plain_text(each) in ("true", "false") for each in values):
        return None
    return "Give true or false."


def _choice(field: KnownField, op: str, values: list[Any]) -> str | None:
    if op not in EQUAL or not field.options:
        return None
    options = {plain_text(option) for option in field.options}
    spelt = {number(option) for option in field.options} - {None}
    for each in values:
        # A number equals text that spells it, as it does to the compiled rule.
        same = not isinstance(each, (str, bool)) and number(each) in spelt
        if not same and plain_text(each) not in options:
            return f"{each} is none of its options: {_some(field.options)}."
    return None


def _some(options: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(options) - most} more" if len(options) > most else ""
    return ", ".join(options[:most]) + more


SUITS: Mapping[str, Callable[[KnownField, str, list[Any]], str | None]] = {
    "number": _number,
    "date": _date,
    "moment": _moment,
    "truth": _truth,
    "choice": _choice,
}
