"""Holds: a slot of a lead, of a cap and the money for it, taken and given back.

Callers hold the locks in the house's order: campaign's routing row, leads,
subscriptions, accounts, each by id (DESIGN §4).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session
from uuid_utils.compat import uuid7

from app.crashes import reached
from app.services.ledger import Chart, Sale, book, booked
from app.trips import Asked, ask

HOLD = text(
    """
WITH new AS (
  SELECT nextval(pg_get_serial_sequence('transaction', 'id')) AS id, new.*
    FROM jsonb_to_recordset(CAST(:holds AS jsonb)) AS new (ordinal bigint,
         public_id uuid, lead_id bigint, campaign_id bigint, partner_id bigint,
         subscription_id bigint, endpoint_id bigint, vendor_id bigint,
         commission_bp bigint, commission_cents bigint, price_cents bigint,
         currency text, stakes jsonb, due_at timestamptz, is_bulk boolean)
), held AS (
  INSERT INTO transaction (id, public_id, lead_id, campaign_id, partner_id,
         subscription_id, vendor_id, price_cents, currency, commission_bp,
         commission_cents, stakes, held_at)
  SELECT id, public_id, lead_id, campaign_id, partner_id, subscription_id, vendor_id,
         price_cents, currency, commission_bp, commission_cents, stakes, :now FROM new
), delivered AS (
  INSERT INTO delivery (transaction_id, lead_id, partner_id, endpoint_id, is_bulk,
         due_at, held_at)
  SELECT id, lead_id, partner_id, endpoint_id, is_bulk, due_at, :now FROM new
   WHERE endpoint_id IS NOT NULL
), taken AS (
  UPDATE lead SET slots_taken = slots_taken + slots.taken
    FROM (SELECT lead_id, count(*) AS taken FROM new GROUP BY lead_id) AS slots
   WHERE lead.id = slots.lead_id
)
SELECT id FROM new ORDER BY ordinal
"""
)
GIVE_BACK_SLOTS = text(
    "UPDATE lead SET slots_taken = slots_taken - gone.given"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:given AS bigint[]))"
    " AS gone (id, given) WHERE lead.id = gone.id"
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
GIVE_BACK_WINDOWS = text(
    "UPDATE subscription_window SET"
    " holds = subscription_window.holds - gone.holds,"
    " cents = subscription_window.cents - gone.cents"
    " FROM (SELECT w.subscription_id, w.kind, w.starts_at, count(*) AS holds,"
    "         sum(g.price)::bigint AS cents"
    "         FROM unnest(CAST(:subscriptions AS bigint[]), CAST(:prices AS bigint[]),"
    "                     CAST(:held AS timestamptz[]))"
    "              AS g (subscription, price, held)"
    "         JOIN subscription_window w ON w.subscription_id = g.subscription"
    "          AND w.starts_at <= g.held AND g.held < w.ends_at"
    "        GROUP BY w.subscription_id, w.kind, w.starts_at) AS gone"
    " WHERE subscription_window.subscription_id = gone.subscription_id"
    " AND subscription_window.kind = gone.kind"
    " AND subscription_window.starts_at = gone.starts_at"
)
MOVE_DEFICITS = text(
    "UPDATE subscription SET deficit_nano = deficit_nano + new.delta,"
    " last_sold_at = greatest(last_sold_at, new.sold_at)"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:deltas AS bigint[]),"
    " CAST(:sold AS timestamptz[])) AS new (id, delta, sold_at)"
    " WHERE subscription.id = new.id"
)
END_TRANSACTIONS = text(
    "UPDATE transaction SET status = 'released', released_at = now(),"
    " slot_burnt = :burnt, reason = new.reason"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS new (id, reason)"
    " WHERE transaction.id = new.id AND transaction.status = 'held'"
)
CAPTURE = text(
    "WITH captured AS ("
    "  UPDATE transaction SET status = 'captured', captured_at = now()"
    "   WHERE id = ANY(:ids) AND status = 'held'"
    ")"
    " UPDATE lead SET sold_count = sold_count + new.sold,"
    " delivered_at = coalesce(delivered_at, now()),"
    " status = CASE WHEN sold_count + new.sold = max_sales AND status = 'available'"
    " THEN 'sold' ELSE status END"
    " FROM unnest(CAST(:leads AS bigint[]), CAST(:sold AS bigint[]))"
    " AS new (id, sold) WHERE lead.id = new.id"
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


@dataclass(frozen=True)
class Held:
    """A held transaction that is about to end."""

    sale: Sale
    lead_id: int
    subscription_id: int
    held_at: datetime
    stakes: Mapping[int, int]
    is_test: bool


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
    deltas: Mapping[int, int], sold_at: Mapping[int, datetime] | None = None
) -> Asked:
    """Move what weighted routing owes those subscriptions, in billionths of a lead."""
    return MOVE_DEFICITS, {
        "ids": sorted(deltas),
        "deltas": [deltas[id_] for id_ in sorted(deltas)],
        "sold": [(sold_at or {}).get(id_) for id_ in sorted(deltas)],
    }


def release_holds(
    session: Session, chart: Chart, ending: Sequence[tuple[Held, str]]
) -> None:
    """Give slots, cap, deficits and money of held transactions back: (held, reason)."""
    if not ending:
        return
    _end(session, chart, ending, burnt=False)
    given = _counted(held.lead_id for held, _ in ending)
    counted = [held for held, _ in ending if not held.is_test]
    ask(
        session,
        (GIVE_BACK_SLOTS, {"ids": list(given), "given": list(given.values())}),
        (
            GIVE_BACK_WINDOWS,
            {
                "subscriptions": [held.subscription_id for held in counted],
                "prices": [held.sale.price_cents for held in counted],
                "held": [held.held_at for held in counted],
            },
        ),
        deficits_moved(_given_back(held for held, _ in ending)),
    )
    reached("release.given_back")


def release_money(
    session: Session, chart: Chart, ending: Sequence[tuple[Held, str]]
) -> None:
    """Give the money alone back: the slot stays burnt, nobody else gets it."""
    if ending:
        _end(session, chart, ending, burnt=True)


def capture_holds(session: Session, chart: Chart, held: Sequence[Held]) -> None:
    """Capture transactions whose deliveries were accepted."""
    if not held:
        return
    sold = _counted(one.lead_id for one in held)
    marked = {
        "ids": [one.sale.transaction_id for one in held],
        "leads": list(sold),
        "sold": list(sold.values()),
    }
    entries = booked([chart.capture(one.sale) for one in held])
    ask(session, (CAPTURE, marked), entries)
    reached("capture.booked")


def _end(
    session: Session, chart: Chart, ending: Sequence[tuple[Held, str]], *, burnt: bool
) -> None:
    marked = {
        "ids": [held.sale.transaction_id for held, _ in ending],
        "reasons": [reason for _, reason in ending],
        "burnt": burnt,
    }
    ask(session, (END_TRANSACTIONS, marked))
    reached("release.marked")
    book(session, [chart.release(held.sale, reason) for held, reason in ending])


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


def _counted(ids: Iterable[int]) -> dict[int, int]:
    counts: dict[int, int] = defaultdict(int)
    for id_ in sorted(ids):
        counts[id_] += 1
    return dict(counts)


def _given_back(ending: Iterable[Held]) -> dict[int, int]:
    deltas: dict[int, int] = defaultdict(int)
    for held in ending:
        for subscription_id, stake in held.stakes.items():
            deltas[int(subscription_id)] -= stake
    return dict(deltas)
