"""What a body may hold to be stored: sound text, finite numbers, few levels."""

import math
from collections.abc import Mapping

MAX_DEPTH = 20


def why_unstorable(value: object) -> str | None:
    """Return a sentence that says what cannot be stored, or None."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for item in level:
            if isinstance(item, str | float):
                if reason := _bad_value(item):
                    return reason
            elif isinstance(item, Mapping):
                below += item.keys()
                below += item.values()
            elif isinstance(item, list):
                below += item
        level = below
    return f"Nest at most {MAX_DEPTH} levels." if level else None


def _bad_value(value: str | float) -> str | None:
    if isinstance(value, str):
        return _bad_text(value)
    return None if math.isfinite(value) else "Numbers must be finite."


def _bad_text(text: str) -> str | None:
    if "\x00" in text:
        return "Text must not hold NUL characters."
    # A lone surrogate is half a character: it has no UTF-8.
    if not text.isascii() and any(
        "\ud800" <= character <= "\udfff" for character in text
    ):
        return "Text must be whole Unicode characters."
    return None
