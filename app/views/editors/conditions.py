"""Which leads a subscription takes: rules of a campaign's fields, in groups.

What the form offers follows the campaign; without script the fields of the one that
was saved, or the standard ones.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

from flask import url_for

from app.domain.errors import LeadNexusError
from app.domain.fields import STANDARD
from app.domain.filter_fields import OF_EVERY_LEAD, KnownFields, known_fields
from app.security import current_actor
from app.services.matches import rule_fields
from app.views.editors.base import EditorField, Filled, Way
from app.views.editors.rule_tree import (
    MATCHES,
    MOST_DEPTH,
    Node,
    Writer,
    alike,
    nodes_sent,
    rooted,
    tree_of,
)
from app.views.editors.rule_words import OFFERED_OPS, op_words, ops_of

ASKED, ALWAYS = "What the campaign asks", "Of every lead"
BASE = known_fields(STANDARD, is_open=True)


class FiltersField(EditorField):
    """A builder of rules and groups; what it cannot hold is edited as JSON."""

    ways = (Way("every", "Every lead"), Way("rules", "Leads for which"))
    template = "screens/rules.html"
    joins = tuple(MATCHES.items())
    most_depth = MOST_DEPTH
    form: Any = None
    item: Any = None
    known: KnownFields | None = None

    def bind(self, form: Any, item: Any) -> None:  # noqa: ANN401 - a form, a row
        """Read what was typed once more, as the fields of the campaign ask."""
        self.form, self.item = form, item
        if self.filled is not None and self.filled.way == "rules":
            self.known = self._known()
            self.process_errors = []
            try:
                self._read_tree()
            except ValueError as error:
                self.process_errors.append(str(error))

    def process(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Begin without rules."""
        self.tree = Node(match="all")
        self.places: dict[str, int | None] = {}
        self.names: dict[int | None, str] = {}
        self.known = None
        self.spared = -1
        super().process(*args, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the tree of rules, or what else was chosen."""
        if (self.formdata or {}).get(f"{self.name}-as") != "rules":
            super().process_formdata(valuelist)
            return
        self.filled = Filled("rules", {})
        self.tree = nodes_sent(self.formdata, f"{self.name}-rules")
        self._read_tree()

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Keep the tree of a value; None where there is none."""
        try:
            self.tree = tree_of(value, count())
        except (ValueError, LookupError, TypeError, AttributeError):
            return None
        return Filled("rules", {})

    def holds(self, filled: Filled) -> bool:  # noqa: ARG002 - it is the tree
        """Whether the tree, written again, means what is stored."""
        self.known = self._known()
        return _same(Writer(self.known).write(self.tree), self.data)

    def say(self, place: str, message: str) -> str:
        """Note an error at its rule; return it with the rule's field."""
        if self.filled is None or self.filled.way != "rules":
            return f"{place.removeprefix('.')}: {message}" if place else message
        path, _, name = place.rpartition(".")
        if name not in ("field", "op", "value"):
            path, name = place, ""
        number = self.places.get(path)
        self.row_errors.setdefault((number, name), []).append(message)
        named = self.names.get(number, "") if name == "value" else ""
        return f"{self.label_of(named)}: {message}" if named else message

    def leave_out_unfinished(self) -> None:
        """Go on without the rules that somebody is still typing."""
        if self.filled is None or self.filled.way != "rules":
            return
        _finish(self.tree)
        self.process_errors = []
        if self.tree.is_blank:
            self.filled, self.data = Filled("every", {}), None

    @property
    def catalogue(self) -> dict[str, Any]:
        """What the script offers: the fields, and the ops of each kind in words."""
        known = self.known or self._known()
        return {"fields": offered_fields(known), "ops": OFFERED_OPS}

    @property
    def known_campaign(self) -> bool:
        """Whether the fields are those of a campaign, and not just the usual ones."""
        return (self.known or self._known()) is not BASE

    @property
    def blank(self) -> Node:
        """A rule that nobody has filled in."""
        return Node()

    @property
    def blank_group(self) -> Node:
        """A group that holds nothing yet."""
        return Node(match="any")

    def spare(self) -> int:
        """Return a number that no rule has yet."""
        self.spared = max(self.spared, *_numbers(self.tree), -1) + 1
        return self.spared

    def ops_beside(self, chosen: str) -> list[tuple[str, str]]:
        """Every op that is offered for some field, and the one that is chosen."""
        names = dict.fromkeys(op for kind in ("text", "number") for op in ops_of(kind))
        return [(op, op_words(op)) for op in (*names, *({chosen} - names.keys()))]

    @property
    def urls(self) -> dict[str, str]:
        """Where the script asks for a campaign's fields, and how many leads match."""
        own = {"campaign_id": self.item.campaign_id} if self.item is not None else {}
        return {name: url_for(f".{name}", **own) for name in ("rule_fields", "matches")}

    def label_of(self, name: str) -> str:
        """Name a field as the campaign does."""
        field = (self.known or self._known()).find(name)
        return field.label if field else name

    def _read_tree(self) -> None:
        """Write the tree as JSON; what means the same stays as it was stored."""
        if self.tree.is_blank:
            raise ValueError("Add a rule, or take every lead.")
        writer = Writer(self.known or BASE)
        written = writer.write(self.tree)
        self.places, self.names = writer.places, writer.names
        self.data = self.object_data if _same(written, self.object_data) else written

    def _known(self) -> KnownFields:
        chosen = self.item.campaign_id if self.item is not None else None
        if chosen is None and self.form is not None and "campaign_id" in self.form:
            chosen = self.form["campaign_id"].data
        if chosen is None:
            return BASE
        try:
            return rule_fields(current_actor(), chosen)
        except LeadNexusError:
            return BASE


def offered_fields(known: KnownFields) -> list[dict[str, Any]]:
    """Return the fields that the builder offers the reader, in groups."""
    is_staff = current_actor().is_staff
    return [
        {
            "name": field.name,
            "label": field.label,
            "kind": field.kind,
            "options": field.options,
            "group": ALWAYS if field.name in OF_ALL else ASKED,
        }
        for field in known.by_name.values()
        if field.is_asked and (is_staff or field.name != "vendor_id")
    ]


def _finish(node: Node) -> None:
    for rule in node.rules:
        _finish(rule)
    if not node.match and not (node.name and (any(node.values) or "is_set" in node.op)):
        node.name, node.values = "", []


def _same(written: Any, stored: Any) -> bool:  # noqa: ANN401 - JSON
    return stored is not None and bool(alike(written) == alike(rooted(stored)))


def _numbers(node: Node) -> Iterator[int]:
    if node.number is not None:
        yield node.number
    for rule in node.rules:
        yield from _numbers(rule)


OF_ALL = frozenset(field.name for field in OF_EVERY_LEAD)
