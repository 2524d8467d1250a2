"""What an endpoint keeps as lists: its mapping and its reply rules."""

from collections.abc import Mapping
from typing import Any

from app.domain.delivery import Verdict
from app.views.editors.base import Column, Filled, Way, listed
from app.views.editors.lists import ANY, ListField
from app.views.editors.mapping import KEYS, columns, line_of, row_of
from app.views.formats import words

SOURCES = (
    *("first_name", "last_name", "email", "phone", "address", "city", "state", "zip"),
    *("country", "lead_id", "transaction_id", "campaign", "price_cents", "currency"),
    *("submitted_at", "score", "consent.text", "consent.given_at", "consent.ip"),
    *(
        "full_name",
        "consent.url",
        "consent.certificate_url",
        "source.sub_id",
        "auth.key",
    ),
    "ping.id",
)


class MappingField(ListField):
    """What a partner's body is made of."""

    keys = KEYS
    ways = (
        Way("standard", "The standard body"),
        Way(
            "rows",
            "These fields",
            columns=columns("person.mail", "email or 'text'", SOURCES),
        ),
    )

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a line."""
        return row_of(item)

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the line of a row."""
        return line_of(row)

    def holds(self, filled: Filled) -> bool:
        """Whether nothing is lost: no transform is the default."""
        try:
            read = self.read(filled)
        except ValueError:
            return False
        return read == [{"transform": None, **item} for item in self.data or ()]


ASKED = (
    ("status", "Status is"),
    ("jsonpath", "JSONPath"),
    ("xpath", "XPath"),
    ("regex", "Text matches"),
)
COMPARED = (ANY, ("equals", "Equals"), ("matches", "Matches"))


class ReplyRulesField(ListField):
    """What a partner's answers mean, in order; one condition each."""

    keys = frozenset({"when", "verdict", "reason"})
    ways = (
        Way("standard", "Any 2xx accepts the lead"),
        Way(
            "rows",
            "By these rules, the first that fits",
            columns=(
                Column("what", "Where", "choice", ASKED, counts=False),
                Column("path", "Status, path or pattern", hint="$.result"),
                Column(
                    "how",
                    "Compared",
                    "choice",
                    COMPARED,
                    counts=False,
                ),
                Column("value", "With", hint="accepted", counts=False),
                Column(
                    "verdict",
                    "Means",
                    "choice",
                    [(v.name, words(v)) for v in Verdict],
                    counts=False,
                ),
                Column("reason", "Reason", counts=False),
            ),
        ),
    )

    def row_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return the row of a rule; raises ValueError for several conditions."""
        return {
            **row_of_when(item["when"]),
            "verdict": item["verdict"],
            "reason": item.get("reason") or "",
        }

    def item_of(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the rule of a row."""
        item = {"when": when_of(row), "verdict": row["verdict"]}
        return {**item, "reason": row["reason"]} if row["reason"] else item


def row_of_when(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a condition; raises ValueError for several in one."""
    when = dict(given)
    [what] = [name for name, _ in ASKED if name in when]
    path = when.pop(what)
    how = next((name for name in ("equals", "matches") if name in when), "")
    return {
        "what": what,
        "path": ", ".join(map(str, path)) if isinstance(path, list) else path,
        "how": how,
        "value": when.get(how, ""),
    }


def when_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition of inputs."""
    when: dict[str, Any] = {row["what"]: row["path"]}
    if row["what"] == "status":
        when["status"] = [_number(text) for text in listed(row["path"])]
    if row["how"]:
        when[row["how"]] = row["value"]
    return when


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text
