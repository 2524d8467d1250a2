"""The `fields` of a campaign: the list of what it asks for, read strictly."""

import re
from typing import Any

from app.domain.body import why_unstorable
from app.domain.errors import FieldError, InvalidInput
from app.domain.fields import RESERVED

TYPES = (
    "text",
    "email",
    "phone",
    "number",
    "integer",
    "boolean",
    "date",
    "select",
    "multiselect",
    "textarea",
    "zip",
    "state",
    "country",
    "consent",
)
WITH_OPTIONS = ("select", "multiselect")
KEYS = {"name", "label", "type", "required", "options"}
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_FIELDS = 100
MAX_OPTIONS = 500
MAX_LABEL = 200


def check_fields(fields: object) -> None:
    """Check a list of `{name, label, type, required, options}`; null is the standard.

    Raises InvalidInput with every error, named like `fields[2].type`.
    """
    if fields is None:
        return
    if not isinstance(fields, list) or not 0 < len(fields) <= MAX_FIELDS:
        message = f"Send null or a list of 1 to {MAX_FIELDS} fields."
        raise InvalidInput.one("fields", "type", message)
    errors: list[FieldError] = []
    names: set[str] = set()
    for index, item in enumerate(fields):
        path = f"fields[{index}]"
        if not isinstance(item, dict) or not set(item) <= KEYS:
            message = f"Send an object of {', '.join(sorted(KEYS))}."
            errors.append(FieldError(path, "keys", message))
            continue
        errors += _name(item, f"{path}.name", names)
        errors += _label_and_type(item, path)
        errors += _options(item, f"{path}.options")
    if errors:
        raise InvalidInput(errors)


def _name(item: dict[str, Any], path: str, names: set[str]) -> list[FieldError]:
    name = item.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        message = "Use a lower-case letter, then up to 39 letters, digits or _."
        return [FieldError(path, "invalid", message)]
    if name in names:
        return [FieldError(path, "taken", "Each name may stand once.")]
    names.add(name)
    # The consent is a field too, but only as what it is.
    if (name in RESERVED) != (name == item.get("type") == "consent"):
        return [FieldError(path, "reserved", "This name means something else.")]
    if name != "consent" and item.get("type") == "consent":
        return [FieldError(path, "invalid", "The consent's name is consent.")]
    return []


def _label_and_type(item: dict[str, Any], path: str) -> list[FieldError]:
    errors = []
    label, kind = item.get("label"), item.get("type", "text")
    if label is not None and not _is_text(label):
        message = f"Send a text of 1 to {MAX_LABEL} characters."
        errors.append(FieldError(f"{path}.label", "invalid", message))
    if kind not in TYPES:
        message = f"Choose one of {', '.join(TYPES)}."
        errors.append(FieldError(f"{path}.type", "choice", message))
    if not isinstance(item.get("required", False), bool):
        errors.append(FieldError(f"{path}.required", "type", "Send true or false."))
    return errors


def _options(item: dict[str, Any], path: str) -> list[FieldError]:
    options, needed = item.get("options"), item.get("type") in WITH_OPTIONS
    if not options and options in (None, []):
        message = "Send the options to choose from."
        return [FieldError(path, "required", message)] if needed else []
    if not isinstance(options, list) or not all(map(_is_text, options)):
        return [FieldError(path, "type", "Send a list of texts.")]
    if len(options) > MAX_OPTIONS or len(set(options)) < len(options):
        message = f"Send at most {MAX_OPTIONS} options, each once."
        return [FieldError(path, "invalid", message)]
    return []


def _is_text(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value.strip()) <= MAX_LABEL
        and why_unstorable(value) is None
    )
