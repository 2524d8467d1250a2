"""The compiled rules of a filter, which say why a lead fails.

Text compares without case and outer blanks, numbers by value, dates by time, and a
blank value only satisfies `ne`, `not_in` and `is_set` false. A lead's values never
leave this module.
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import lru_cache

STANDARD_FIELDS = frozenset(
    {"first_name", "last_name", "name", "email", "phone", "address", "city", "state"}
    | {"zip", "country", "industry", "company", "title", "website", "revenue"}
    | {"employees", "notes", "created_at", "sub_id", "test", "score", "campaign"}
    | {"source_id", "vendor_id", "validation_status", "submitted_at"}
)
MAX_LABEL = 120
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(rf"{_DATE.pattern}[Tt ][0-9]{{2}}:[0-9]{{2}}\S{{0,30}}")

Number = int | float | Decimal
Scalar = str | Number
Test = Callable[[Scalar], bool]


class Filter(ABC):
    """One rule or a group of rules."""

    label: str

    @abstractmethod
    def why_not(self, values: Mapping[str, object]) -> str | None:
        """Return None if the lead matches, else which rule fails: its field and op.

        `values` is flat: standard fields by name, the campaign's as `fields.<name>`.
        """

    @abstractmethod
    def fields(self) -> frozenset[str]:
        """Name every field that the rules look at."""


@dataclass(frozen=True)
class Leaf(Filter):
    """A test that any of the field's values may pass; `inverted` asks for none to."""

    field: str
    label: str
    test: Test
    inverted: bool = False

    def why_not(self, values: Mapping[str, object]) -> str | None:
        """Test the field's value, or each one of a multiple choice."""
        value = values.get(self.field)
        if isinstance(value, (list, tuple, set, frozenset)):
            found = any(self._passes(element) for element in value)
        else:
            found = self._passes(value)
        return self.label if found is self.inverted else None

    def fields(self) -> frozenset[str]:
        """Name the field."""
        return frozenset({self.field})

    def _passes(self, value: object) -> bool:
        if isinstance(value, str):
            return not is_blank(value) and self.test(value)
        if isinstance(value, Number):
            return self.test(value)
        return (
            value is not None
            and not isinstance(value, Mapping)
            and self.test(str(value))
        )


@dataclass(frozen=True)
class All(Filter):
    """Every rule must match; the first that does not is the reason."""

    rules: tuple[Filter, ...]
    label: str

    def why_not(self, values: Mapping[str, object]) -> str | None:
        """Return the first failure."""
        for rule in self.rules:
            if failed := rule.why_not(values):
                return failed
        return None

    def fields(self) -> frozenset[str]:
        """Name the fields of all rules."""
        return frozenset().union(*(rule.fields() for rule in self.rules))


@dataclass(frozen=True)
class Any(Filter):
    """One rule must match."""

    rules: tuple[Filter, ...]
    label: str

    def why_not(self, values: Mapping[str, object]) -> str | None:
        """Return the whole group as the reason."""
        if any(rule.why_not(values) is None for rule in self.rules):
            return None
        return self.label

    def fields(self) -> frozenset[str]:
        """Name the fields of all rules."""
        return frozenset().union(*(rule.fields() for rule in self.rules))


@dataclass(frozen=True)
class Not(Filter):
    """The rule must fail."""

    rule: Filter
    label: str

    def why_not(self, values: Mapping[str, object]) -> str | None:
        """Return the rule, marked as unwanted."""
        return self.label if self.rule.why_not(values) is None else None

    def fields(self) -> frozenset[str]:
        """Name the rule's fields."""
        return self.rule.fields()


def qualified(field: str) -> str:
    """Return the name under which a lead's values hold the field."""
    return field if field in STANDARD_FIELDS or "." in field else f"fields.{field}"


def shortened(label: str) -> str:
    """Cut a label to what fits a reason."""
    return label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"


def is_blank(text: str) -> bool:
    """Say whether text has nothing but blanks."""
    return not text or text.isspace()


# A lead's values are read again for every subscription, and True is not 1.
_read_once = lru_cache(maxsize=1024, typed=True)


@_read_once
def plain_text(value: Scalar) -> str:
    """Return the value as text for comparing: composed, stripped, without case."""
    return unicodedata.normalize("NFC", str(value)).strip().casefold()


@_read_once
def number(value: Scalar) -> Decimal | None:
    """Return the number that a value is or spells, or None; never raises."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    text = value.strip() if isinstance(value, str) else str(value)
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def moment(value: Scalar, *, at_end: bool = False) -> datetime | None:
    """Return the time that text spells, or None; of a date its day's begin or end.

    What names no offset is UTC.
    """
    text = value.strip() if isinstance(value, str) else ""
    is_date = _DATE.fullmatch(text) is not None
    if not is_date and _MOMENT.fullmatch(text) is None:
        return None
    try:
        found = datetime.fromisoformat(text.upper())
        if is_date and at_end:
            found = datetime.combine(found, time.max)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
