"""Prices: of a subscription by a lead's fields, of a campaign by a lead's age."""

from dataclasses import replace
from typing import Any

from app.domain.currencies import read_amount, write_amount
from app.domain.errors import LeadNexusError
from app.domain.filter_fields import OWN
from app.domain.filter_ops import OPS
from app.domain.filter_rules import STANDARD_FIELDS, number
from app.security import current_actor
from app.services.matches import rule_fields
from app.views.editors.base import (
    Column,
    EditorWithAmounts,
    Way,
    joined,
    listed,
    only,
)
from app.views.editors.lists import ListField
from app.views.editors.rule_words import WORDS

MAX_DIGITS = 9
FIELD = Column("field", "Field", hint="state", suggestions=sorted(STANDARD_FIELDS))
LISTS = frozenset({"in", "not_in"})
NUMBERS = frozenset({"gt", "gte", "lt", "lte"})
NO = ("no", "false")


class PriceRulesField(EditorWithAmounts, ListField):
    """What leads cost that match a rule; a filter of several is edited as JSON."""

    keys = frozenset({"when", "price_cents"})
    ways = (
        Way("one", "One price for every lead"),
        Way(
            "rows",
            "By the first of these that fits, else the price above",
            columns=(
                FIELD,
                Column(
                    "op",
                    "Rule",
                    "choice",
                    [(op, WORDS.get(op, op)) for op in OPS],
                    counts=False,
                ),
                Column("value", "Value; several with commas", hint="CA, NV"),
                Column("price_cents", "Price"),
            ),
        ),
    )

    def bind(self, form: Any, item: Any) -> None:  # noqa: ANN401 - a form, a row
        """Suggest what the campaign asks for, where it is known."""
        chosen = item.campaign_id if item is not None else None
        if chosen is None and "campaign_id" in form:
            chosen = form["campaign_id"].data
        if chosen is None:
            return
        try:
            known = rule_fields(current_actor(), chosen)
        except LeadNexusError:
            return
        names = [
            n.removeprefix(OWN) for n, one in known.by_name.items() if one.is_asked
        ]
        one, rows = PriceRulesField.ways
        field = replace(FIELD, suggestions=sorted(names))
        self.ways = (one, replace(rows, columns=(field, *rows.columns[1:])))  # type: ignore[misc]

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a rule."""
        leaf = only(item["when"], {"field", "op", "value"})
        amount = write_amount(item["price_cents"], self.find_currency(), grouped=False)
        return {**_row_of_leaf(leaf), "price_cents": amount}

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the rule of a row."""
        amount = read_amount(row["price_cents"], self.find_currency())
        return {"when": _leaf_of(row), "price_cents": amount}


class AgePricesField(ListField):
    """What share of its price a lead costs from an age on."""

    keys = frozenset({"after_hours", "percent"})
    ways = (
        Way("same", "The same at any age"),
        Way(
            "rows",
            "Less with age",
            columns=(
                Column("after_hours", "After hours", hint="24"),
                Column("percent", "Percent of the price", hint="50"),
            ),
        ),
    )

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a step."""
        return {name: str(item[name]) for name in self.keys}

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the step of a row."""
        return {name: _whole(row[name]) for name in ("after_hours", "percent")}


def _whole(text: str) -> int:
    digits = text.removesuffix("%").strip()
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > MAX_DIGITS:
        raise ValueError("Enter hours and percentages as whole numbers.")
    return int(digits)


def _row_of_leaf(rule: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
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


def _leaf_of(row: dict[str, Any]) -> dict[str, Any]:
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
