"""What a body may hold to be stored: sound text, finite numbers, few levels."""

import math
from collections.abc import Mapping

MAX_DEPTH = 20


def why_unstorable(value: object, depth: int = 0) -> str | None:
    """Return a sentence that says what cannot be stored, or None."""
    if depth > MAX_DEPTH:
        return f"Nest at most {MAX_DEPTH} levels."
    if isinstance(value, str):
        return _bad_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "Numbers must be finite."
    if isinstance(value, Mapping):
        items = [part for pair in value.items() for part in pair]
    elif isinstance(value, list):
        items = value
    else:
        return None
    return next((r for i in items if (r := why_unstorable(i, depth + 1))), None)


def _bad_text(text: str) -> str | None:
    if "\x00" in text:
        return "Text must not hold NUL characters."
    # A lone surrogate is half a character: it has no UTF-8.
    if not text.isascii() and any(
        "\ud800" <= character <= "\udfff" for character in text
    ):
        return "Text must be whole Unicode characters."
    return None
