"""Regular expressions in linear time, by RE2: no pattern can stall a worker."""

from typing import Protocol

import re2  # type: ignore[import-untyped]

MAX_PATTERN = 1000


class Regex(Protocol):
    """A compiled pattern."""

    def search(self, text: str, /) -> object | None:
        """Return something true if the pattern is found anywhere in `text`."""


class _Quiet:
    """A pattern over text that may hold lone surrogates, which UTF-8 cannot."""

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.log_errors = False
        options.max_mem = 1 << 20
        self._regex = re2.compile(pattern, options)

    def search(self, text: str, /) -> object | None:
        found: object | None = self._regex.search(text.encode("utf-8", "replace"))
        return found


def compile_regex(pattern: str) -> Regex:
    """Compile an RE2 pattern; raise ValueError saying what is wrong with it."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"At most {MAX_PATTERN} characters")
    try:
        return _Quiet(pattern)
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError("Not a regular expression of RE2") from error
