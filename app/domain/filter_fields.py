"""Which fields the leads of a campaign have for filters, and which rules suit each.

A rule that can match no lead of the campaign is refused where it is written; what is
compiled (`app.domain.filters`) knows no types.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.domain.errors import FieldError, InvalidInput
from app.domain.fields import CONTACT, STANDARD, FieldSpec
from app.domain.filter_rules import moment, number, plain_text, qualified
from app.domain.states import ValidationStatus

WORD_OPS = ("eq", "ne", "in", "not_in", "contains", "starts_with", "matches", "is_set")
ORDER_OPS = ("gt", "gte", "lt", "lte", "between")
NUMBER_OPS = ("eq", "ne", *ORDER_OPS, "in", "not_in", "is_set")
EQUAL = frozenset({"eq", "ne", "in", "not_in"})
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


def check_rule(rule: object, known: KnownFields, path: str = "filters") -> None:
    """Check a compiled rule's JSON against the fields; null is no rule.

    Raises InvalidInput with every error, each under its path.
    """
    if rule is None:
        return
    errors = [
        error
        for where, leaf in leaves_of(rule, path)
        for error in _errors_of(leaf, where, known)
    ]
    if errors:
        raise InvalidInput(errors)


def leaves_of(rule: Any, path: str = "filters") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Yield each leaf of a sound rule with its path."""
    for name in ("all", "any"):
        for index, inner in enumerate(rule.get(name, ())):
            yield from leaves_of(inner, f"{path}.{name}[{index}]")
    if "not" in rule:
        yield from leaves_of(rule["not"], f"{path}.not")
    if "field" in rule:
        yield path, rule


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


def _errors_of(
    leaf: Mapping[str, Any], path: str, known: KnownFields
) -> Iterator[FieldError]:
    field = known.find(leaf["field"])
    op, value = leaf["op"], leaf.get("value")
    if field is None:
        said = f"The campaign has no field {leaf['field']}."
        if known.is_open:
            said += f" An answer that it does not ask for is {OWN}{leaf['field']}."
        yield FieldError(f"{path}.field", "unknown", said)
        return
    what, ops = KINDS[field.kind]
    if op not in ops:
        said = f"{field.label} is {what}: use one of {', '.join(ops)}."
        yield FieldError(f"{path}.op", "kind", said)
        return
    if op == "is_set":
        return
    suits = SUITS.get(field.kind)
    values = value if isinstance(value, list) else [value]
    if suits and (wrong := suits(field, op, values)):
        yield FieldError(f"{path}.value", "kind", wrong)


def _number(_: KnownField, __: str, values: list[Any]) -> str | None:
    if all(number(each) is not None for each in values):
        return None
    return "Give a number." if len(values) == 1 else "Give numbers."


def _date(_: KnownField, op: str, values: list[Any]) -> str | None:
    # Equal dates are equal texts, so that an hour would never match.
    wrong = any(
        not isinstance(each, str)
        or moment(each) is None
        or (op in EQUAL and len(each.strip()) != len("2026-11-21"))
        for each in values
    )
    return "Give a date, like 2026-11-21." if wrong else None


def _moment(_: KnownField, __: str, values: list[Any]) -> str | None:
    if all(isinstance(each, str) and moment(each) for each in values):
        return None
    return "Give a date or a time, like 2026-11-21 or 2026-11-21T09:00:00Z."


def _truth(_: KnownField, __: str, values: list[Any]) -> str | None:
    if all(plain_text(each) in ("true", "false") for each in values):
        return None
    return "Give true or false."


def _choice(field: KnownField, op: str, values: list[Any]) -> str | None:
    if op not in EQUAL or not field.options:
        return None
    options = {plain_text(option) for option in field.options}
    spelt = {number(option) for option in field.options} - {None}
    for each in values:
        # A number equals text that spells it, as it does to the compiled rule.
        same = not isinstance(each, (str, bool)) and number(each) in spelt
        if not same and plain_text(each) not in options:
            return f"{each} is none of its options: {_some(field.options)}."
    return None


def _some(options: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(options) - most} more" if len(options) > most else ""
    return ", ".join(options[:most]) + more


SUITS: Mapping[str, Callable[[KnownField, str, list[Any]], str | None]] = {
    "number": _number,
    "date": _date,
    "moment": _moment,
    "truth": _truth,
    "choice": _choice,
}
