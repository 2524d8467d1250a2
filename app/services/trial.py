"""An endpoint looked at and tried: the request as it would be, and what came back.

Nothing is sold, nothing is stored, and the circuit does not move. What is being edited
may be looked at and tried before it is saved.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor
from app.gateways.delivery import Handover, build_request, read_reply
from app.gateways.delivery.auth import auth_headers
from app.gateways.delivery.request import MASK
from app.gateways.delivery.rules import compile_rules
from app.gateways.errands import send
from app.gateways.http import Reply, Request
from app.models.partner import Endpoint
from app.services.audit import record
from app.services.outbound import outbound_guard
from app.services.parcels import opened_auth
from app.services.samples import Choice, recent_leads, sample
from app.services.signing import secrets_of

# A person waits for it, and a thread of the web with them.
MOST_S = 10
# Of one endpoint, by whichever way it is tried.
TRIALS = "6/minute"
MAX_SHOWN = 20_000


@dataclass(frozen=True)
class Draft:
    """What of an endpoint is being edited; checked before it is used."""

    format: str
    mapping: Any
    reply_rules: Any


@dataclass(frozen=True)
class Trial:
    """What an endpoint said: our verdict, its answer, how long it took.

    `rule` is the number of the reply rule that decided, counted from 1, if any did.
    """

    verdict: str
    reason: str
    rule: int | None
    status: int | None
    elapsed_ms: int
    sent: str
    came: str


@dataclass(frozen=True)
class Preview:
    """A lead, and the request that would be made of it; what is secret is masked."""

    lead: Mapping[str, Any]
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: str


def try_endpoint(endpoint_id: int, actor: Actor, draft: Draft | None = None) -> Trial:
    """Send an endpoint a made-up lead marked as a test, and tell what came back.

    For staff and who manages its partner. Raises NotAllowed, NotFound for another's,
    InvalidInput for an endpoint that cannot be spoken to.
    """
    with transaction() as session:
        endpoint = _endpoint(session, endpoint_id, actor)
        used = draft or _stored(endpoint)
        payload = sample(session, endpoint, actor, None)
        handover = _handover(session, endpoint, used, payload)
        record(session, actor, "endpoint.tried", f"endpoint:{endpoint.id}")
    rules = compile_rules(used.reply_rules)
    request = build_request(handover)
    outcome = send(outbound_guard(), request)
    answer = read_reply(outcome, rules)
    reply = outcome if isinstance(outcome, Reply) else None
    judged = rules.judge(reply) if reply else None
    return Trial(
        verdict=answer.verdict.value,
        reason=answer.reason,
        rule=judged.rule if judged else None,
        status=reply.status if reply else None,
        elapsed_ms=outcome.elapsed_ms,
        sent=_text(request.told),
        came=_text(reply.body) if reply else getattr(outcome, "detail", ""),
    )


def preview_endpoint(
    endpoint_id: int, actor: Actor, draft: Draft | None = None, lead: str | None = None
) -> Preview:
    """Build the request of a lead as an endpoint, or a draft of it, would be sent.

    For staff and who manages its partner. Raises NotAllowed, NotFound for another's
    endpoint or lead, InvalidInput with what is wrong with the draft.
    """
    with transaction() as session:
        endpoint = _endpoint(session, endpoint_id, actor)
        used = draft or _stored(endpoint)
        payload = sample(session, endpoint, actor, lead)
        handover = _handover(session, endpoint, used, payload)
    compile_rules(used.reply_rules)
    request = build_request(handover)
    return Preview(
        lead=payload,
        method=request.method,
        url=request.url,
        headers=_masked(request, handover),
        body=_text(request.told),
    )


def leads_to_show(endpoint_id: int, actor: Actor) -> list[Choice]:
    """Return the recent leads of which a preview may be made."""
    with transaction() as session:
        return recent_leads(session, _endpoint(session, endpoint_id, actor), actor)


def _masked(request: Request, handover: Handover) -> list[tuple[str, str]]:
    secret = {name for name, _ in auth_headers(handover.auth)}
    shown = []
    for name, value in request.headers:
        scheme, blank, _ = value.partition(" ")
        is_scheme = name == "Authorization" and blank
        mask = f"{scheme} {MASK}" if is_scheme else MASK
        shown.append((name, mask if name in secret else value))
    token = [("Authorization", f"Bearer {MASK}")] if request.login else []
    return [*shown, *token]


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


def _stored(endpoint: Endpoint) -> Draft:
    return Draft(endpoint.format.name, endpoint.mapping, endpoint.reply_rules)


def _handover(
    session: Session, endpoint: Endpoint, draft: Draft, payload: dict[str, Any]
) -> Handover:
    try:
        auth = opened_auth(endpoint.auth_sealed)
        secrets = secrets_of(session, endpoint)
    except ValueError:
        message = "What is kept of it does not open any more; enter it again."
        raise InvalidInput.one("auth", "unreadable", message) from None
    return Handover(
        url=endpoint.url,
        format=draft.format,
        auth=auth,
        mapping=draft.mapping or [],
        signing_secret=secrets,
        timeout_s=min(endpoint.timeout_s, MOST_S),
        idempotency_key=payload["transaction_id"],
        payload=payload,
        sent_at=int(time.time()),
        partner=endpoint.partner.name,
    )
