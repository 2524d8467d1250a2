"""Email addresses and phone numbers in the one form that is stored and compared.

The libraries know every case and take 80 us over the plainest; what is plainly good is
let through by two expressions, which a test holds to the libraries' answers.
"""

import re
from typing import Any

import phonenumbers
from disposable_email_domains import blocklist
from email_validator import (
    SPECIAL_USE_DOMAIN_NAMES,
    EmailNotValidError,
    validate_email,
)
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

_RISKY_TYPES = {
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "personal_number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company_number",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,18}"
)
_PLAIN_LENGTH = 64
_SPECIAL = tuple(SPECIAL_USE_DOMAIN_NAMES)
_US: Any = PhoneMetadata.metadata_for_region("US")
_PLAIN_PHONE = re.compile(rf"\+1(?:{_US.fixed_line.national_number_pattern})", re.ASCII)
_DISPOSABLE: frozenset[str] = frozenset(blocklist)


def normalise_email(text: str) -> tuple[str, str] | str:
    """Return the address as stored and as compared (wholly lower-cased).

    A text instead is a problem's code: `invalid_email` or `disposable_email`.
    """
    if len(text) <= _PLAIN_LENGTH and _PLAIN_EMAIL.fullmatch(text):
        domain = text.rpartition("@")[2]
        if not domain.endswith(_SPECIAL):
            return "disposable_email" if is_disposable(domain) else (text, text)
    try:
        found = validate_email(text, check_deliverability=False, strict=True)
    except (EmailNotValidError, UnicodeError):
        return "invalid_email"
    if is_disposable(found.ascii_domain):
        return "disposable_email"
    return found.normalized, found.normalized.lower()


def is_disposable(domain: str) -> bool:
    """Say whether an ASCII domain, or one it lies under, gives out throw-away mail."""
    rest = domain.lower()
    while "." in rest:
        if rest in _DISPOSABLE:
            return True
        rest = rest.partition(".")[2]
    return False


def normalise_phone(text: str, country: str) -> str | None:
    """Return a number in E.164, or None if the country has no such number."""
    if _PLAIN_PHONE.fullmatch(text):
        return text
    number = _read(text, country)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def why_risky_phone(e164: str) -> str | None:
    """Return the code of a kind of number that is seldom a person's own, or None."""
    number = _read(e164, None)
    return _RISKY_TYPES.get(phonenumbers.number_type(number)) if number else None


def _read(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
