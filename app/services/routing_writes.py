"""What a run of the router writes: holds, windows, deficits, decisions, the trace."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.crashes import reached
from app.domain.commission import commission_in_force
from app.domain.people import Actor
from app.domain.routing import Decision
from app.services.commission import terms_of
from app.services.holds import NewHold, deficits_moved, place_holds, windows_taken
from app.services.ledger import Chart, booked
from app.services.orders import Orders
from app.services.ping_log import Pinged, logged
from app.services.queueing import Wait
from app.services.routing_reads import Found
from app.services.trace import rfc3339
from app.trips import Asked, ask

log = logging.getLogger(__name__)

RECORD = text(
    """
WITH new AS (
  SELECT * FROM jsonb_to_recordset(CAST(:routed AS jsonb))
      AS new (lead_id bigint, decisions jsonb, counted bigint[], kind text,
              detail jsonb)
), runs AS (
  INSERT INTO routing_run (lead_id, decisions, counted)
  SELECT lead_id, decisions, counted FROM new
)
INSERT INTO lead_event (lead_id, kind, detail) SELECT lead_id, kind, detail FROM new
"""
)


@dataclass(frozen=True)
class Routed:
    """One lead with the decisions of this run.

    It waits where a free slot may be sold later that is not sold now.
    """

    row: Any
    decisions: list[Decision]
    wait: Wait | None = None

    @property
    def taken(self) -> list[Decision]:
        """The decisions that took a slot."""
        return [decision for decision in self.decisions if decision.taken]

    @property
    def is_stopped(self) -> bool:
        """Whether it waits for a kill switch to go off."""
        return self.wait is not None and self.wait.subscription_id is None

    @property
    def moves(self) -> bool:
        """Whether anything but the trace follows from the decisions."""
        return any(one.taken or one.owed is not None for one in self.decisions)


def write_routed(
    session: Session,
    found: Found,
    routed: Sequence[Routed],
    actor: Actor | None = None,
    pinged: Sequence[Pinged] = (),
    also: Iterable[Asked] = (),
) -> list[int]:
    """Write holds, windows, deficits, runs, pings and events.

    Return the transactions.
    """
    campaign, orders = found.campaign, found.orders
    holds = [_hold(one, decision, found) for one in routed for decision in one.taken]
    sales = place_holds(session, holds, campaign.now)
    ids = [sale.transaction_id for sale in sales]
    by_lead: dict[int, list[int]] = defaultdict(list)
    for hold, id_ in zip(holds, ids, strict=True):
        by_lead[hold.lead_id].append(id_)
    won = {(h.lead_id, h.subscription_id): i for h, i in zip(holds, ids, strict=True)}
    chart = Chart(session, campaign.currency, orders.balances)
    ask(
        session,
        *([booked([chart.hold(sale) for sale in sales])] if sales else []),
        *_counted(campaign.now, orders, routed),
        (RECORD, {"routed": json.dumps(_told(routed, by_lead, actor))}),
        *logged(pinged, won),
        *also,
    )
    reached("hold.booked")
    for lead_id, sold in by_lead.items():
        log.info("lead held: lead=%s transactions=%s", lead_id, sold)
    return ids


def _told(
    routed: Sequence[Routed], by_lead: Mapping[int, list[int]], actor: Actor | None
) -> list[dict[str, Any]]:
    """Return each lead's run and event, with the transactions that came of it."""
    who = {"by": actor.label} if actor else {}
    return [
        {
            "lead_id": one.row.id,
            "decisions": kept(one.decisions),
            "counted": [d.subscription_id for d in one.decisions if d.owed] or None,
            "kind": _kind(one),
            "detail": {
                "transactions": by_lead.get(one.row.id, []),
                **_waits_for(one),
                **who,
            },
        }
        for one in routed
    ]


def kept(decisions: Sequence[Decision]) -> list[list[Any]]:
    """Return decisions as they are stored with a run."""
    return [
        [
            decision.subscription_id,
            decision.partner_id,
            decision.reason,
            decision.rank,
            decision.price_cents,
            decision.taken,
            *(() if decision.bid_cents is None else (decision.bid_cents,)),
        ]
        for decision in decisions
    ]


def _kind(one: Routed) -> str:
    if one.taken:
        return "held"
    if one.wait is None:
        return "unsold"
    return "stopped" if one.is_stopped else "queued"


def _waits_for(one: Routed) -> dict[str, Any]:
    """Return until when a lead is queued, and for which order."""
    if one.wait is None or one.is_stopped:
        return {}
    return {
        "until": rfc3339(one.wait.until),
        "subscription_id": one.wait.subscription_id,
    }


def _hold(one: Routed, decision: Decision, found: Found) -> NewHold:
    campaign, orders = found.campaign, found.orders
    promise = timedelta(minutes=campaign.delivery_minutes)
    vendor = terms_of(one.row) if one.row.vendor_id is not None else None
    price = decision.charged_cents
    share = commission_in_force(vendor, terms_of(campaign), price, campaign.now)
    in_time = one.row.due_at is not None and one.row.due_at > campaign.now
    return NewHold(
        lead_id=one.row.id,
        campaign_id=campaign.id,
        partner_id=decision.partner_id,
        subscription_id=decision.subscription_id,
        endpoint_id=orders.endpoints[decision.subscription_id],
        vendor_id=one.row.vendor_id,
        commission_bp=share.bp,
        commission_cents=share.fixed_cents,
        price_cents=price,
        currency=campaign.currency,
        stakes={} if one.row.is_test else decision.stakes,
        due_at=one.row.due_at if in_time else campaign.now + promise,
        is_bulk=one.row.is_bulk or found.is_late(one.row),
        slots=decision.slots,
    )


def _counted(now: datetime, orders: Orders, routed: Sequence[Routed]) -> list[Asked]:
    """Count what was taken in windows and deficits; test leads do not count."""
    taken: dict[int, tuple[int, int]] = {}
    deltas: dict[int, int] = defaultdict(int)
    sold_at: dict[int, datetime] = {}
    for one in routed:
        if one.row.is_test:
            continue
        for decision in one.decisions:
            if decision.owed is not None:
                deltas[decision.subscription_id] += decision.owed
        for decision in one.taken:
            id_ = decision.subscription_id
            holds, cents = taken.get(id_, (0, 0))
            taken[id_] = (holds + 1, cents + decision.charged_cents)
            deltas[id_] += 0
            sold_at[id_] = now
            for other, stake in decision.stakes.items():
                deltas[other] += stake
    moved = deficits_moved(deltas, sold_at, orders.deficits_from)
    return [
        *([windows_taken(orders.windows_taken(taken))] if taken else []),
        *([moved] if deltas else []),
    ]
