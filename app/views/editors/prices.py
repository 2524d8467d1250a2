"""Prices: of a subscription by a lead's fields, of a campaign by a lead's age."""

from typing import Any

from app.domain.currencies import read_amount, write_amount
from app.domain.filter_ops import OPS
from app.domain.filter_rules import STANDARD_FIELDS
from app.views.editors.base import Column, EditorWithAmounts, Way, only
from app.views.editors.conditions import WORDS, leaf_of, row_of_leaf
from app.views.editors.lists import ListField

MAX_DIGITS = 9


class PriceRulesField(EditorWithAmounts, ListField):
    """What leads cost that match a rule; a filter of several is edited as JSON."""

    keys = frozenset({"when", "price_cents"})
    ways = (
        Way("one", "One price for every lead"),
        Way(
            "rows",
            "By the first of these that fits, else the price above",
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
                Column("price_cents", "Price"),
            ),
        ),
    )

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a rule."""
        leaf = only(item["when"], {"field", "op", "value"})
        amount = write_amount(item["price_cents"], self.find_currency(), grouped=False)
        return {**row_of_leaf(leaf), "price_cents": amount}

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the rule of a row."""
        amount = read_amount(row["price_cents"], self.find_currency())
        return {"when": leaf_of(row), "price_cents": amount}


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
