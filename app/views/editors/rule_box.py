"""A builder of rules within a form: its tree, the fields it offers, its errors."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

from flask import url_for

from app.domain.errors import LeadNexusError
from app.domain.fields import STANDARD
from app.domain.filter_fields import OF_EVERY_LEAD, KnownFields, known_fields
from app.security import current_actor
from app.services.matches import rule_fields
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
OF_ALL = frozenset(field.name for field in OF_EVERY_LEAD)
PLACES = ("field", "op", "value")


class RuleBox:
    """One rule as a tree of groups; false while nothing is filled in.

    A spare one stands in a row that nobody has begun yet.
    """

    joins = tuple(MATCHES.items())
    most_depth = MOST_DEPTH
    blank = Node()
    blank_group = Node(match="any")

    def __init__(
        self, name: str, known: Callable[[], KnownFields], *, is_spare: bool = False
    ) -> None:
        self.name = name
        self.known = known
        self.is_spare = is_spare
        self.tree = Node(match="all")
        self.places: dict[str, int | None] = {}
        self.names: dict[int | None, str] = {}
        self.errors: dict[tuple[int | None, str], list[str]] = {}
        self.spared = -1

    def __bool__(self) -> bool:
        return not self.tree.is_blank

    def read(self, form: Any) -> None:  # noqa: ANN401 - a MultiDict
        """Take the tree from what was sent."""
        self.tree = nodes_sent(form, self.name)

    def fill(self, rule: object) -> bool:
        """Take the tree of a rule's JSON; say whether it can be held without loss."""
        try:
            self.tree = tree_of(rule, count())
        except (ValueError, LookupError, TypeError, AttributeError):
            return False
        return bool(alike(Writer(self.known()).write(self.tree)) == alike(rooted(rule)))

    def write(self, stored: Sequence[object]) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON; of those stored the one that means the same stays."""
        writer = Writer(self.known())
        written = writer.write(self.tree)
        self.places, self.names = writer.places, writer.names
        same = alike(written)
        kept = (rule for rule in stored if rule and alike(rooted(rule)) == same)
        return next(kept, written)

    def say(self, place: str, message: str) -> str:
        """Note an error at its rule; return it with the rule's field."""
        path, _, name = place.rpartition(".")
        if name not in PLACES:
            path, name = place, ""
        number = self.places.get(path)
        self.errors.setdefault((number, name), []).append(message)
        named = self.names.get(number, "") if name == "value" else ""
        return f"{self.label_of(named)}: {message}" if named else message

    def errors_at(self, number: int | None, name: str) -> list[str]:
        """Return the errors of one input."""
        return self.errors.get((number, name), [])

    def leave_out_unfinished(self) -> None:
        """Go on without the rules that somebody is still typing."""
        _finish(self.tree)

    def offered(self) -> list[dict[str, Any]]:
        """Return the fields to choose from; none while no campaign is known."""
        known = self.known()
        return [] if known is BASE else offered_fields(known)

    def spare(self) -> int:
        """Return a number that no rule has yet."""
        self.spared = max(self.spared, *_numbers(self.tree), -1) + 1
        return self.spared

    def ops_beside(self, chosen: str) -> list[tuple[str, str]]:
        """Every op that is offered for some field, and the one that is chosen."""
        names = dict.fromkeys(op for kind in ("text", "number") for op in ops_of(kind))
        return [(op, op_words(op)) for op in (*names, *({chosen} - names.keys()))]

    def label_of(self, name: str) -> str:
        """Name a field as the campaign does."""
        field = self.known().find(name)
        return field.label if field else name


class OfCampaign:
    """A form's field whose rules are of the campaign of its row, or the chosen one."""

    form: Any = None
    item: Any = None
    _known: tuple[int | None, KnownFields] | None = None

    def bind(self, form: Any, item: Any) -> None:  # noqa: ANN401 - a form, a row
        """Keep the form and its row at hand."""
        self.form, self.item = form, item

    def known(self) -> KnownFields:
        """Return what rules may name, as far as the reader may know."""
        chosen = self.item.campaign_id if self.item is not None else None
        if chosen is None and self.form is not None and "campaign_id" in self.form:
            chosen = self.form["campaign_id"].data
        if self._known is None or self._known[0] != chosen:
            self._known = (chosen, _fields_of(chosen))
        return self._known[1]

    @property
    def catalogue(self) -> dict[str, Any]:
        """What the script offers: the fields, and the ops of each kind in words."""
        return {"fields": offered_fields(self.known()), "ops": OFFERED_OPS}

    @property
    def urls(self) -> dict[str, str]:
        """Where the script asks for a campaign's fields, and how many leads match."""
        own = {"campaign_id": self.item.campaign_id} if self.item is not None else {}
        return {name: url_for(f".{name}", **own) for name in ("rule_fields", "matches")}


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


def _fields_of(campaign_id: int | None) -> KnownFields:
    if campaign_id is None:
        return BASE
    try:
        return rule_fields(current_actor(), campaign_id)
    except LeadNexusError:
        return BASE


def _finish(node: Node) -> None:
    for rule in node.rules:
        _finish(rule)
    if not node.match and not (node.name and (any(node.values) or "is_set" in node.op)):
        node.name, node.values = "", []


def _numbers(node: Node) -> Iterator[int]:
    if node.number is not None:
        yield node.number
    for rule in node.rules:
        yield from _numbers(rule)
