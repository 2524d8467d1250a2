"""Where a mapped value comes from: a path of the default body, or a literal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.fields import CONTACT

MAX_SOURCE = 500
_ROOTS: Mapping[str, tuple[str, ...]] = {
    "lead_id": (),
    "transaction_id": (),
    "campaign": (),
    "price_cents": (),
    "currency": (),
    "submitted_at": (),
    "score": (),
    "test": (),
    "contact": CONTACT,
    "fields": (),
    "consent": ("text", "given_at", "url", "ip", "certificate_url"),
    "source": ("id", "sub_id"),
}
# What a ping may tell: nothing by which a person could be reached or told apart.
OF_PING = (
    "campaign",
    "currency",
    "state",
    "city",
    "zip",
    "country",
    "industry",
    "score",
    "source_id",
    "sub_id",
    "submitted_at",
    "test",
)
# What opens the partner's door and stands in the body: of `auth`, not of the lead.
AUTH_KEY = ("auth", "key")
# Made of the first and the last name, for who takes them as one.
FULL_NAME = ("full_name",)
_ALIASES = {"full_name": FULL_NAME, "ping.id": ("ping_id",), "auth.key": AUTH_KEY}
_WHOLE_PARTS = frozenset({"contact", "fields", "consent", "source"})


@dataclass(frozen=True)
class Source:
    """A path into the payload, or (without one) a literal."""

    path: tuple[str, ...]
    literal: str = ""

    def find(self, payload: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Return the value, or None where the payload has none."""
        if not self.path:
            return self.literal
        if self.path == FULL_NAME:
            return _full_name(payload)
        found: Any = payload
        for name in self.path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found


def read_source(text: str) -> Source | None:
    """Read `'literal'` (a quote inside is doubled), a contact's field, or a path."""
    if len(text) > MAX_SOURCE:
        return None
    if text.startswith("'"):
        return _literal(text)
    if text in CONTACT:
        return Source(("contact", text))
    if text in _ALIASES:
        return Source(_ALIASES[text])
    root, dot, rest = text.partition(".")
    # An answer's name is its campaign's own, and may itself hold dots.
    is_known = rest in _ROOTS.get(root, ()) or (root == "fields" and rest != "")
    if dot:
        return Source((root, rest)) if is_known else None
    return Source((root,)) if root in _ROOTS else None


def read_ping_source(text: str) -> Source | None:
    """Read `'literal'`, a name of OF_PING, or an answer; contact data is none of it."""
    if len(text) > MAX_SOURCE:
        return None
    if text.startswith("'"):
        return _literal(text)
    root, _, name = text.partition(".")
    if root == "fields" and name:
        return Source((root, name))
    if text == "auth.key":
        return Source(AUTH_KEY)
    return Source((text,)) if text in OF_PING else None


def is_whole_part(source: Source) -> bool:
    """Say whether the source is an object of several values."""
    return len(source.path) == 1 and source.path[0] in _WHOLE_PARTS


def _full_name(payload: Mapping[str, Any]) -> str | None:
    contact = payload.get("contact") or {}
    names = (contact.get("first_name"), contact.get("last_name"))
    return " ".join(name for name in names if name) or None


def _literal(text: str) -> Source | None:
    inside = text[1:-1]
    is_closed = len(text) > 1 and text.endswith("'")
    if not is_closed or "'" in inside.replace("''", ""):
        return None
    return Source((), inside.replace("''", "'"))
