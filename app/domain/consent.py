"""What a consent must say to be proof: its text, when, where and from where."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.errors import FieldError

AHEAD = timedelta(minutes=5)
MAX_TEXT = 10_000
MAX_URL = 2000
_UNPRINTED = re.compile(r"[\s\x00-\x1f]")


def read_consent(
    raw: object, now: datetime, *, required: bool
) -> tuple[dict[str, Any] | None, list[FieldError]]:
    """Return the consent as kept (times in UTC, RFC 3339) and its bad fields."""
    if raw is None or raw == {}:
        message = "Consent is required: its text and when it was given."
        return None, [FieldError("consent", "required", message)] if required else []
    if not isinstance(raw, Mapping):
        message = "Send an object with text and given_at."
        return None, [FieldError("consent", "invalid", message)]
    errors: list[FieldError] = []
    kept = {
        "text": _text(raw, errors),
        "given_at": _given_at(raw.get("given_at"), now, errors),
        "url": _url(raw, "url", errors),
        "ip": _address(raw.get("ip"), errors),
        "certificate_url": _url(raw, "certificate_url", errors),
    }
    return kept, errors


def _bad(errors: list[FieldError], name: str, code: str, message: str) -> None:
    errors.append(FieldError(f"consent.{name}", code, message))


def _text(raw: Mapping[str, Any], errors: list[FieldError]) -> str | None:
    text = raw.get("text")
    if not isinstance(text, str) or not text.strip():
        _bad(errors, "text", "required", "Send the text that was agreed to.")
        return None
    if len(text) > MAX_TEXT or "\x00" in text:
        _bad(errors, "text", "too_long", f"Send at most {MAX_TEXT} characters.")
        return None
    return text.strip()


def _given_at(value: object, now: datetime, errors: list[FieldError]) -> str | None:
    example = "Send a time with its zone, like 2026-11-20T10:00:00Z."
    if not isinstance(value, str):
        _bad(errors, "given_at", "required" if value is None else "invalid", example)
        return None
    if (given := _moment(value)) is None:
        _bad(errors, "given_at", "invalid", example)
        return None
    if given > now + AHEAD:
        _bad(errors, "given_at", "in_future", "The consent lies in the future.")
        return None
    return given.isoformat().replace("+00:00", "Z")


def _moment(value: str) -> datetime | None:
    """Return the moment in UTC that the text names with its zone, or None."""
    try:
        given = datetime.fromisoformat(value)
        return given.astimezone(UTC) if given.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _url(raw: Mapping[str, Any], name: str, errors: list[FieldError]) -> str | None:
    value = raw.get(name)
    if value is None or value == "":
        return None
    if (
        not isinstance(value, str)
        or len(value) > MAX_URL
        or not value.lower().startswith(("https://", "http://"))
        or _UNPRINTED.search(value)
    ):
        _bad(errors, name, "invalid", "Send an address that starts with https://.")
        return None
    return value


def _address(value: object, errors: list[FieldError]) -> str | None:
    if value is None or value == "":
        return None
    try:
        return str(ipaddress.ip_address(str(value).strip()))
    except ValueError:
        _bad(errors, "ip", "invalid", "Send an IP address, like 203.0.113.9.")
        return None
