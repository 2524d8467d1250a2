"""Building the request of a delivery: the body by its format, then the headers."""

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from app.gateways.delivery import adf, form, json, xml
from app.gateways.delivery.auth import auth_headers, login_of
from app.gateways.delivery.handover import Handover
from app.gateways.delivery.mapping import CompiledMapping, compile_mapping
from app.gateways.delivery.signing import sign
from app.gateways.wire_data import Request

ACCEPT = "application/json, application/xml;q=0.9, text/*;q=0.8, */*;q=0.1"
# In place of a secret, where what was sent is shown.
MASK = "(secret)"
USER_AGENT = "Lead-Nexus/1"
_FORMATS: dict[str, ModuleType] = {
    "json": json,
    "xml": xml,
    "form": form,
    "adf": adf,
}


def formats() -> tuple[str, ...]:
    """Return the names of the formats that exist."""
    return tuple(_FORMATS)


def build_request(handover: Handover) -> Request:
    """Build the request of one attempt; raise InvalidInput for a bad endpoint."""
    mapping = compile_mapping(handover.mapping, handover.format)
    request = build_request_of(handover, content_of(handover, mapping))
    if handover.auth.get("type") != "body":
        return request
    masked = replace(handover, auth={"type": "body", "key": MASK})
    told = _FORMATS[handover.format].body(content_of(masked, mapping))
    return replace(request, told_body=told)


def content_of(handover: Handover, mapping: CompiledMapping) -> dict[str, Any]:
    """Return what a handover's body holds; a mapping of ADF changes its standard."""
    payload = handover.payload
    if mapping.rules and handover.auth.get("type") == "body":
        payload = {**payload, "auth": {"key": handover.auth["key"]}}
    if handover.format == "adf":
        content = adf.standard(handover.payload, handover.partner)
        return mapping.fill(content, payload)
    return mapping.apply(payload)


def build_request_of(handover: Handover, content: Mapping[str, Any]) -> Request:
    """Build the request of a content that is mapped; raise InvalidInput."""
    format_ = _FORMATS[handover.format]
    body: bytes = format_.body(content)
    key, sent_at = handover.idempotency_key, handover.sent_at
    ping_id = handover.payload.get("ping_id")
    headers = (
        ("Content-Type", format_.CONTENT_TYPE),
        ("Accept", ACCEPT),
        ("User-Agent", USER_AGENT),
        ("Idempotency-Key", key),
        ("webhook-id", key),
        ("webhook-timestamp", str(sent_at)),
        ("webhook-signature", sign(handover.signing_secret, key, sent_at, body)),
        *([("Ping-Id", ping_id)] if ping_id else []),
        # A mapping may leave it out of the body: the partner is told in any case.
        *([("Lead-Nexus-Test", "true")] if handover.payload.get("test") else []),
        *auth_headers(handover.auth),
    )
    login = login_of(handover.auth)
    return Request(handover.url, headers, body, handover.timeout_s, login=login)
