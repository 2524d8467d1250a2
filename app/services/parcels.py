"""Parcels: what the sender needs of a claimed delivery, read in one go.

A partner has at most sixteen deliveries claimed at a time, whatever else waits, and
partners take turns: one that hangs holds up nobody else.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.delivery import History
from app.domain.fields import CONTACT
from app.gateways.delivery import Handover
from app.metrics import count
from app.sealing import AUTH_PLACE, SIGNING_PLACE, unseal
from app.services.trace import rfc3339
from app.services.work import LEASE_S, MAX_CLAIMS

log = logging.getLogger(__name__)

QUEUE_PER_PARTNER = 16

CLAIM = text(
    """
WITH RECURSIVE partners AS (
  (SELECT partner_id FROM delivery
    WHERE is_bulk = :bulk AND set_aside_at IS NULL AND ended_at IS NULL
    ORDER BY partner_id LIMIT 1)
  UNION ALL
  SELECT (SELECT partner_id FROM delivery
           WHERE is_bulk = :bulk AND set_aside_at IS NULL AND ended_at IS NULL
             AND partner_id > partners.partner_id
           ORDER BY partner_id LIMIT 1)
    FROM partners WHERE partners.partner_id IS NOT NULL
), due AS (
  SELECT row.id, row.run_at,
         row_number() OVER (PARTITION BY p.partner_id ORDER BY row.run_at, row.id)
           AS turn
    FROM partners p, LATERAL (
      SELECT id, run_at FROM delivery
       WHERE is_bulk = :bulk AND set_aside_at IS NULL AND ended_at IS NULL
         AND partner_id = p.partner_id AND run_at <= now()
         AND (lease_until IS NULL OR lease_until < now())
       ORDER BY run_at, id
       LIMIT greatest(0, :per_partner - (
         SELECT count(*) FROM delivery d
          WHERE d.partner_id = p.partner_id AND d.lease_until > now()))
    ) AS row
), mine AS (
  SELECT d.id FROM (SELECT * FROM due ORDER BY turn, run_at, id LIMIT 2 * :size) due
    JOIN delivery d ON d.id = due.id
   WHERE d.lease_until IS NULL OR d.lease_until < now()
   ORDER BY due.turn, due.run_at, due.id LIMIT :size
     FOR UPDATE OF d SKIP LOCKED
)
UPDATE delivery
   SET lease_until = now() + make_interval(secs => :lease),
       lease_token = :token,
       -- What was put on the wire and never told of: its partner may have the lead.
       maybe_taken = maybe_taken OR sent_at IS NOT NULL,
       status = CASE WHEN status = 'unknown' OR sent_at IS NOT NULL THEN 'unknown'
                     ELSE 'sending' END,
       sent_at = NULL,
       attempts = attempts + 1,
       set_aside_at = CASE WHEN attempts >= :most THEN now() END
  FROM mine WHERE delivery.id = mine.id
