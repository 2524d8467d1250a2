"""Building the request of a delivery: the body by its format, then the headers."""

from types import ModuleType

from app.gateways.delivery import json, xml
from app.gateways.delivery.auth import auth_headers
from app.gateways.delivery.handover import Handover
from app.gateways.delivery.mapping import compile_mapping
from app.gateways.delivery.signing import sign
from app.gateways.wire_data import Request

ACCEPT = "application/json, application/xml;q=0.9, text/*;q=0.8, */*;q=0.1"
USER_AGENT = "Lead-Nexus/1"
_FORMATS: dict[str, ModuleType] = {"json": json, "xml": xml}


def formats() -> tuple[str, ...]:
    """Return the names of the formats that exist."""
    return tuple(_FORMATS)


def build_request(handover: Handover) -> Request:
    """Build the request of one attempt; raise InvalidInput for a bad endpoint."""
    format_ = _FORMATS[handover.format]
    mapping = compile_mapping(handover.mapping, handover.format)
    content = mapping.apply(handover.payload)
    body: bytes = format_.body(content)
    key, sent_at = handover.idempotency_key, handover.sent_at
    headers = (
        ("Content-Type", format_.CONTENT_TYPE),
        ("Accept", ACCEPT),
        ("User-Agent", USER_AGENT),
        ("Idempotency-Key", key),
        ("webhook-id", key),
        ("webhook-timestamp", str(sent_at)),
        ("webhook-signature", sign(handover.signing_secret, key, sent_at, body)),
        *auth_headers(handover.auth),
    )
    return Request(handover.url, headers, body, handover.timeout_s)
