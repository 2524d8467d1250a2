"""What the audit log may say of a value: readable, short, no contact data, no secret.

Callers hand over ids and plain facts; this is the last line behind them.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from urllib.parse import urlsplit, urlunsplit

from app.domain.masking import HIDDEN, mask_email, mask_phone

MOST = 2000
SET, CHANGED = "set", "changed"
_SECRET = re.compile(
    r"(?i)(^|_)(passwords?|secrets?|tokens?|api_?keys?|authorization|credentials?)$"
)
_EMAIL = re.compile(r"[^\s@<>\"',;:()]+@[^\s@<>\"',;:()]+")
# Internationally written numbers, and those of North America with their separators.
_PHONE = re.compile(
    r"(?<![\w+])(\+[\d(][\d\s().-]{5,}\d|\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}|\d{10,})(?!\w)"
)


def differences(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return what differs, before and after; of objects only their differing parts.

    A secret says no more than that it was set, and that it changed.
    """
    old: dict[str, object] = {}
    new: dict[str, object] = {}
    for name in {**before, **after}:
        was, is_ = before.get(name), after.get(name)
        if was == is_:
            continue
        if isinstance(was, Mapping) and isinstance(is_, Mapping):
            inner = differences(was, is_)
            old |= {f"{name}.{key}": value for key, value in inner[0].items()}
            new |= {f"{name}.{key}": value for key, value in inner[1].items()}
        elif isinstance(was, bytes) or isinstance(is_, bytes) or _SECRET.search(name):
            old[name] = None if was is None else SET
            new[name] = None if is_ is None else SET if was is None else CHANGED
        else:
            old[name], new[name] = was, is_
    return old, new


def evidence(facts: Mapping[str, object] | None) -> dict[str, object] | None:
    """Return the facts as JSON that may be kept for ever; null stays null."""
    if facts is None:
        return None
    return {str(name): _short(_clean(str(name), facts[name])) for name in facts}


def _clean(name: str, value: object) -> object:
    if _SECRET.search(name) and value not in (None, SET, CHANGED):
        return HIDDEN
    if isinstance(value, str):
        return _text(name, value)
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, inner) for inner in value]
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value) if isinstance(value, Decimal) else SET


def _text(name: str, value: str) -> str:
    if name == "source" and value.startswith("'"):
        return "'…'"  # a mapping's literal may be the key of a partner's system
    if value.startswith(("http://", "https://")):
        value = _address(value)
    value = _EMAIL.sub(lambda found: mask_email(found[0]), value)
    return _PHONE.sub(lambda found: mask_phone(found[0]), value)


def _address(url: str) -> str:
    """Return the URL without its log-in and query, where partners put keys."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    host = parts.netloc.rpartition("@")[2]
    query = HIDDEN if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def _short(value: object) -> object:
    """Return a long value as its length and a digest that tells it from another."""
    written = json.dumps(value, ensure_ascii=False, sort_keys=True)
    if len(written) <= MOST:
        return value
    digest = hashlib.sha256(written.encode()).hexdigest()[:16]
    return {"length": len(written), "sha256": digest}
