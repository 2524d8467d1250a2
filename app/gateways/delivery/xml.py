"""XML as a partner receives it: UTF-8 under <lead>, a missing value has no element.

A list repeats its element. An answer whose name is no XML name is a <field name="…">.
What XML cannot hold is dropped from texts.
"""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

CONTENT_TYPE = "application/xml; charset=utf-8"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_UNFIT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def body(content: Mapping[str, Any]) -> bytes:
    """Return the content as one XML document."""
    root = etree.Element("lead")
    _fill(root, content)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _fill(parent: etree._Element, content: Mapping[str, Any]) -> None:
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                _set(_child(parent, name), item)


def _child(parent: etree._Element, name: str) -> etree._Element:
    if NAME.fullmatch(name):
        return etree.SubElement(parent, name)
    child = etree.SubElement(parent, "field")
    child.set("name", _UNFIT.sub("", name))
    return child


def _set(element: etree._Element, value: object) -> None:
    if isinstance(value, Mapping):
        _fill(element, value)
    elif isinstance(value, list):
        _fill(element, {"item": value})
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    else:
        element.text = _UNFIT.sub("", str(value))
