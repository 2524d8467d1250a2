"""What a campaign asks: its fields, and the check of one enquiry's answers.

A post's standard contact fields stand at its top; the campaign's own answers under
`fields`. What nobody declared is kept aside, never lost.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.domain.errors import FieldError

CONTACT = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
    "city",
    "state",
    "zip",
    "country",
)
RESERVED = ("industry", "fields", "test", "sub_id", "consent")
NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")
MAX_TEXT = 5000
MAX_ANSWERS = 200
# Of these types no answer is a name, an address or free text.
OPEN_TYPES = ("number", "integer", "boolean", "date", "select", "multiselect")
WRONG_TYPE = {
    "number": "send a number.",
    "integer": "send a whole number.",
    "boolean": "send true or false.",
}


class _Bad(Exception):  # noqa: N818 - private, never leaves the module
    """What an answer should have been."""


@dataclass(frozen=True)
class FieldSpec:
    """One field that a campaign asks for."""

    name: str
    label: str
    type: str = "text"
    required: bool = False
    options: tuple[str, ...] = ()


STANDARD = (
    FieldSpec("first_name", "First name"),
    FieldSpec("last_name", "Last name"),
    FieldSpec("email", "Email", "email"),
    FieldSpec("phone", "Phone", "phone"),
    FieldSpec("address", "Street address"),
    FieldSpec("city", "City"),
    FieldSpec("state", "State", "state"),
    FieldSpec("zip", "ZIP code", "zip"),
    FieldSpec("consent", "Consent", "consent", required=True),
)


def read_specs(stored: object) -> tuple[FieldSpec, ...]:
    """Return a campaign's fields as stored; null stands for the standard ones."""
    if not isinstance(stored, list):
        return STANDARD
    return tuple(
        FieldSpec(
            name=item["name"],
            label=item.get("label") or item["name"],
            type=item.get("type") or "text",
            required=bool(item.get("required")),
            options=tuple(item.get("options") or ()),
        )
        for item in stored
    )


def split_body(
    specs: tuple[FieldSpec, ...], body: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Part a body into contact fields, answers, and what nobody declared."""
    own = {spec.name for spec in specs} - set(CONTACT)
    nested = body.get("fields")
    answers = dict(nested) if isinstance(nested, Mapping) else {}
    contact: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in body.items():
        if name in CONTACT:
            contact[name] = value
        elif name in RESERVED:
            continue
        elif name in own:
            answers.setdefault(name, value)
        else:
            extra[name] = value
    return contact, answers, extra


def check_answers(
    specs: tuple[FieldSpec, ...],
    contact: Mapping[str, Any],
    answers: Mapping[str, Any],
    *,
    as_text: bool,
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the answers in their types, and every field that is bad or missing.

    `contact` is the normalised contact: only whether it is there is checked here. A
    form sends everything `as_text`; in JSON "25" is no number.
    """
    errors: list[FieldError] = []
    values = dict(answers)
    if len(values) > MAX_ANSWERS:
        message = f"Send at most {MAX_ANSWERS} answers."
        errors.append(FieldError("fields", "too_many", message))
    for spec in specs:
        if spec.name == "consent":
            continue
        if spec.name in CONTACT:
            if spec.required and not contact.get(spec.name):
                errors.append(_missing(spec.name, spec.label))
            continue
        _check_answer(spec, values, errors, as_text=as_text)
    named = {error.field for error in errors}
    more = [error for error in _reachable(specs, contact) if error.field not in named]
    return values, errors + more


def open_answers(
    specs: tuple[FieldSpec, ...], answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answers that tell of nobody: a choice, a number, a date, a place.

    What was answered when the campaign asked for something else is left out.
    """
    return {
        spec.name: answers[spec.name]
        for spec in specs
        if spec.type in OPEN_TYPES and _is_answer(spec, answers.get(spec.name))
    }


def _is_answer(spec: FieldSpec, value: object) -> bool:
    if value is None or value == "":
        return False
    try:
        READERS[spec.type](value, spec)
    except _Bad:
        return False
    return True


def _check_answer(
    spec: FieldSpec, values: dict[str, Any], errors: list[FieldError], *, as_text: bool
) -> None:
    name = f"fields.{spec.name}"
    value = values.get(spec.name)
    if value is None or (isinstance(value, str) and not value.strip()):
        if spec.required:
            errors.append(_missing(name, spec.label))
        return
    try:
        values[spec.name] = _read(spec, value, as_text=as_text)
    except _Bad as error:
        errors.append(FieldError(name, "invalid", f"{spec.label}: {error}"))


def _read(spec: FieldSpec, value: object, *, as_text: bool) -> object:
    if spec.type in WRONG_TYPE and isinstance(value, str) != as_text:
        raise _Bad(WRONG_TYPE[spec.type])
    return READERS.get(spec.type, _text)(value, spec)


def _missing(name: str, label: str) -> FieldError:
    return FieldError(name, "required", f"{label} is required.")


def _reachable(
    specs: tuple[FieldSpec, ...], contact: Mapping[str, Any]
) -> list[FieldError]:
    """Ask for an email or a phone wherever the campaign asks for either."""
    asked = {spec.name for spec in specs} & {"email", "phone"}
    if not asked or contact.get("email") or contact.get("phone"):
        return []
    name = "email" if "email" in asked else "phone"
    return [FieldError(name, "required", "Give an email address or a phone number.")]


def _text(value: object, _: FieldSpec) -> str:
    if not isinstance(value, str):
        raise _Bad("send a text.")
    text = value.strip()
    if len(text) > MAX_TEXT or "\x00" in text:
        raise _Bad(f"send at most {MAX_TEXT} characters.")
    return text


def _number(value: object, _: FieldSpec) -> int | float | str:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _Bad("send a number.")
    if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
        raise _Bad("send a number, like 12 or 12.5.")
    return value.strip() if isinstance(value, str) else value


def _integer(value: object, _: FieldSpec) -> int:
    if isinstance(value, str) and NUMBER.fullmatch(value) and "." not in value:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Bad("send a whole number.")
    return value


def _boolean(value: object, _: FieldSpec) -> bool:
    words = {"true": True, "yes": True, "1": True, "on": True}
    words |= {"false": False, "no": False, "0": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise _Bad("send true or false.")


def _date(value: object, spec: FieldSpec) -> str:
    try:
        return date.fromisoformat(_text(value, spec)).isoformat()
    except ValueError as error:
        raise _Bad("send a date, like 2026-11-21.") from error


def _select(value: object, spec: FieldSpec) -> str:
    text = _text(value, spec)
    known = {option.lower(): option for option in spec.options}
    if text.lower() not in known:
        raise _Bad(f"choose one of {', '.join(spec.options)}.")
    return known[text.lower()]


def _multiselect(value: object, spec: FieldSpec) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [_select(item, spec) for item in items]


READERS = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "select": _select,
    "multiselect": _multiselect,
}
