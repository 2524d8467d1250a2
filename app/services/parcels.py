"""Parcels: what the sender needs of a claimed delivery, read in one go."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.domain.delivery import History
from app.domain.errors import InvalidInput
from app.domain.fields import CONTACT
from app.gateways.delivery import Handover, build_request
from app.gateways.http import Request
from app.sealing import AUTH_PLACE, unseal
from app.services.signing import SECRETS, opened_secrets
from app.services.trace import rfc3339

log = logging.getLogger(__name__)

# Of deliveries `claimed` by the statement that this ends.
READ = (
    "SELECT d.id, d.attempts AS claims, d.set_aside_at, d.partner_id,"  # noqa: S608 - all is ours
    " d.endpoint_id, d.is_bulk, d.held_at, d.due_at, d.tries, d.definite_failures,"
    " d.server_errors, d.maybe_taken, d.breached_at,"
    " clock_timestamp() AS now, t.public_id AS transaction_public_id,"
    " t.price_cents, t.currency, l.public_id AS lead_public_id, l.received_at, l.score,"
    " l.is_test, l.sub_id, l.source_id, c.slug, e.url, e.format, e.auth_sealed,"
    f" {SECRETS}, e.mapping, e.reply_rules, e.timeout_s,"
    " e.status = 'active' AS endpoint_active, e.open_until,"
    " e.failures > 0 OR e.open_until IS NOT NULL AS endpoint_ailing,"
    " (SELECT min(s.scope) FROM kill_switch s WHERE s.off_at IS NULL AND"
    "   (s.scope = 'all' OR s.campaign_id = t.campaign_id"
    "    OR s.partner_id = t.partner_id)) AS stopped,"
    " (SELECT g.ping_id FROM ping g WHERE g.transaction_id = t.id) AS ping_id,"
    " (SELECT p.name FROM partner p WHERE p.id = d.partner_id) AS partner_name, k.*"
    " FROM claimed d JOIN transaction t ON t.id = d.transaction_id"
    " JOIN lead l ON l.id = d.lead_id JOIN campaign c ON c.id = l.campaign_id"
    " JOIN endpoint e ON e.id = d.endpoint_id"
    " JOIN lead_contact k ON k.lead_id = d.lead_id"
    " ORDER BY d.id"
)


@dataclass(frozen=True)
class Parcel:
    """A claimed delivery, ours until its lease ends.

    Without a handover its endpoint cannot be used: a secret that does not open.
    """

    delivery_id: int
    lead_id: int
    partner_id: int
    endpoint_id: int
    is_bulk: bool
    token: UUID
    history: History
    now: datetime
    is_breached: bool
    is_endpoint_active: bool
    is_endpoint_ailing: bool
    open_until: datetime | None
    stopped: str | None
    rules: object
    handover: Handover | None


def parcel_of(row: Mapping[str, Any], token: UUID) -> Parcel:
    """Return the parcel of a row that was claimed under that token."""
    return Parcel(
        delivery_id=row["id"],
        lead_id=row["lead_id"],
        partner_id=row["partner_id"],
        endpoint_id=row["endpoint_id"],
        is_bulk=row["is_bulk"],
        token=token,
        history=History(
            held_at=row["held_at"],
            due_at=row["due_at"],
            timeout_s=row["timeout_s"],
            attempts=row["tries"],
            definite_failures=row["definite_failures"],
            server_errors=row["server_errors"],
            maybe_taken=row["maybe_taken"],
        ),
        now=row["now"],
        is_breached=row["breached_at"] is not None,
        is_endpoint_active=row["endpoint_active"],
        is_endpoint_ailing=row["endpoint_ailing"],
        open_until=row["open_until"],
        stopped=row["stopped"],
        rules=row["reply_rules"],
        handover=_handover(row),
    )


def request_of(parcel: Parcel) -> Request | None:
    """Return the request of a parcel, or None where its endpoint cannot be used."""
    if parcel.handover is None:
        return None
    try:
        return build_request(parcel.handover)
    except InvalidInput as refused:
        log.warning("bad endpoint: id=%s %s", parcel.endpoint_id, refused.code)
        return None


def _handover(row: Mapping[str, Any]) -> Handover | None:
    try:
        auth = opened_auth(row["auth_sealed"])
        secrets = opened_secrets(row["signing_secret_sealed"], row["old_secret_sealed"])
    except ValueError:
        log.exception("secret does not open: endpoint=%s", row["endpoint_id"])
        return None
    return Handover(
        url=row["url"],
        format=row["format"],
        auth=auth,
        mapping=row["mapping"] or [],
        signing_secret=secrets,
        timeout_s=row["timeout_s"],
        idempotency_key=str(row["transaction_public_id"]),
        payload=payload_of(row),
        sent_at=int(row["now"].timestamp()),
        partner=row["partner_name"],
    )


def opened_auth(sealed: bytes | None) -> dict[str, Any]:
    """Return an endpoint's credentials; raises ValueError if they do not open."""
    if sealed is None:
        return {"type": "none"}
    opened: dict[str, Any] = json.loads(unseal(bytes(sealed), AUTH_PLACE))
    return opened


def payload_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a partner receives of a lead (CONTRACT §9)."""
    ping_id = row.get("ping_id")
    return {
        "lead_id": str(row["lead_public_id"]),
        "transaction_id": str(row["transaction_public_id"]),
        "campaign": row["slug"],
        "price_cents": row["price_cents"],
        "currency": row["currency"],
        "submitted_at": rfc3339(row["received_at"]),
        "score": told_score(row["score"]),
        "test": row["is_test"],
        "contact": {name: row[name] for name in CONTACT},
        "fields": row["fields"] or {},
        "consent": row["consent"],
        "source": {"id": row["source_id"], "sub_id": row["sub_id"]},
        **({} if ping_id is None else {"ping_id": ping_id}),
    }


def told_score(score: Decimal | None) -> float | None:
    """Return a score as partners are told it."""
    return None if score is None else float(score)
