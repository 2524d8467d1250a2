"""How an endpoint is asked for bids: where, what it is told, where its price stands."""

from typing import Any

from app.gateways.delivery.sources import OF_PING
from app.views.editors.base import Column, EditorField, Filled, Way, only
from app.views.editors.endpoint import ASKED, COMPARED, row_of_when, when_of
from app.views.editors.lists import ANY
from app.views.editors.mapping import columns, line_of, row_of

PATHS = ("currency", "ping_id")
KEYS = {"url", "price", "unit", *PATHS, "accept", "mapping"}
PING_BODY = "Told place, industry, score, source and answers to choose"
# The inputs of the condition, which is named after the one that is its path.
WHEN = {"what": "what", "path": "accept", "how": "how", "value": "value"}


class PingField(EditorField):
    """Whether and how an endpoint bids; without rows it is told the standard body."""

    ways = (
        Way("not", "It is sent leads without being asked"),
        Way(
            "rows",
            "It bids for each lead first",
            head=(
                Column("url", "Asked at", hint="https://partner.example/ping"),
                Column("price", "Price stands at", hint="$.price"),
                Column(
                    "unit",
                    "A number is",
                    "choice",
                    [("minor", "In cents"), ("major", "An amount, like 12.5")],
                ),
                Column("currency", "Currency stands at", hint="$.currency"),
                Column("ping_id", "Number of the bid stands at", hint="$.ping_id"),
                Column("what", "A bid only if", "choice", [ANY, *ASKED]),
                Column("accept", "Status, path or pattern", hint="$.status"),
                Column("how", "Compared", "choice", COMPARED),
                Column("value", "With", hint="matched"),
            ),
            columns=columns("lead.state", "state", OF_PING),
        ),
    )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return what the inputs hold; None for what they cannot."""
        try:
            ping = only(value, KEYS)
            rows = [row_of(line) for line in ping.get("mapping") or ()]
            accept = row_of_when(ping["accept"]) if ping.get("accept") else {}
            head = {
                "url": ping["url"],
                "price": ping["price"],
                "unit": ping.get("unit", "minor"),
                **{name: ping.get(name) or "" for name in PATHS},
                **{shown: accept.get(name, "") for name, shown in WHEN.items()},
            }
        except (ValueError, LookupError, TypeError):
            return None
        return Filled("rows", head, rows)

    def read(self, filled: Filled) -> dict[str, Any]:
        """Return what is filled in; what is empty is left out."""
        head = filled.head
        ping = {name: head[name] for name in ("url", "price", *PATHS) if head[name]}
        if head["unit"] != "minor":
            ping["unit"] = head["unit"]
        if head["what"]:
            ping["accept"] = when_of({n: head[shown] for n, shown in WHEN.items()})
        rows = [line_of(row) for row in filled.rows]
        return {**ping, "mapping": rows} if rows else ping

    def holds(self, filled: Filled) -> bool:
        """Whether nothing is lost: nulls and minor units are the defaults."""
        try:
            return _spelled(self.read(filled)) == _spelled(self.data)
        except ValueError:
            return False


def _spelled(ping: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    lines = [{"transform": None, **line} for line in ping.get("mapping") or ()]
    kept = {name: value for name, value in ping.items() if value not in (None, [])}
    return {"unit": "minor", **kept, "mapping": lines}
