"""A trial of an endpoint: one made-up lead is sent, and what came back is told.

Nothing is sold, nothing is stored, and the circuit does not move.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.db import transaction
from app.domain.errors import InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor
from app.gateways.delivery import Handover, build_request, read_reply
from app.gateways.errands import send
from app.gateways.http import Reply
from app.models.partner import Endpoint
from app.services.audit import record
from app.services.outbound import outbound_guard
from app.services.parcels import opened_auth, payload_of
from app.services.signing import secrets_of

# A person waits for it, and a thread of the web with them.
MOST_S = 10
MAX_SHOWN = 2000
SAMPLE: dict[str, Any] = {
    "slug": "test",
    "price_cents": 0,
    "currency": "USD",
    "score": None,
    "is_test": True,
    "first_name": "Test",
    "last_name": "Lead",
    "email": "test@example.com",
    "phone": "+14155550100",
    "address": "1 Main St",
    "city": "San Francisco",
    "state": "CA",
    "zip": "94105",
    "country": "US",
    "fields": {},
    "consent": {"text": "This is a test.", "given_at": "2026-01-01T00:00:00Z"},
    "source_id": 0,
    "sub_id": None,
}


@dataclass(frozen=True)
class Trial:
    """What an endpoint said: our verdict, its answer, how long it took."""

    verdict: str
    reason: str
    status: int | None
    elapsed_ms: int
    sent: str
    came: str


def try_endpoint(endpoint_id: int, actor: Actor) -> Trial:
    """Send an endpoint a made-up lead marked as a test, and tell what came back.

    For staff and who manages its partner. Raises NotAllowed, NotFound for another's,
    InvalidInput for an endpoint that cannot be spoken to.
    """
    with transaction() as session:
        endpoint = _endpoint(session, endpoint_id, actor)
        handover, rules = _handover(session, endpoint), endpoint.reply_rules
        record(session, actor, "endpoint.tried", f"endpoint:{endpoint.id}")
    request = build_request(handover)
    outcome = send(outbound_guard(), request)
    answer = read_reply(outcome, rules)
    return Trial(
        verdict=answer.verdict.value,
        reason=answer.reason,
        status=outcome.status if isinstance(outcome, Reply) else None,
        elapsed_ms=outcome.elapsed_ms,
        sent=_text(request.told),
        came=_text(outcome.body) if isinstance(outcome, Reply) else outcome.detail,
    )


def _text(body: bytes) -> str:
    return body[:MAX_SHOWN].decode("utf-8", "replace")


def _endpoint(session: Session, endpoint_id: int, actor: Actor) -> Endpoint:
    if not (actor.is_staff or actor.may_manage):
        raise NotAllowed("Only a partner's owner, or a key for it, may do this.")
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None or not (
        actor.is_staff or endpoint.partner_id == actor.partner_id
    ):
        raise NotFound("There is no such endpoint.")
    return endpoint


def _handover(session: Session, endpoint: Endpoint) -> Handover:
    ids = {"lead_public_id": uuid7(), "transaction_public_id": uuid7()}
    row = {**SAMPLE, **ids, "received_at": datetime.now(UTC)}
    try:
        auth = opened_auth(endpoint.auth_sealed)
        secrets = secrets_of(session, endpoint)
    except ValueError:
        message = "What is kept of it does not open any more; enter it again."
        raise InvalidInput.one("auth", "unreadable", message) from None
    return Handover(
        url=endpoint.url,
        format=endpoint.format.name,
        auth=auth,
        mapping=endpoint.mapping or [],
        signing_secret=secrets,
        timeout_s=min(endpoint.timeout_s, MOST_S),
        idempotency_key=str(ids["transaction_public_id"]),
        payload=payload_of(row),
        sent_at=int(time.time()),
        partner=endpoint.partner.name,
    )
