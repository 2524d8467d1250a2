"""A partner's reply as the rules see it: text, JSON or XML, whatever was sent.

Reading never raises. A document that is cut, malformed, has a DTD or is far larger
than any answer is broken: nothing is concluded from what such a reply does not say.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from lxml import etree

from app.gateways.wire_data import Reply

# A rule's path may take time quadratic in the number of nodes.
MAX_NODES = 4000
_CHARSETS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "latin1"}
    | {"iso-8859-15", "windows-1252", "cp1252", "utf-16", "utf-16le", "utf-16be"}
)


@dataclass(frozen=True)
class Document:
    """The body of one reply, read in the way that a rule asks for, once."""

    reply: Reply
    # Where money is read: keys that stand twice, and NaN, make the document broken, and
    # a fraction is not rounded to a binary one.
    is_strict: bool = False

    @cached_property
    def text(self) -> str:
        """The body as text; bytes that its charset does not know are replaced."""
        charset = _charset(self.reply.headers.get("content-type", ""))
        return self.reply.body.decode(charset, "replace").removeprefix("\ufeff")

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        """The value of a JSON body, or None."""
        if self._is_too_large(b",", b"[", b"{"):
            return None
        hooks: Any = _STRICT if self.is_strict else {}
        read = lambda: json.loads(self.text, **hooks)  # noqa: E731
        return _quietly(read, ValueError, ArithmeticError, RecursionError)

    @cached_property
    def xml(self) -> etree._Element | None:
        """The root of an XML body without a DTD, or None."""
        if self._is_too_large(b"<"):
            return None
        parse = lambda: etree.fromstring(self.reply.body.strip(), _parser())  # noqa: E731
        root: etree._Element | None = _quietly(parse, etree.XMLSyntaxError, ValueError)
        if root is None or root.getroottree().docinfo.internalDTD is not None:
            return None
        return root

    @property
    def is_broken(self) -> bool:
        """Whether it was to be JSON or XML and cannot be read as such."""
        if self.reply.truncated:
            return True
        start = self.text.lstrip()[:1]
        if start == "<":
            return self.xml is None
        return start in {"{", "["} and self.json is None

    def _is_too_large(self, *marks: bytes) -> bool:
        body = self.reply.body
        return self.reply.truncated or sum(map(body.count, marks)) > MAX_NODES


def _charset(content_type: str) -> str:
    named = content_type.lower().rpartition("charset=")[2].split(";")[0]
    charset = named.strip(" \"'")
    return charset if charset in _CHARSETS else "utf-8"


def _one_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A key stands twice")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_STRICT = {
    "parse_float": Decimal,
    "parse_constant": _no_constant,
    "object_pairs_hook": _one_of_each,
}


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )


def _quietly(read: Callable[[], Any], *errors: type[Exception]) -> Any:  # noqa: ANN401
    try:
        return read()
    except errors:
        return None
