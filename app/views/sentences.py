"""Rules in sentences, as people read them on an order's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app.domain.filter_fields import OWN, KnownFields
from app.domain.filter_rules import moment, qualified
from app.views.editors.rule_box import BASE
from app.views.editors.rule_tree import NOT
from app.views.editors.rule_words import op_words
from app.views.formats import words, yes_no

JOINED = {"all": " and ", "any": " or "}


def filters_in_words(
    rule: Mapping[str, Any] | None, known: KnownFields = BASE
) -> Markup | str:
    """Return which leads an order takes: a line for each rule that must hold.

    Fields are called as their campaign calls them.
    """
    if rule is None:
        return "Every lead"
    if set(rule) == {"all"}:
        return lines_of([_rule(one, known) for one in rule["all"]])
    return lines_of([_rule(rule, known, within=False)])


def lines_of(texts: Sequence[str]) -> Markup:
    """Return texts as a line each."""
    return Markup("<br>").join(texts)


def _rule(rule: Mapping[str, Any], known: KnownFields, *, within: bool = True) -> str:
    """Say a rule in a sentence; a group that stands among others in brackets."""
    for name, joint in JOINED.items():
        if name in rule:
            inner = [_rule(one, known) for one in rule[name]]
            text = joint.join(inner)
            return f"({text})" if within and len(inner) > 1 else text
    if "not" not in rule:
        return _leaf(rule, known)
    inner_rule = rule["not"]
    if "field" in inner_rule:
        return _leaf(inner_rule, known, NOT)
    return f"not {_rule(inner_rule, known)}"


def _leaf(rule: Mapping[str, Any], known: KnownFields, turned: str = "") -> str:
    name = str(rule["field"])
    found = known.by_name.get(qualified(name))
    label = found.label if found else words(name.removeprefix(OWN))
    # A field without a label is called by its name.
    field = label[:1].upper() + label[1:]
    op, value = rule["op"], rule.get("value", True)
    if op == "is_set":
        return f"{field} {op_words(op if value is not bool(turned) else f'{NOT}{op}')}"
    said = op_words(f"{turned}{op}", _kind_of(value))
    if op == "between":
        return f"{field} {said} {value[0]} and {value[1]}"
    values = value if isinstance(value, list) else [value]
    return f"{field} {said} {', '.join(map(_value, values))}"


def _kind_of(value: Any) -> str:  # noqa: ANN401 - JSON
    return "date" if isinstance(value, str) and moment(value) else "text"


def _value(value: object) -> str:
    return yes_no(value).lower() if isinstance(value, bool) else str(value)
