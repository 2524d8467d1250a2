"""What may be returned: limits above, rules that approve at once below."""

from collections.abc import Mapping
from typing import Any

from app.domain.currencies import read_amount, write_amount
from app.domain.return_policy import LIMITS_PER, REASONS
from app.domain.schedule import DAYS
from app.domain.windows import CYCLES
from app.views.editors.base import (
    Column,
    EditorWithAmounts,
    Filled,
    Way,
    joined,
    listed,
    only,
)
from app.views.editors.lists import ANY
from app.views.fields import read_percent, write_percent
from app.views.formats import words

YES_NO = {"yes": True, "no": False}
NUMBERS = {
    "window_hours": "Hours after delivery",
    "max_age_days": "Oldest lead, in days",
    "max_count": "Most returns",
    "max_share_bp": "Most of the revenue (%)",
    "vendor_max_share_bp": "Of a vendor's sales at once (%)",
    "operator_max_cents": "Most an operator approves",
}
KEPT = ("cycle", "limits_per", "weekdays")
LISTS = {"reasons": "Accepted reasons", "resell": "Reasons that resell the lead"}
HEAD = (
    Column("allowed", "Returns", "choice", [ANY, ("yes", "Taken"), ("no", "Refused")]),
    *(Column(name, label) for name, label in NUMBERS.items()),
    Column(
        "cycle", "Counted by", "choice", [ANY, *((w.value, words(w)) for w in CYCLES)]
    ),
    Column(
        "limits_per",
        "Counted of",
        "choice",
        [ANY, *((n, words(n)) for n in LIMITS_PER)],
    ),
    Column("weekdays", "Taken on", "days", [(day, day.capitalize()) for day in DAYS]),
    *(
        Column(name, label, hint=", ".join(REASONS[:2]))
        for name, label in LISTS.items()
    ),
)
RULE = (
    Column("reasons", "Approve at once: reasons", hint="duplicate"),
    Column("max_cents", "Up to"),
    Column("confirmed", "Only when confirmed", "check", counts=False),
)


class ReturnPolicyField(EditorWithAmounts):
    """The policy of returns; what is left empty comes from the one below."""

    ways = (
        Way("below", "Nothing of its own"),
        Way("own", "Its own", head=HEAD, columns=RULE),
    )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return what the inputs hold."""
        try:
            return self._spelled(only(value, {c.name for c in HEAD} | {"auto_approve"}))
        except (ValueError, LookupError, TypeError):
            return None

    def read(self, filled: Filled) -> dict[str, Any]:
        """Return what is filled in; raises ValueError with the fix."""
        head = filled.head
        found: dict[str, Any] = {}
        if head["allowed"]:
            found["allowed"] = YES_NO[head["allowed"]]
        found |= {n: self._number(n, head[n]) for n in NUMBERS if head[n]}
        found |= {name: head[name] for name in KEPT if head[name]}
        found |= {name: listed(head[name]) for name in LISTS if head[name]}
        rules = [self._rule(row) for row in filled.rows]
        if rules:
            found["auto_approve"] = rules
        if not found:
            raise ValueError("Fill something in, or choose the other way.")
        return found

    def _spelled(self, value: Mapping[str, Any]) -> Filled:
        allowed = {text: name for name, text in YES_NO.items()}
        head = {column.name: value.get(column.name, "") for column in HEAD}
        head |= {name: self._spell(name, value.get(name)) for name in NUMBERS}
        head |= {name: joined(value.get(name, [])) for name in LISTS}
        head["allowed"] = allowed[value["allowed"]] if "allowed" in value else ""
        rows = [
            {
                "reasons": joined(rule.get("reasons", [])),
                "max_cents": self._spell("max_cents", rule.get("max_cents")),
                "confirmed": rule["confirmed"],
            }
            for rule in value.get("auto_approve", ())
        ]
        return Filled("own", head, rows)

    def _rule(self, row: Mapping[str, Any]) -> dict[str, Any]:
        rule: dict[str, Any] = {"confirmed": row["confirmed"]}
        if row["reasons"]:
            rule["reasons"] = listed(row["reasons"])
        if row["max_cents"]:
            rule["max_cents"] = self._number("max_cents", row["max_cents"])
        return rule

    def _number(self, name: str, text: str) -> int:
        """Return a limit: an amount, a percentage or a whole number by its name."""
        if name.endswith("_cents"):
            return read_amount(text, self.find_currency())
        return read_percent(text) if name.endswith("_bp") else _whole(text)

    def _spell(self, name: str, value: int | None) -> str:
        if value is None:
            return ""
        if name.endswith("_cents"):
            return write_amount(value, self.find_currency(), grouped=False)
        return write_percent(value) if name.endswith("_bp") else str(value)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:  # noqa: PLR2004
        raise ValueError("Enter limits as whole numbers.")
    return int(text)
