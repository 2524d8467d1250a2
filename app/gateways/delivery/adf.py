"""ADF 1.0: a lead for a car dealer, always valid by the DTD.

What the DTD asks for and a lead has not is an empty element: nothing is made up.
"""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from app.gateways.delivery.adf_parts import ATTRIBUTES, CHILDREN, ONE, ROOT, VEHICLE
from app.gateways.delivery.nodes import TEXT, Attribute
from app.gateways.delivery.xml import text_of

CONTENT_TYPE = "application/x-adf+xml; charset=utf-8"
BRAND = "Lead Nexus"
# Receivers look for the second line.
_PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>\n<?adf version="1.0"?>\n'

Node = dict[str, Any]


def body(content: Mapping[str, Any]) -> bytes:
    """Return a prospect's content, by the places of `adf_parts`, as one document."""
    root = etree.Element(ROOT)
    _write(etree.SubElement(root, ONE), content)
    return _PROLOG + bytes(
        etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    )


def standard(payload: Mapping[str, Any], partner: str) -> Node:
    """Return the content of a lead: its vehicle from the answers of the same names."""
    contact, answers = payload.get("contact") or {}, payload.get("fields") or {}
    return {
        "id": [_leaf(payload.get("lead_id"), sequence="1", source=BRAND)],
        "requestdate": _leaf(payload.get("submitted_at")),
        "vehicle": [{name: _leaf(answers.get(name)) for name in VEHICLE}],
        "customer": {
            "contact": _contact(contact),
            "comments": _leaf(_comments(payload)),
        },
        "vendor": {
            "vendorname": _leaf(partner),
            "contact": {"name": [_leaf(partner, part="full", type="business")]},
        },
        "provider": {
            "name": _leaf(BRAND, part="full", type="business"),
            "service": _leaf(payload.get("campaign")),
        },
    }


def _contact(contact: Mapping[str, Any]) -> Node:
    return {
        "name": [
            _leaf(contact.get("first_name"), part="first"),
            _leaf(contact.get("last_name"), part="last"),
        ],
        "email": _leaf(contact.get("email")),
        "phone": [_leaf(contact.get("phone"))],
        "address": {
            "street": [_leaf(contact.get("address"), line="1")],
            "city": _leaf(contact.get("city")),
            "regioncode": _leaf(contact.get("state")),
            "postalcode": _leaf(contact.get("zip")),
            "country": _leaf(contact.get("country")),
        },
    }


def _comments(payload: Mapping[str, Any]) -> str:
    """Return what ADF has no place for: the other answers, and the consent."""
    told = ["This is a test."] if payload.get("test") else []
    for name, value in (payload.get("fields") or {}).items():
        if name not in VEHICLE and value is not None:
            told.append(f"{name}: {text_of(value)}")
    consent = payload.get("consent") or {}
    names = ("text", "given_at", "url", "certificate_url")
    told += [f"consent {name}: {consent[name]}" for name in names if consent.get(name)]
    return "\n".join(told)


def _leaf(value: object, **attributes: str) -> Node:
    node: Node = {Attribute(f"@{name}"): text for name, text in attributes.items()}
    return {**node, TEXT: value}


def _write(parent: etree._Element, content: Mapping[str, Any]) -> None:
    written = set()
    for name, part in CHILDREN[parent.tag].items():
        given = content.get(name)
        items = given if isinstance(given, list) else [given]
        kept = [item for item in items if _is_filled(item)]
        for item in kept or ([items[0] or {}] if part.needed else []):
            _element(parent, name, item)
            written.add(name)
    if parent.tag == "contact" and not written & {"email", "phone"}:
        # One of both is asked for; it stands before the address.
        parent.insert(len(parent.findall("name")), etree.Element("email"))


def _element(parent: etree._Element, name: str, content: Any) -> None:  # noqa: ANN401
    element = etree.SubElement(parent, name)
    for attribute, choices in ATTRIBUTES[name].items():
        value = content.get(f"@{attribute}")
        text = "" if value is None else text_of(value)
        if text and (not choices or text in choices):
            element.set(attribute, text)
    if CHILDREN[name]:
        _write(element, content)
    elif (value := content.get(TEXT)) is not None:
        element.text = text_of(value)


def _is_filled(content: object) -> bool:
    """Say whether any text stands in it; attributes alone say nothing."""
    if isinstance(content, list):
        return any(_is_filled(item) for item in content)
    if not isinstance(content, Mapping):
        return False
    return any(
        (value is not None and text_of(value).strip() != "")
        if name == TEXT
        else not isinstance(name, Attribute) and _is_filled(value)
        for name, value in content.items()
    )
