"""Which fields the leads of a campaign have for filters, and which ops suit each."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.domain.fields import CONTACT, STANDARD, FieldSpec
from app.domain.filter_rules import qualified
from app.domain.states import ValidationStatus

WORD_OPS = ("eq", "ne", "in", "not_in", "contains", "starts_with", "matches", "is_set")
ORDER_OPS = ("gt", "gte", "lt", "lte", "between")
NUMBER_OPS = ("eq", "ne", *ORDER_OPS, "in", "not_in", "is_set")
OWN = "fields."
# The kinds of fields: what is said of them, and what may be asked.
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "word": ("text", WORD_OPS),
    # Text that may spell a number, such as a ZIP code.
    "text": ("text", (*WORD_OPS, *ORDER_OPS)),
    "choice": ("a choice", WORD_OPS),
    "number": ("a number", NUMBER_OPS),
    "date": ("a date", NUMBER_OPS),
    # It passes with every second, so that none equals another.
    "moment": ("a time", (*ORDER_OPS, "is_set")),
    "truth": ("yes or no", ("eq", "ne", "is_set")),
}
KIND_OF_TYPE = {
    "email": "word",
    "phone": "word",
    "state": "word",
    "country": "word",
    "number": "number",
    "integer": "number",
    "boolean": "truth",
    "date": "date",
    "select": "choice",
    "multiselect": "choice",
}


@dataclass(frozen=True)
class KnownField:
    """A field as filters name it; `is_private` may tell who a consumer is."""

    name: str
    label: str
    kind: str
    options: tuple[str, ...] = ()
    is_private: bool = False
    is_asked: bool = True

    @property
    def ops(self) -> tuple[str, ...]:
        """The ops that can match its values."""
        return KINDS[self.kind][1]


@dataclass(frozen=True)
class KnownFields:
    """The fields of a campaign by name; an open one takes answers it never named."""

    by_name: Mapping[str, KnownField]
    is_open: bool = False

    def find(self, name: str) -> KnownField | None:
        """Return the field that a rule names, or None."""
        if found := self.by_name.get(qualified(name)):
            return found
        # Only by its full name: anything else is more likely a slip of the pen.
        if self.is_open and name.startswith(OWN) and (own := name.removeprefix(OWN)):
            return KnownField(name, own, "text", is_private=True, is_asked=False)
        return None


CHECKED = tuple(status.name for status in ValidationStatus)
# What is known of every lead, whatever its campaign asks for.
OF_EVERY_LEAD = (
    KnownField("industry", "Industry", "word"),
    KnownField("score", "Score", "number"),
    KnownField("validation_status", "Checks", "choice", CHECKED),
    KnownField("submitted_at", "Received", "moment"),
    KnownField("source_id", "Source (number)", "number"),
    KnownField("vendor_id", "Vendor (number)", "number", is_private=True),
    KnownField("sub_id", "Sub id", "word", is_private=True),
    KnownField("test", "Test lead", "truth"),
    KnownField("campaign", "Campaign (address name)", "word", is_asked=False),
)
PUBLIC_CONTACT = frozenset({"city", "state", "zip", "country"})
# Of the standard names those that a campaign need not ask for.
MORE = {
    "name": "word",
    "country": "word",
    "company": "word",
    "title": "word",
    "website": "word",
    "notes": "text",
    "revenue": "number",
    "employees": "number",
    "created_at": "date",
}


def known_fields(specs: tuple[FieldSpec, ...], *, is_open: bool) -> KnownFields:
    """Return what filters of a campaign may name: what it asks for comes first."""
    asked = [_asked(spec) for spec in specs if spec.type != "consent"]
    found = {field.name: field for field in asked}
    found |= {field.name: field for field in OF_EVERY_LEAD}
    for spec in STANDARD:
        if spec.name in CONTACT:
            found.setdefault(spec.name, _unasked(spec.name, _kind(spec)))
    for name, kind in MORE.items():
        # An answer of a standard name is found by that name as well.
        own = found.get(f"{OWN}{name}") or _unasked(name, kind)
        found.setdefault(name, replace(own, name=name, is_asked=False))
    return KnownFields(found, is_open)


def _asked(spec: FieldSpec) -> KnownField:
    is_contact = spec.name in CONTACT
    kind = _kind(spec)
    return KnownField(
        spec.name if is_contact else f"{OWN}{spec.name}",
        spec.label,
        kind,
        spec.options,
        is_private=_is_private(spec.name if is_contact else "", spec.type, kind),
    )


def _unasked(name: str, kind: str) -> KnownField:
    label = name.replace("_", " ").capitalize()
    is_private = name not in PUBLIC_CONTACT and kind in ("word", "text")
    return KnownField(name, label, kind, is_private=is_private, is_asked=False)


def _kind(spec: FieldSpec) -> str:
    if spec.name in CONTACT and spec.name != "zip":
        return "word"
    return KIND_OF_TYPE.get(spec.type, "text")


def _is_private(contact: str, kind_of_answer: str, kind: str) -> bool:
    """Say whether it is typed freely, and so may hold a name; no ZIP code does."""
    if contact:
        return contact not in PUBLIC_CONTACT
    return kind_of_answer not in PUBLIC_CONTACT and kind in ("word", "text")
