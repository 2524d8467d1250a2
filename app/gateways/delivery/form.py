"""A form as a partner receives it: URL-encoded UTF-8, a missing value is left out.

Names within names are joined by dots, and a list repeats its name; the objects of a
list are numbered, like `items[0].kind`.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from app.gateways.delivery.transforms import to_text

CONTENT_TYPE = "application/x-www-form-urlencoded"


def body(content: Mapping[str, Any]) -> bytes:
    """Return the content as one form."""
    pairs = list(_pairs("", content))
    return urlencode(pairs, encoding="utf-8", errors="replace").encode()


def _pairs(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(f"{name}.{key}" if name else key, inner)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            # What belongs together could not be told apart by a name that repeats.
            is_whole = isinstance(item, Mapping | list)
            yield from _pairs(f"{name}[{index}]" if is_whole else name, item)
    elif value is not None:
        yield name, to_text(value)
