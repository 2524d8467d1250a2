"""Contact data made unreadable, for refused posts and for what is shown on the market.

What is not known to be harmless is hidden whole.
"""

import re
from collections.abc import Mapping

HIDDEN = "***"
_SHOWN = frozenset({"state", "country", "industry", "campaign"})
_SAFE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_TOP_LEVEL = re.compile(r"[A-Za-z]{2,10}")
_REGION = re.compile("[^0-9@]{0,40}")
_FEWEST_DIGITS = 7
_NO_DIGIT = re.compile("[^0-9]+")
# ITU-T E.164: the calling codes of one and two digits; all others have three.
_CALLING_CODE = re.compile(
    "[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3}"
)


def mask_email(email: str) -> str:
    """Mask like `a***@e***.org`; what is no address becomes `***`."""
    local, at, domain = email.strip().rpartition("@")
    if not (local and at and domain):
        return HIDDEN
    _, dot, top = domain.rpartition(".")
    end = f".{top}" if dot and _TOP_LEVEL.fullmatch(top) else ""
    return f"{local[0]}{HIDDEN}@{domain[0]}{HIDDEN}{end}"


def mask_phone(phone: str) -> str:
    """Mask like `+1 *** *** **71`; what is too short for a number becomes `***`."""
    digits = _NO_DIGIT.sub("", phone)
    if len(digits) < _FEWEST_DIGITS:
        return HIDDEN
    code = _CALLING_CODE.match(digits) if phone.strip().startswith("+") else None
    return f"{f'+{code[0]} ' if code else ''}*** *** **{digits[-2:]}"


def mask_name(name: str) -> str:
    """Mask like `A***`; a blank name stays blank."""
    return f"{name.strip()[0]}{HIDDEN}" if name.strip() else ""


def mask_contact(contact: Mapping[str, object]) -> dict[str, object]:
    """Mask each value by its name, inner objects too; only region and industry show.

    Names that look like data rather than like a field's name are hidden as well.
    """
    return {
        name if _SAFE_KEY.fullmatch(name) else HIDDEN: _mask(name, value)
        for name, value in contact.items()
    }


def _mask(name: str, value: object) -> object:
    if isinstance(value, Mapping):
        return mask_contact(value)
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, str):
        return HIDDEN
    # A column in the wrong place may have put an address where a state belongs.
    if name in _SHOWN and _REGION.fullmatch(value):
        return value
    masks = {"email": mask_email, "phone": mask_phone} | dict.fromkeys(
        ("first_name", "last_name", "name"), mask_name
    )
    return masks[name](value) if name in masks else HIDDEN
