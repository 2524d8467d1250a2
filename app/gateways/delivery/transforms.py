"""The named transforms of a mapping: each turns one value into one value, or none.

A value that a transform cannot read becomes none: null in JSON, left out in XML.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import phonenumbers

from app.gateways.checks.places import STATE_NAMES

Transform = Callable[[Any], Any]

_CENTS = 100
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_ZIP = re.compile(r"([0-9]{5})(?:[ -]?[0-9]{4})?")
_YES = frozenset({"1", "true", "yes", "y", "on", "t"})
_NO = frozenset({"0", "false", "no", "n", "off", "f"})


def to_text(value: object) -> str:
    """Return a scalar as text; booleans as JSON writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _of_text(change: Callable[[str], Any]) -> Transform:
    return lambda value: change(to_text(value))


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def _phone(number_format: int) -> Transform:
    def change(value: object) -> str | None:
        try:
            number = phonenumbers.parse(to_text(value), "US")
        except phonenumbers.NumberParseException:
            return None
        return str(phonenumbers.format_number(number, number_format))

    return change


def _national_digits(value: object) -> str | None:
    text = _phone(phonenumbers.PhoneNumberFormat.NATIONAL)(value)
    return None if text is None else _digits(text)


def _date(pattern: str) -> Transform:
    def change(value: object) -> str | None:
        text = to_text(value).strip()
        try:
            moment = datetime.fromisoformat(text)
            day = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError):
            return None
        return day.isoformat() if pattern == "iso" else _us(day)

    return change


def _us(day: date) -> str:
    return f"{day.month:02}/{day.day:02}/{day.year:04}"


def _one_of(yes: str | int, no: str | int) -> Transform:
    def change(value: object) -> str | int | None:
        text = to_text(value).strip().lower()
        if text in _YES:
            return yes
        return no if text in _NO else None

    return change


def _integer(value: object) -> int | None:
    text = to_text(value).strip()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(text) if _INTEGER.fullmatch(text) else None


def _cents_to_units(value: object) -> str | None:
    cents = _integer(value)
    if cents is None:
        return None
    units, rest = divmod(abs(cents), _CENTS)
    return f"{'-' if cents < 0 else ''}{units}.{rest:02}"


def _word(index: int) -> Transform:
    def change(value: object) -> str | None:
        words = to_text(value).split()
        return words[index] if words else None

    return change


def _zip5(text: str) -> str | None:
    found = _ZIP.fullmatch(text.strip())
    return found[1] if found else None


def _state_name(text: str) -> str | None:
    return STATE_NAMES["US"].get(text.strip().upper())


TRANSFORMS: dict[str, Transform] = {
    "cents_to_units": _cents_to_units,
    "date": _date("iso"),
    "digits": _of_text(_digits),
    "e164": _phone(phonenumbers.PhoneNumberFormat.E164),
    "first_word": _word(0),
    "integer": _integer,
    "last_word": _word(-1),
    "lower": _of_text(str.lower),
    "national": _phone(phonenumbers.PhoneNumberFormat.NATIONAL),
    "national_digits": _national_digits,
    "one_zero": _one_of(1, 0),
    "state_name": _of_text(_state_name),
    "string": to_text,
    "title": _of_text(str.title),
    "trim": _of_text(str.strip),
    "upper": _of_text(str.upper),
    "us_date": _date("us"),
    "yes_no": _one_of("yes", "no"),
    "zip5": _of_text(_zip5),
}
