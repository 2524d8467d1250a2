"""Groups of a campaign: a row for each, in the order in which they are asked."""

from typing import Any

from app.domain.groups import GO_ON, METHODS, STOP
from app.views.editors.base import Column, Filled, Way
from app.views.editors.lists import ListField
from app.views.formats import words

IF_SOLD = ((GO_ON, "Go on"), (STOP, "Stop"))


class GroupsField(ListField):
    """The tiers that are asked for a lead one after the other."""

    keys = frozenset({"name", "method", "limit", "if_sold"})
    ways = (
        Way("none", "None"),
        Way(
            "rows",
            "These, from the first to the last",
            columns=(
                Column("name", "Name", hint="gold"),
                Column(
                    "method",
                    "Routing",
                    "choice",
                    [(method, words(method)) for method in METHODS],
                    counts=False,
                ),
                Column("limit", "Most sales of a lead", hint="no limit"),
                Column("if_sold", "Once it bought", "choice", IF_SOLD, counts=False),
            ),
        ),
    )

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a group."""
        limit = item.get("limit")
        return {
            "name": item["name"],
            "method": item["method"],
            "limit": "" if limit is None else str(limit),
            "if_sold": item.get("if_sold") or GO_ON,
        }

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the group of a row."""
        limit = row["limit"]
        is_number = limit.isascii() and limit.isdecimal()
        # What is no number is told at its place by what checks the group.
        return {**row, "limit": int(limit) if is_number else limit or None}

    def holds(self, filled: Filled) -> bool:
        """Whether nothing is lost: what is left out is no limit, and to go on."""
        plain = {"limit": None, "if_sold": GO_ON}
        return [plain | item for item in self.read(filled)] == [
            plain | item for item in self.data or ()
        ]
