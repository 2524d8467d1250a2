"""XML as a partner receives it: UTF-8 under <lead>, a missing value has no element.

A list repeats its element. An answer whose name is no XML name is a <field name="…">.
What XML cannot hold is dropped from texts.
"""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from app.gateways.delivery.nodes import TEXT, Attribute, Root

CONTENT_TYPE = "application/xml; charset=utf-8"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_UNFIT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def body(content: Mapping[str, Any]) -> bytes:
    """Return the content as one XML document."""
    name = next(iter(content), "")
    if isinstance(name, Root):
        content = content[name]
    root = etree.Element(name if isinstance(name, Root) else "lead")
    _fill(root, content)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def fit(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _UNFIT.sub("", text)


def text_of(value: object) -> str:
    """Return a value as an element's text; several are joined by commas."""
    if isinstance(value, list):
        return ", ".join(text_of(item) for item in value if item is not None)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if isinstance(value, Mapping) else fit(str(value))


def _fill(parent: etree._Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        if isinstance(name, Attribute):
            _adorn(parent, name, value)
            continue
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                _set(_child(parent, name), item)


def _adorn(element: etree._Element, name: Attribute, value: object) -> None:
    if value is None:
        return
    if name == TEXT:
        element.text = text_of(value)
    else:
        element.set(name.name, text_of(value))


def _child(parent: etree._Element, name: str) -> etree._Element:
    if NAME.fullmatch(name):
        return etree.SubElement(parent, name)
    child = etree.SubElement(parent, "field")
    child.set("name", fit(name))
    return child


def _set(element: etree._Element, value: object) -> None:
    if isinstance(value, Mapping):
        _fill(element, value)
    elif isinstance(value, list):
        _fill(element, {"item": value})
    else:
        element.text = text_of(value)
