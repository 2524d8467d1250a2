"""Holds: a slot of a lead, of a cap and the money for it, taken together.

Callers hold the locks in the house's order: campaign's routing row, leads,
subscriptions, accounts, each by id (DESIGN §4).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.crashes import reached
from app.services.ledger import Sale
from app.trips import Asked, ask

HOLD = text(
    """
WITH new AS (
  SELECT nextval(pg_get_serial_sequence('transaction', 'id')) AS id, new.*
    FROM jsonb_to_recordset(CAST(:holds AS jsonb)) AS new (ordinal bigint,
         public_id uuid, lead_id bigint, campaign_id bigint, partner_id bigint,
         subscription_id bigint, endpoint_id bigint, vendor_id bigint,
         commission_bp bigint, commission_cents bigint, price_cents bigint,
         currency text, stakes jsonb, due_at timestamptz, is_bulk boolean,
         slots bigint)
), held AS (
  INSERT INTO transaction (id, public_id, lead_id, campaign_id, partner_id,
         subscription_id, vendor_id, price_cents, currency, commission_bp,
         commission_cents, stakes, slots, held_at)
  SELECT id, public_id, lead_id, campaign_id, partner_id, subscription_id, vendor_id,
         price_cents, currency, commission_bp, commission_cents, stakes, slots, :now
    FROM new
), delivered AS (
  INSERT INTO delivery (transaction_id, lead_id, partner_id, endpoint_id, is_bulk,
         due_at, held_at)
  SELECT id, lead_id, partner_id, endpoint_id, is_bulk, due_at, :now FROM new
   WHERE endpoint_id IS NOT NULL
), taken AS (
  UPDATE lead SET slots_taken = slots_taken + slots.taken
    FROM (SELECT lead_id, sum(slots)::bigint AS taken FROM new GROUP BY lead_id)
         AS slots
   WHERE lead.id = slots.lead_id
)
SELECT id FROM new ORDER BY ordinal
"""
)
TAKE_WINDOWS = text(
    "INSERT INTO subscription_window (subscription_id, kind, starts_at, ends_at,"
    " holds, cents, holds_limit, cents_limit)"
    " SELECT * FROM unnest(CAST(:subscriptions AS bigint[]), CAST(:kinds AS text[]),"
    " CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]),"
    " CAST(:holds AS bigint[]), CAST(:cents AS bigint[]),"
    " CAST(:holds_limits AS bigint[]), CAST(:cents_limits AS bigint[]))"
    " ON CONFLICT (subscription_id, kind, starts_at) DO UPDATE SET"
    " holds = subscription_window.holds + excluded.holds,"
    " cents = subscription_window.cents + excluded.cents,"
    " holds_limit = excluded.holds_limit, cents_limit = excluded.cents_limit"
)
MOVE_DEFICITS = text(
    "UPDATE subscription SET deficit_from = new.since,"
    # What was owed in another window is owed no more.
    " deficit_nano = new.delta + CASE WHEN deficit_from IS NOT DISTINCT FROM"
    " new.since THEN deficit_nano ELSE 0 END,"
    " last_sold_at = greatest(last_sold_at, new.sold_at)"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:deltas AS bigint[]),"
    " CAST(:sold AS timestamptz[]), CAST(:since AS timestamptz[]))"
    " AS new (id, delta, sold_at, since)"
    " WHERE subscription.id = new.id"
)


@dataclass(frozen=True)
class NewHold:
    """One sale about to be held, with all that is frozen on it."""

    lead_id: int
    campaign_id: int
    partner_id: int
    subscription_id: int
    endpoint_id: int | None
    vendor_id: int | None
    commission_bp: int
    commission_cents: int | None
    price_cents: int
    currency: str
    stakes: Mapping[int, int]
    due_at: datetime
    is_bulk: bool
    slots: int = 1


@dataclass(frozen=True)
class WindowTaken:
    """What a batch takes of one window, with the limits in force now."""

    subscription_id: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    holds: int
    cents: int
    holds_limit: int | None
    cents_limit: int | None


def place_holds(
    session: Session, holds: Sequence[NewHold], now: datetime
) -> list[Sale]:
    """Write transactions with their deliveries and take the leads' slots.

    `now` is the moment by which their windows were found. Return what is to be booked,
    in the order of `holds`.
    """
    if not holds:
        return []
    rows = [
        {
            **vars(hold),
            "ordinal": ordinal,
            "public_id": str(uuid7()),
            "due_at": hold.due_at.isoformat(),
        }
        for ordinal, hold in enumerate(holds)
    ]
    bound = {"holds": json.dumps(rows), "now": now}
    [placed] = ask(session, (HOLD, bound))
    reached("hold.placed")
    return [_sale(row.id, hold) for row, hold in zip(placed, holds, strict=True)]


def windows_taken(taken: Sequence[WindowTaken]) -> Asked:
    """Count holds in their windows; the database refuses a count above its limit."""
    return TAKE_WINDOWS, {
        "subscriptions": [one.subscription_id for one in taken],
        "kinds": [one.kind for one in taken],
        "starts": [one.starts_at for one in taken],
        "ends": [one.ends_at for one in taken],
        "holds": [one.holds for one in taken],
        "cents": [one.cents for one in taken],
        "holds_limits": [one.holds_limit for one in taken],
        "cents_limits": [one.cents_limit for one in taken],
    }


def deficits_moved(
    deltas: Mapping[int, int],
    sold_at: Mapping[int, datetime],
    since: Mapping[int, datetime | None],
) -> Asked:
    """Move what those subscriptions are owed `since`, in billionths of a lead."""
    return MOVE_DEFICITS, {
        "ids": sorted(deltas),
        "deltas": [deltas[id_] for id_ in sorted(deltas)],
        "sold": [sold_at.get(id_) for id_ in sorted(deltas)],
        "since": [since[id_] for id_ in sorted(deltas)],
    }


def _sale(transaction_id: int, hold: NewHold) -> Sale:
    return Sale(
        transaction_id,
        hold.partner_id,
        hold.vendor_id,
        hold.price_cents,
        hold.currency,
        hold.commission_bp,
        hold.commission_cents,
    )
