"""From a page's fields to its inputs, and from its form to the body of the intake."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from app.domain.errors import FieldError
from app.domain.fields import CONTACT, FieldSpec
from app.services.pages import PublicPage

AUTOCOMPLETE = {
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "phone": "tel",
    "address": "street-address",
    "city": "address-level2",
    "state": "address-level1",
    "zip": "postal-code",
    "country": "country",
}
INPUT_TYPES = {"email": "email", "phone": "tel", "date": "date"}
INPUT_MODES = {
    "email": "email",
    "phone": "tel",
    "number": "decimal",
    "integer": "numeric",
}
HELP = {
    "phone": "Any format. The firms that answer your enquiry call you here.",
    "zip": "Like 94105.",
    "state": "Like CA.",
}

REACHED_BY = {"email", "phone"}
EITHER = "An email address or a phone number is enough."


@dataclass(frozen=True)
class Input:
    """One input of a page, with what was typed and what is wrong with it."""

    name: str
    label: str
    kind: str
    type: str
    required: bool
    is_optional: bool
    options: tuple[str, ...]
    autocomplete: str | None
    inputmode: str | None
    help: str
    values: tuple[str, ...] = ()
    error: str = ""

    @property
    def value(self) -> str:
        """The typed text of an input that takes one."""
        return self.values[0] if self.values else ""


def inputs_of(
    page: PublicPage, form: MultiDict[str, str], errors: list[FieldError]
) -> list[Input]:
    """Return the page's inputs with the typed values, errors at their fields."""
    either = _one_of_two(page.specs)
    return [_input(spec, form, errors, either) for spec in page.specs]


def body_of(
    page: PublicPage, form: MultiDict[str, str], url: str, address: str | None
) -> dict[str, Any]:
    """Return the intake's body; the consent is what was shown, where, when, to whom."""
    body: dict[str, Any] = {"fields": {}}
    for spec in page.specs:
        typed = [value for value in form.getlist(spec.name) if value.strip()]
        if not typed:
            continue
        if spec.name == "consent":
            body["consent"] = _consent(page, url, address)
        elif spec.name in CONTACT:
            body[spec.name] = typed[0]
        else:
            many = spec.type == "multiselect"
            body["fields"][spec.name] = typed if many else typed[0]
    return body


def _one_of_two(specs: tuple[FieldSpec, ...]) -> frozenset[str]:
    """Return email and phone where neither is required, since one of them is."""
    asked = {spec.name for spec in specs} & REACHED_BY
    needed = any(spec.required for spec in specs if spec.name in REACHED_BY)
    return frozenset() if needed else frozenset(asked)


def _consent(page: PublicPage, url: str, address: str | None) -> dict[str, Any]:
    return {
        "text": page.consent_text,
        "given_at": datetime.now(UTC).isoformat(),
        "url": url,
        "ip": address,
        "certificate_url": None,
    }


def _input(
    spec: FieldSpec,
    form: MultiDict[str, str],
    errors: list[FieldError],
    either: frozenset[str],
) -> Input:
    kinds = {
        "consent": "consent",
        "boolean": "check",
        "select": "select",
        "multiselect": "many",
        "textarea": "area",
    }
    kind = "consent" if spec.name == "consent" else kinds.get(spec.type, "text")
    own = (spec.name, f"fields.{spec.name}")
    said = (e.message for e in errors if e.field in own or _is_of(e, spec.name))
    return Input(
        name=spec.name,
        label=spec.label,
        kind=kind,
        type=INPUT_TYPES.get(spec.type, "text"),
        required=spec.required,
        is_optional=not spec.required and spec.name not in either,
        options=spec.options,
        autocomplete=AUTOCOMPLETE.get(spec.name),
        inputmode=INPUT_MODES.get(spec.type),
        help=EITHER
        if spec.name == "email" and spec.name in either
        else HELP.get(spec.name, ""),
        values=tuple(form.getlist(spec.name)),
        error=_words(next(said, ""), spec),
    )


def _is_of(error: FieldError, name: str) -> bool:
    return name == "consent" and error.field.startswith("consent.")


def _words(message: str, spec: FieldSpec) -> str:
    """Say to a consumer what the intake says to a program."""
    if message and spec.name == "consent":
        return "Please tick this box so that we may pass your enquiry on."
    return message
