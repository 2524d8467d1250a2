"""What a reply rule can ask: the status, a JSON or XML node, a pattern in the text."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from jsonpath import JSONPathEnvironment, JSONPathError
from lxml import etree

from app.domain.errors import FieldError
from app.gateways.delivery.document import Document
from app.gateways.regex import compile_regex

MAX_PATH = 200
# Each of these may multiply the time that a path takes by the size of the reply.
MAX_WIDE_STEPS = 2
_WIDE_STEPS = ("//", "::", "..")
_STATUSES = range(100, 600)

TextTest = Callable[[str], bool]
Finder = Callable[[Document], list[Any]]


class _Json(JSONPathEnvironment):
    """JSONPath by RFC 9535, without its regular expressions: they backtrack."""

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        del self.function_extensions["match"]
        del self.function_extensions["search"]


_JSON = _Json(strict=True)


class Condition(Protocol):
    """One thing that a rule asks of a reply."""

    @property
    def reads_document(self) -> bool:
        """Whether it needs a whole document."""

    def holds(self, document: Document) -> bool:
        """Say whether the reply is so; never raises."""


@dataclass(frozen=True)
class StatusIs:
    """The status is one of these."""

    statuses: frozenset[int]
    reads_document: bool = False

    def holds(self, document: Document) -> bool:
        """Say whether the reply has one of the statuses."""
        return document.reply.status in self.statuses


@dataclass(frozen=True)
class TextMatches:
    """A pattern is found anywhere in the body."""

    test: TextTest
    reads_document: bool = True

    def holds(self, document: Document) -> bool:
        """Say whether the pattern is found."""
        return self.test(document.text)


@dataclass(frozen=True)
class JsonNode:
    """A JSONPath finds a node of which a test is true."""

    find: Callable[[Any], list[Any]]
    test: TextTest
    reads_document: bool = True

    def holds(self, document: Document) -> bool:
        """Say whether any node that is no object or list passes the test."""
        return any(
            self.test(scalar_text(node))
            for node in _json_nodes(self.find, document)
            if not isinstance(node, dict | list)
        )


@dataclass(frozen=True)
class XmlNode:
    """An XPath finds a node, or gives a value, of which a test is true."""

    find: etree.XPath
    test: TextTest
    reads_document: bool = True

    def holds(self, document: Document) -> bool:
        """Say whether any node's text passes the test."""
        return any(self.test(text) for text in _xml_texts(self.find, document))


def read_condition(
    where: str, name: str, when: Mapping[str, Any]
) -> Condition | FieldError:
    """Read one key of a `when`; return what is wrong with it instead of raising."""
    try:
        return CONDITIONS[name](when)
    except _BadKey as bad:
        return FieldError(f"{where}.{bad.key}", "invalid", bad.message)


def read_finder(where: str, given: object) -> Finder | FieldError:
    """Read a JSONPath, or an XPath where it begins with `/`, that finds values."""
    try:
        if isinstance(given, str) and given.startswith("/"):
            xpath = _compiled_xpath("", given)
            return lambda document: _xml_texts(xpath, document)
        jsonpath = _compiled_jsonpath("", given)
        return lambda document: _json_nodes(jsonpath, document)
    except _BadKey as bad:
        return FieldError(where, "invalid", bad.message)


def scalar_text(value: object) -> str:
    """Return a scalar as text, whatever its type: 1 and 1.0 are `1`, True is `true`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if isinstance(value, Decimal):
        return f"{value:.0f}" if value % 1 == 0 else str(value)
    return str(value)


class _BadKey(Exception):  # noqa: N818 - caught where its path is known
    def __init__(self, key: str, message: str) -> None:
        super().__init__(key, message)
        self.key = key
        self.message = message


def _status(when: Mapping[str, Any]) -> Condition:
    given = when["status"]
    if not isinstance(given, list) or not given:
        raise _BadKey("status", "Send a list of statuses, like [200, 201].")
    if any(type(status) is not int or status not in _STATUSES for status in given):
        raise _BadKey("status", "A status is a whole number from 100 to 599.")
    return StatusIs(frozenset(given))


def _regex(when: Mapping[str, Any]) -> Condition:
    return TextMatches(_pattern("regex", when["regex"]))


def _jsonpath(when: Mapping[str, Any]) -> Condition:
    return JsonNode(_compiled_jsonpath("jsonpath", when["jsonpath"]), _test(when))


def _xpath(when: Mapping[str, Any]) -> Condition:
    return XmlNode(_compiled_xpath("xpath", when["xpath"]), _test(when))


def _compiled_jsonpath(key: str, given: object) -> Callable[[Any], list[Any]]:
    path = _path(key, given)
    try:
        find: Callable[[Any], list[Any]] = _JSON.compile(path).findall
    except (JSONPathError, RecursionError, ValueError) as error:
        raise _BadKey(key, "Not a JSONPath of RFC 9535.") from error
    return find


def _compiled_xpath(key: str, given: object) -> etree.XPath:
    path = _path(key, given)
    try:
        compiled = etree.XPath(path, regexp=False, smart_strings=False)
        # Unknown functions show only when it is asked of a document.
        compiled(etree.Element("a"))
    except (etree.XPathError, ValueError) as error:
        raise _BadKey(key, "Not an XPath 1.0.") from error
    return compiled


def _json_nodes(find: Callable[[Any], list[Any]], document: Document) -> list[Any]:
    if not isinstance(document.json, dict | list):
        return []
    try:
        return find(document.json)
    except (JSONPathError, RecursionError, ValueError, TypeError):
        return []


def _xml_texts(find: etree.XPath, document: Document) -> list[str]:
    if document.xml is None:
        return []
    try:
        found = find(document.xml)
    except etree.XPathError:
        return []
    return [
        _node_text(node) for node in (found if isinstance(found, list) else [found])
    ]


CONDITIONS: Mapping[str, Callable[[Mapping[str, Any]], Condition]] = {
    "status": _status,
    "jsonpath": _jsonpath,
    "xpath": _xpath,
    "regex": _regex,
}


def _path(key: str, given: object) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= MAX_PATH:
        raise _BadKey(key, f"Send a path of at most {MAX_PATH} characters.")
    if sum(map(given.count, _WIDE_STEPS)) > MAX_WIDE_STEPS:
        message = f"Use //, .. and :: at most {MAX_WIDE_STEPS} times."
        raise _BadKey(key, message)
    return given


def _test(when: Mapping[str, Any]) -> TextTest:
    if "matches" in when:
        return _pattern("matches", when["matches"])
    given = when["equals"]
    if given is not None and not isinstance(given, str | bool | int | float):
        raise _BadKey("equals", "Send a text, a number, true, false or null.")
    wanted = _folded(scalar_text(given))
    return lambda text: _folded(text) == wanted


def _pattern(key: str, given: object) -> TextTest:
    if not isinstance(given, str) or not given:
        raise _BadKey(key, "Send a regular expression.")
    try:
        regex = compile_regex(given)
    except ValueError as error:
        raise _BadKey(key, f"{error}.") from error
    return lambda text: regex.search(text) is not None


def _folded(text: str) -> str:
    return text.strip().casefold()


def _node_text(node: object) -> str:
    if isinstance(node, etree._Element):  # noqa: SLF001 - lxml's own name for it
        texts: Iterable[object] = node.itertext()
        return "".join(map(str, texts))
    return scalar_text(node)
