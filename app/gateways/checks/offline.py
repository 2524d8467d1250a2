"""The checks that need no network: what a contact must be to be stored at all.

Every problem is told at once, each with the fix, and none quotes what was sent.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from app.domain.errors import FieldError
from app.domain.fields import CONTACT
from app.gateways.checks.contact import (
    normalise_email,
    normalise_phone,
    why_risky_phone,
)
from app.gateways.checks.places import (
    STATE_NAMES,
    normalise_country,
    normalise_postcode,
    normalise_state,
    state_of_zip,
    zip_fits_state,
)
from app.gateways.checks.result import CheckResult, Verdict

__all__ = ["Offline", "read_contact", "run_offline", "state_of_zip"]

NAME = "offline"
MAX_LENGTH = {
    "first_name": 100,
    "last_name": 100,
    "email": 254,
    "phone": 50,
    "address": 200,
    "city": 100,
    "state": 100,
    "zip": 20,
    "country": 100,
}
MESSAGES = {
    "type": "Send this as text.",
    "bad_characters": "Leave out control characters.",
    "invalid_email": "Send a whole email address, like name@example.com.",
    "disposable_email": "Send an email address that is not a throw-away one.",
    "invalid_phone": "Send a number that can be called, like +1 415 555 2671.",
    "unknown_country": "Send the country's two-letter code, like US.",
    "unknown_state": "Send the code or name of a state of that country, like CA.",
    "invalid_postcode": "Send a postcode as that country writes it, like 94105.",
    "zip_state_mismatch": "This ZIP code lies in another state; correct one of them.",
}
# Line breaks and tabs are white space; the rest of these have no place in a contact.
_BAD = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_PARTS = {
    "email": ("email",),
    "phone": ("phone",),
    "address": ("address", "city", "state", "zip"),
}
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")

Contact = dict[str, str | None]


def read_contact(
    raw: Mapping[str, object], default_country: str = "US"
) -> tuple[Contact, list[FieldError]]:
    """Return the contact in its stored form, and every bad field.

    The contact has every name of CONTACT, None where blank or bad, and besides
    `email_compared`. Without a country it is in `default_country`.
    """
    errors: list[FieldError] = []
    contact: Contact = {name: _clean(name, raw.get(name), errors) for name in CONTACT}
    contact["email_compared"] = None
    _read_country(contact, default_country, errors)
    _read_email(contact, errors)
    _read_phone(contact, errors)
    _read_place(contact, errors)
    return contact, errors


def run_offline(check: str, contact: Mapping[str, object]) -> CheckResult:
    """Run one check over a contact; what is blank gives `unknown`."""
    verdict, reasons = _judge(check, contact)
    return CheckResult(check, NAME, verdict, reasons)


class Offline:
    """The offline checks as a provider."""

    name = NAME

    def run(self, check: str, contact: Mapping[str, object]) -> CheckResult:
        """Run one check; it costs nothing."""
        return run_offline(check, contact)


def _clean(name: str, value: object, errors: list[FieldError]) -> str | None:
    """Return a text with its white space collapsed, in NFC; None where blank or bad."""
    if value is None:
        return None
    if not isinstance(value, str):
        _bad(errors, name, "type")
        return None
    most = MAX_LENGTH[name]
    is_plain = value.isascii() and value.isprintable()
    if len(value) > 2 * most:
        text = value  # nothing is gained by cleaning what is far too long
    else:
        text = " ".join((value if is_plain else _INVISIBLE.sub("", value)).split())
    if len(text) > most:
        message = f"Send at most {most} characters."
        errors.append(FieldError(name, "too_long", message))
        return None
    if is_plain:
        return text or None
    if _BAD.search(value):
        _bad(errors, name, "bad_characters")
        return None
    return unicodedata.normalize("NFC", text)[:most] or None


def _read_country(contact: Contact, default: str, errors: list[FieldError]) -> None:
    given = contact["country"]
    contact["country"] = default if given is None else normalise_country(given)
    if contact["country"] is None:
        _bad(errors, "country", "unknown_country")


def _read_email(contact: Contact, errors: list[FieldError]) -> None:
    given = contact["email"]
    if given is None:
        return
    found = normalise_email(given)
    if isinstance(found, str):
        contact["email"] = None
        _bad(errors, "email", found)
    else:
        contact["email"], contact["email_compared"] = found


def _read_phone(contact: Contact, errors: list[FieldError]) -> None:
    given = contact["phone"]
    if given is None:
        return
    contact["phone"] = normalise_phone(given, contact["country"] or "US")
    if contact["phone"] is None:
        _bad(errors, "phone", "invalid_phone")


def _read_place(contact: Contact, errors: list[FieldError]) -> None:
    country, state, postcode = contact["country"], contact["state"], contact["zip"]
    if country is None:
        return
    if state is not None:
        contact["state"] = normalise_state(state, country)
        if contact["state"] is None:
            _bad(errors, "state", "unknown_state")
    if postcode is not None:
        contact["zip"] = normalise_postcode(postcode, country)
        # Every ZIP in use lies in a state; one that lies in none was made up.
        if contact["zip"] is None or (country == "US" and not _state(contact)):
            contact["zip"] = None
            _bad(errors, "zip", "invalid_postcode")
    state, postcode = contact["state"], contact["zip"]
    if state and postcode and not zip_fits_state(postcode, state, country):
        _bad(errors, "zip", "zip_state_mismatch")


def _state(contact: Contact) -> str:
    return state_of_zip(contact["zip"] or "", "US")


def _bad(errors: list[FieldError], name: str, code: str) -> None:
    errors.append(FieldError(name, code, MESSAGES[code]))


def _judge(
    check: str, contact: Mapping[str, object]
) -> tuple[Verdict, tuple[str, ...]]:
    if check == "consent":
        return _judge_consent(contact.get("consent"))
    names = _PARTS.get(check)
    if names is None:
        return "error", ("no_such_check",)
    if not any(contact.get(name) for name in names):
        return "unknown", ("missing",)
    kept, errors = _read_once(tuple(map(_hashable, map(contact.get, CONTACT))))
    if codes := tuple(error.code for error in errors if error.field in names):
        return "invalid", codes
    return _judge_kept(check, kept)


# The checks of one lead come one after the other and read the same contact.
@lru_cache(maxsize=1)
def _read_once(values: tuple[object, ...]) -> tuple[Contact, list[FieldError]]:
    return read_contact(dict(zip(CONTACT, values, strict=True)))


def _hashable(value: object) -> object:
    """Return a text or None as it is; what is neither is as bad as any number."""
    return value if value is None or isinstance(value, str) else 0


def _judge_kept(check: str, kept: Contact) -> tuple[Verdict, tuple[str, ...]]:
    if check == "phone" and (why := why_risky_phone(kept["phone"] or "")):
        return "risky", (why,)
    has_states = kept["country"] in STATE_NAMES
    needed = _PARTS[check] if has_states or check != "address" else ("address", "city")
    return (
        ("valid", ()) if all(kept[n] for n in needed) else ("unknown", ("incomplete",))
    )


def _judge_consent(consent: object) -> tuple[Verdict, tuple[str, ...]]:
    if not isinstance(consent, Mapping) or not consent:
        return "invalid", ("missing",)
    if not consent.get("text") or not consent.get("given_at"):
        return "invalid", ("incomplete",)
    return "valid", ()
