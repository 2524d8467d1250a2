"""The named transforms of a mapping: each turns one value into one value, or none.

A value that a transform cannot read becomes none: null in JSON, left out in XML.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import phonenumbers
from babel import Locale

from app.gateways.checks.places import (
    STATE_NAMES,
    normalise_country,
    normalise_state,
)

Transform = Callable[[Any], Any]

_CENTS = 100
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_COUNTRIES = Locale("en").territories
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


def moment_of(text: str) -> datetime | None:
    """Read a date or a time of ISO 8601, in UTC; None where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _date(pattern: str) -> Transform:
    def change(value: object) -> str | None:
        moment = moment_of(to_text(value))
        if moment is None:
            return None
        day = moment.date()
        return day.isoformat() if pattern == "iso" else _us(day)

    return change


def _us(day: date) -> str:
    return f"{day.month:02}/{day.day:02}/{day.year:04}"


def _seconds(text: str) -> int | None:
    moment = moment_of(text)
    return None if moment is None else int(moment.timestamp())


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


def _words_but(first: int, last: int | None) -> Transform:
    return lambda value: " ".join(to_text(value).split()[first:last]) or None


def _zip5(text: str) -> str | None:
    found = _ZIP.fullmatch(text.strip())
    return found[1] if found else None


def _state_name(text: str) -> str | None:
    return STATE_NAMES["US"].get(text.strip().upper())


def _state_code(text: str) -> str | None:
    return normalise_state(text, "US") or normalise_state(text, "CA")


def _country_name(text: str) -> str | None:
    code = normalise_country(text)
    return _COUNTRIES.get(code) if code else None


TRANSFORMS: dict[str, Transform] = {
    "all_but_first_word": _words_but(1, None),
    "all_but_last_word": _words_but(0, -1),
    "cents_to_units": _cents_to_units,
    "country_code": _of_text(normalise_country),
    "country_name": _of_text(_country_name),
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
    "state_code": _of_text(_state_code),
    "state_name": _of_text(_state_name),
    "string": to_text,
    "title": _of_text(str.title),
    "trim": _of_text(str.strip),
    "true_false": _one_of(yes=True, no=False),
    "unix_time": _of_text(_seconds),
    "upper": _of_text(str.upper),
    "us_date": _date("us"),
    "y_n": _one_of("Y", "N"),
    "yes_no": _one_of("yes", "no"),
    "zip5": _of_text(_zip5),
}
