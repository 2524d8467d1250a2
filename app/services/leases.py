"""Leases of deliveries: claimed, noted as sent, renewed, given back.

A partner has only so many deliveries claimed at a time, whatever else waits, and
partners take turns: one that hangs holds up nobody else.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from app.direct import fetch
from app.metrics import count
from app.services.parcels import READ, Parcel, parcel_of
from app.services.work import LEASE_S, MAX_CLAIMS

log = logging.getLogger(__name__)

# Of one partner, so many are claimed at a time; bulk leaves room for live leads.
MOST_CLAIMED = 64
MOST_BULK_CLAIMED = 16

FIND = """
{kind}_partners AS (
  (SELECT partner_id FROM delivery
    WHERE {is_bulk} AND set_aside_at IS NULL AND ended_at IS NULL
    ORDER BY partner_id LIMIT 1)
  UNION ALL
  SELECT (SELECT partner_id FROM delivery
           WHERE {is_bulk} AND set_aside_at IS NULL AND ended_at IS NULL
             AND partner_id > last.partner_id
           ORDER BY partner_id LIMIT 1)
    FROM {kind}_partners AS last WHERE last.partner_id IS NOT NULL
), {kind}_due AS (
  SELECT row.id, row.run_at,
         row_number() OVER (PARTITION BY p.partner_id ORDER BY row.run_at, row.id)
           AS turn
    FROM {kind}_partners p, LATERAL (
      SELECT id, run_at FROM delivery
       WHERE {is_bulk} AND set_aside_at IS NULL AND ended_at IS NULL
         AND partner_id = p.partner_id AND run_at <= now()
         AND (lease_until IS NULL OR lease_until < now())
       ORDER BY run_at, id
       LIMIT greatest(0, {most} - coalesce(
         (CAST(%(in_hand)s AS jsonb) -> p.partner_id::text)::bigint, 0))
    ) AS row
), {kind} AS MATERIALIZED (
  SELECT d.id
    FROM (SELECT * FROM {kind}_due ORDER BY turn, run_at, id LIMIT 2 * %(size)s) due
    JOIN delivery d ON d.id = due.id
   WHERE d.lease_until IS NULL OR d.lease_until < now()
   ORDER BY due.turn, due.run_at, due.id LIMIT {room}
     FOR UPDATE OF d SKIP LOCKED
)"""
LIVE = FIND.format(
    kind="live", is_bulk="NOT is_bulk", most=MOST_CLAIMED, room="%(size)s"
)
BULK = FIND.format(
    kind="bulk",
    is_bulk="is_bulk",
    most=MOST_BULK_CLAIMED,
    room="least(%(size)s / 4, %(size)s - (SELECT count(*) FROM live))",
)
CLAIM = f"""WITH RECURSIVE {LIVE}, {BULK}, mine AS (
  SELECT id FROM live UNION ALL SELECT id FROM bulk
), claimed AS (
UPDATE delivery
   SET lease_until = now() + make_interval(secs => %(lease)s),
       lease_token = %(token)s,
       -- What was put on the wire and never told of: its partner may have the lead.
       maybe_taken = maybe_taken OR sent_at IS NOT NULL,
       status = CASE WHEN status = 'unknown' OR sent_at IS NOT NULL THEN 'unknown'
                     ELSE 'sending' END,
       sent_at = NULL,
       attempts = attempts + 1,
       set_aside_at = CASE WHEN attempts >= %(most)s THEN now() END
  FROM mine WHERE delivery.id = mine.id
RETURNING delivery.*
)
{READ}"""  # noqa: S608 - all parts are ours
MARK_SENT = (
    "UPDATE delivery SET sent_at = now()"
    " WHERE id = ANY(%(ids)s) AND lease_token = ANY(%(tokens)s)"
    # A switch that was thrown since the claim: nothing more goes on the wire.
    " AND NOT EXISTS (SELECT FROM kill_switch s WHERE s.off_at IS NULL AND"
    "   (s.scope = 'all' OR s.partner_id = delivery.partner_id OR s.campaign_id ="
    "    (SELECT t.campaign_id FROM transaction t"
    "      WHERE t.id = delivery.transaction_id))) RETURNING id"
)
STOPPED = (
    "SELECT d.id FROM delivery d JOIN transaction t ON t.id = d.transaction_id"
    " JOIN kill_switch s ON s.off_at IS NULL AND (s.scope = 'all'"
    "   OR s.campaign_id = t.campaign_id OR s.partner_id = t.partner_id)"
    " WHERE d.id = ANY(%(ids)s)"
)
RENEW = (
    "UPDATE delivery SET lease_until = now() + make_interval(secs => %(lease)s)"
    " WHERE id = ANY(%(ids)s) AND lease_token = ANY(%(tokens)s) RETURNING id"
)
GIVE_BACK = (
    "UPDATE delivery SET lease_until = NULL, lease_token = NULL,"
    " attempts = greatest(attempts - 1, 0),"
    " sent_at = CASE WHEN id = ANY(%(sent)s) THEN sent_at END,"
    " status = CASE WHEN status <> 'sending' OR id = ANY(%(sent)s) THEN status"
    "   WHEN tries > 0 THEN 'retrying' ELSE 'pending' END"
    " WHERE id = ANY(%(ids)s) AND lease_token = ANY(%(tokens)s)"
)


def claim_parcels(size: int, in_hand: Mapping[int, int] | None = None) -> list[Parcel]:
    """Claim up to `size` due deliveries: live leads first, bulk at most a quarter.

    `in_hand` tells how many the caller has of each partner already.
    """
    token = uuid4()
    bound = {
        "size": size,
        "lease": LEASE_S,
        "token": token,
        "most": MAX_CLAIMS,
        "in_hand": json.dumps(in_hand or {}),
    }
    rows = fetch(CLAIM, bound, "delivery.claim")
    for row in rows:
        if row.set_aside_at is not None:
            log.error("set aside: stage=delivery delivery=%s", row.id)
    count("claims", len(rows), stage="delivery")
    if taken_over := sum(row.claims > 1 for row in rows):
        count("leases_lost", taken_over, stage="delivery")
    return [parcel_of(row._asdict(), token) for row in rows if row.set_aside_at is None]


def mark_sent(parcels: Sequence[Parcel]) -> frozenset[int]:
    """Note that parcels go on the wire; return the deliveries that may.

    From now on a crash leaves it open whether their partners have the leads. What is
    ours no more may not; what a kill switch stopped is given back to be decided on.
    """
    rows = fetch(MARK_SENT, _named(parcels), "delivery.send")
    marked = frozenset(row.id for row in rows)
    if others := [one for one in parcels if one.delivery_id not in marked]:
        give_back(others)
    return marked


def stopped(parcels: Sequence[Parcel]) -> frozenset[int]:
    """Return those deliveries among them that a kill switch covers now."""
    ids = [parcel.delivery_id for parcel in parcels]
    return frozenset(row.id for row in fetch(STOPPED, {"ids": ids}))


def renew(parcels: Sequence[Parcel]) -> frozenset[int]:
    """Renew the leases of parcels in hand; return the deliveries still ours."""
    bound = {**_named(parcels), "lease": LEASE_S}
    return frozenset(row.id for row in fetch(RENEW, bound, "delivery.renew"))


def give_back(unsent: Sequence[Parcel], sent: Sequence[Parcel] = ()) -> None:
    """Give parcels back, to be claimed again at once; the claim does not count.

    Of those that were on the wire it stays known that they were.
    """
    bound = _named([*unsent, *sent])
    bound["sent"] = [parcel.delivery_id for parcel in sent]
    fetch(GIVE_BACK, bound, "delivery.give_back")


def _named(parcels: Sequence[Parcel]) -> dict[str, list[Any]]:
    return {
        "ids": sorted(parcel.delivery_id for parcel in parcels),
        "tokens": list({parcel.token for parcel in parcels}),
    }
