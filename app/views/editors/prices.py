"""Prices: of a subscription by a lead's fields, of a campaign by a lead's age."""

import re
from collections.abc import Mapping
from typing import Any

from app.domain.currencies import read_amount, write_amount
from app.views.editors.base import Column, EditorWithAmounts, Filled, Way, only
from app.views.editors.lists import ListField
from app.views.editors.rule_box import OfCampaign, RuleBox

MAX_DIGITS = 9
WHEN = re.compile(r"\[(\d{1,6})\]\.when(.*)", re.DOTALL)


class PriceRulesField(OfCampaign, EditorWithAmounts, ListField):
    """What leads cost that match a rule, each rule built as a filter is."""

    keys = frozenset({"when", "price_cents"})
    ways = (
        Way("one", "One price for every lead"),
        Way(
            "rows",
            "By the first of these that fits, else the price above",
            columns=(Column("price_cents", "Price"), Column("when", "Leads", "rules")),
        ),
    )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return a price and a tree of rules for each; None where one is too deep."""
        if not isinstance(value, list):
            return None
        try:
            items = [only(item, set(self.keys)) for item in value]
            rows = [self._row(index, item) for index, item in enumerate(items)]
        except (ValueError, LookupError, TypeError):
            return None
        return Filled("rows", {}, rows)

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the rule of a row; what means the same stays as it was stored."""
        amount = read_amount(row["price_cents"], self.find_currency())
        stored = [rule.get("when") for rule in self.object_data or ()]
        box: RuleBox = row["when"]
        return {"when": box.write(stored) if box else None, "price_cents": amount}

    def say(self, place: str, message: str) -> str:
        """Note an error at its rule, or at its price."""
        found = WHEN.fullmatch(place)
        if found is None or self.filled is None or self.filled.way != "rows":
            return super().say(place, message)
        row = self.kept[int(found[1])]
        box: RuleBox = self.filled.rows[row]["when"]
        return f"Row {row + 1}: {box.say(found[2], message)}"

    def box_at(self, key: str) -> RuleBox:
        """Return a builder for a row that nobody has begun yet."""
        return RuleBox(key, self.known, is_spare=True)

    def _row(self, index: int, item: Mapping[str, Any]) -> dict[str, Any]:
        box = RuleBox(f"{self.name}-rows-{index}-when", self.known)
        if not box.fill(item["when"]):
            raise ValueError("no tree")
        amount = write_amount(item["price_cents"], self.find_currency(), grouped=False)
        return {"price_cents": amount, "when": box}

    def _typed(self, key: str, column: Column) -> Any:  # noqa: ANN401 - by its kind
        if column.kind != "rules":
            return super()._typed(key, column)
        box = RuleBox(key, self.known)
        box.read(self.formdata)
        return box


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