RETURNING delivery.id, delivery.set_aside_at, delivery.attempts
"""
)
READ = text(
    "SELECT d.id, d.lead_id, d.partner_id, d.endpoint_id, d.held_at, d.due_at, d.tries,"
    " d.definite_failures, d.server_errors, d.maybe_taken, d.breached_at,"
    " clock_timestamp() AS now, t.public_id AS transaction_public_id, t.price_cents,"
    " t.currency, l.public_id AS lead_public_id, l.received_at, l.score, l.is_test,"
    " l.sub_id, l.source_id, c.slug, e.url, e.format, e.auth_sealed,"
    " e.signing_secret_sealed, e.mapping, e.reply_rules, e.timeout_s,"
    " e.status = 'active' AS endpoint_active, e.open_until, k.*"
    " FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    " JOIN lead l ON l.id = d.lead_id JOIN campaign c ON c.id = l.campaign_id"
    " JOIN endpoint e ON e.id = d.endpoint_id"
    " JOIN lead_contact k ON k.lead_id = d.lead_id"
    " WHERE d.id = ANY(:ids) ORDER BY d.id"
)
# Two senders that claim at once would each count the other's as free.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7301992)")
MARK_SENT = text(
    "UPDATE delivery SET sent_at = now()"
    " WHERE id = ANY(:ids) AND lease_token = ANY(:tokens) RETURNING id"
)
RENEW = text(
    "UPDATE delivery SET lease_until = now() + make_interval(secs => :lease)"
    " WHERE id = ANY(:ids) AND lease_token = ANY(:tokens)"
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
    token: UUID
    history: History
    now: datetime
    is_breached: bool
    is_endpoint_active: bool
    open_until: datetime | None
    rules: object
    handover: Handover | None


def claim_parcels(size: int) -> list[Parcel]:
    """Claim up to `size` due deliveries: live leads first, bulk at most half."""
    token = uuid4()
    with transaction("delivery.claim") as session:
        session.execute(ONE_AT_A_TIME)
        ids = _claim(session, token, size, bulk=False)
        room = min(size - len(ids), size // 2)
        if room > 0:
            ids += _claim(session, token, room, bulk=True)
        rows = session.execute(READ, {"ids": ids}).mappings().all() if ids else []
    return [_parcel(dict(row), token) for row in rows]


def mark_sent(parcels: Sequence[Parcel]) -> frozenset[int]:
    """Note that parcels go on the wire; return the deliveries that are still ours."""
    with transaction("delivery.send") as session:
        bound = {
            "ids": sorted(parcel.delivery_id for parcel in parcels),
            "tokens": list({parcel.token for parcel in parcels}),
        }
        return frozenset(session.scalars(MARK_SENT, bound))


def renew(parcels: Sequence[Parcel]) -> None:
    """Renew the leases of parcels that are under way."""
    with transaction("delivery.renew") as session:
        session.execute(
            RENEW,
            {
                "lease": LEASE_S,
                "ids": [parcel.delivery_id for parcel in parcels],
                "tokens": list({parcel.token for parcel in parcels}),
            },
        )


def _claim(session: Session, token: UUID, size: int, *, bulk: bool) -> list[int]:
    rows = session.execute(
        CLAIM,
        {
            "bulk": bulk,
            "size": size,
            "lease": LEASE_S,
            "token": token,
            "most": MAX_CLAIMS,
            "per_partner": QUEUE_PER_PARTNER,
        },
    ).all()
    for row in rows:
        if row.set_aside_at is not None:
            log.error("set aside: stage=delivery delivery=%s", row.id)
    count("claims", len(rows), stage="delivery")
    if taken_over := sum(row.attempts > 1 for row in rows):
        count("leases_lost", taken_over, stage="delivery")
    return [row.id for row in rows if row.set_aside_at is None]


def _parcel(row: Mapping[str, Any], token: UUID) -> Parcel:
    return Parcel(
        delivery_id=row["id"],
        lead_id=row["lead_id"],
        partner_id=row["partner_id"],
        endpoint_id=row["endpoint_id"],
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
        open_until=row["open_until"],
        rules=row["reply_rules"],
        handover=_handover(row),
    )


def _handover(row: Mapping[str, Any]) -> Handover | None:
    try:
        auth = _auth(row["auth_sealed"])
        secret = unseal(bytes(row["signing_secret_sealed"]), SIGNING_PLACE)
    except ValueError:
        log.exception("secret does not open: endpoint=%s", row["endpoint_id"])
        return None
    return Handover(
        url=row["url"],
        format=row["format"],
        auth=auth,
        mapping=row["mapping"] or [],
        signing_secret=secret,
        timeout_s=row["timeout_s"],
        idempotency_key=str(row["transaction_public_id"]),
        payload=payload_of(row),
        sent_at=int(row["now"].timestamp()),
    )


def _auth(sealed: bytes | None) -> dict[str, Any]:
    if sealed is None:
        return {"type": "none"}
    opened: dict[str, Any] = json.loads(unseal(bytes(sealed), AUTH_PLACE))
    return opened


def payload_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a partner receives of a lead (CONTRACT §9)."""
    score = row["score"]
    return {
        "lead_id": str(row["lead_public_id"]),
        "transaction_id": str(row["transaction_public_id"]),
        "campaign": row["slug"],
        "price_cents": row["price_cents"],
        "currency": row["currency"],
        "submitted_at": rfc3339(row["received_at"]),
        "score": None if score is None else float(score),
        "test": row["is_test"],
        "contact": {name: row[name] for name in CONTACT},
        "fields": row["fields"] or {},
        "consent": row["consent"],
        "source": {"id": row["source_id"], "sub_id": row["sub_id"]},
    }
