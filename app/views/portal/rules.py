"""An order's hours and filters in words, and amounts of its limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app.domain.schedule import DAYS
from app.views.editors.conditions import WORDS
from app.views.formats import pretty


def hours_in_words(schedule: Sequence[Mapping[str, Any]] | None) -> Markup | str:
    """Return when an order is open, a line for each of its hours."""
    if schedule is None:
        return "At all times"
    return _lines([_hours(entry) for entry in schedule]) if schedule else "Never"


def filters_in_words(rule: Mapping[str, Any] | None) -> Markup | str:
    """Return which leads an order takes; rules within rules as they are kept."""
    if rule is None:
        return "Every lead"
    rules = rule.get("all", [rule])
    if not all("field" in one for one in rules):
        return pretty(rule)
    return _lines([_leaf(one) for one in rules])


def _hours(entry: Mapping[str, Any]) -> str:
    days = [day for day in DAYS if day in entry["days"]]
    named = ", ".join(day.capitalize() for day in days)
    span = f"{entry['from']} to {entry['to']}"
    return f"{'Every day' if len(days) == len(DAYS) else named} {span}"


def _leaf(rule: Mapping[str, Any]) -> str:
    field = str(rule["field"]).removeprefix("fields.").replace("_", " ").capitalize()
    op, value = rule["op"], rule.get("value", True)
    if op == "is_set":
        return f"{field} is {'' if value else 'not '}filled in"
    if op == "between":
        return f"{field} is between {value[0]} and {value[1]}"
    values = value if isinstance(value, list) else [value]
    return f"{field} {WORDS[op]} {', '.join(map(str, values))}"


def _lines(texts: Sequence[str]) -> Markup:
    return Markup("<br>").join(texts)
