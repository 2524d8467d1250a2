"""Routing: each campaign's due leads go to the subscriptions that may have them.

One short transaction per campaign and batch: everything is read under lock, decided
in memory by `app.domain.routing`, and written set by set.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.crashes import reached
from app.db import transaction
from app.domain.commission import Terms, commission_in_force
from app.domain.eligibility import waits_for_switch, why_ineligible
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.people import Actor
from app.domain.routing import Decision, apply, route
from app.domain.states import Method, Stage
from app.models.sale import Transaction
from app.queue import ring
from app.services.audit import record
from app.services.holds import NewHold, deficits_moved, place_holds, windows_taken
from app.services.ledger import Chart, booked
from app.services.orders import Orders
from app.services.routing_reads import Found, find_to_hold, look
from app.services.trace import record_all
from app.services.work import Claim, finished, postpone, work_through
from app.trips import Asked, ask

log = logging.getLogger(__name__)

BATCH = 100
PAST_DUE = {"transactions": [], "reason": "past_due"}
LAST_RUNS = text(
    "SELECT DISTINCT ON (lead_id) lead_id, decisions FROM routing_run"
    " WHERE lead_id = ANY(:leads) ORDER BY lead_id, id DESC"
)
RECORD = text(
    """
WITH new AS (
  SELECT * FROM jsonb_to_recordset(CAST(:routed AS jsonb))
      AS new (lead_id bigint, decisions jsonb, kind text, detail jsonb)
), runs AS (
  INSERT INTO routing_run (lead_id, decisions) SELECT lead_id, decisions FROM new
)
INSERT INTO lead_event (lead_id, kind, detail) SELECT lead_id, kind, detail FROM new
"""
)


@dataclass(frozen=True)
class Routed:
    """One lead with the decisions of this run.

    It waits where a kill switch keeps a free slot from being sold.
    """

    row: Any
    decisions: list[Decision]
    waits: bool = False

    @property
    def taken(self) -> list[Decision]:
        """The decisions that took a slot."""
        return [decision for decision in self.decisions if decision.taken]


def route_due() -> int:
    """Route a batch of due leads by campaign; return how many were claimed."""
    return work_through(Stage.routing, BATCH, _route_part)


def sell_lead(lead_id: int, subscription_id: int, actor: Actor) -> Transaction:
    """Sell a lead by hand to one subscription; its limits hold as for any other.

    Raises NotAllowed, NotFound, Conflict with the reason why it may not have it.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may sell by hand.")
    with transaction() as session:
        campaign_id = session.scalar(
            text("SELECT campaign_id FROM lead WHERE id = :lead"), {"lead": lead_id}
        )
        if campaign_id is None:
            raise NotFound("There is no such lead.")
        found = find_to_hold(session, campaign_id, [lead_id], by_hand=subscription_id)
        [row], orders = found.leads, found.orders
        if row.status != "available":
            raise Conflict("Only an available lead can be sold.", "not_available")
        chosen = [one for one in orders.facts if one.id == subscription_id]
        if not chosen:
            raise NotFound("There is no such subscription on this lead's campaign.")
        orders.facts = chosen
        routed = _route_lead(row, found)
        if not routed.taken:
            reason = routed.decisions[0].reason or "no_free_slot"
            raise Conflict(f"It may not have this lead: {reason}.", reason)
        [transaction_id] = _write(session, found, [routed], actor)
        ring(Stage.delivery)
        sold = session.get(Transaction, transaction_id)
        if sold is None:
            raise NotFound("There is no such transaction.")
        detail = {"transaction_id": sold.id, "subscription_id": subscription_id}
        record(session, actor, "lead.sold", f"lead:{lead_id}", None, detail)
        return sold


def has_alternative(session: Session, lead_id: int) -> bool:
    """Say whether another subscription could have the lead if this one gave it back."""
    campaign_id = session.scalar(
        text("SELECT campaign_id FROM lead WHERE id = :lead"), {"lead": lead_id}
    )
    found = look(session, campaign_id, [lead_id])
    [row], campaign, orders = found.leads, found.campaign, found.orders
    if campaign.status != "active":
        return False
    facts = found.facts(row)
    open_to = orders.free_of_charge() if row.is_test else orders.facts
    return any(
        next(why_ineligible(facts, one, orders.standing, campaign.now), None) is None
        for one in open_to
    )


def _route_part(part: Claim) -> None:
    """Route leads of one campaign."""
    lead_ids, campaign_id = part.lead_ids, part.rows[0].campaign_id
    with transaction("routing.hold") as session:
        found = find_to_hold(session, campaign_id, lead_ids, part.token)
        campaign, ours = found.campaign, [row.id for row in found.leads]
        if campaign.status == "paused":
            postpone(session, ours)
            return
        rows = [row for row in found.leads if _is_to_sell(row, campaign)]
        late = [row for row in rows if _is_past_due(row, campaign)]
        record_all(session, [(row.id, "unsold", PAST_DUE) for row in late])
        routed = [_route_lead(row, found) for row in rows if row not in late]
        waiting = frozenset(one.row.id for one in routed if one.waits)
        if waiting:
            routed = _news(session, routed)
            postpone(session, waiting)
        done = finished(sorted(set(ours) - waiting))
        if _write(session, found, routed, also=[done]):
            ring(Stage.delivery)


def _is_to_sell(row: Any, campaign: Any) -> bool:  # noqa: ANN401 - rows
    is_open = row.status == "available" and campaign.status == "active"
    return bool(is_open and row.slots_taken < row.max_sales)


def _is_past_due(row: Any, campaign: Any) -> bool:  # noqa: ANN401 - rows
    """Whether the promise has passed: such a lead is sold by hand or on the market."""
    return bool(row.due_at is not None and row.due_at <= campaign.now)


def _route_lead(row: Any, found: Found) -> Routed:  # noqa: ANN401 - a row
    """Decide on one lead; a test lead costs nothing and moves nothing."""
    campaign, orders = found.campaign, found.orders
    method = Method(campaign.method)
    facts = orders.free_of_charge() if row.is_test else orders.facts
    lead = found.facts(row)
    decisions = route(lead, facts, orders.standing, method, campaign.now)
    if not row.is_test:
        apply(decisions, orders.standing, campaign.now)
    has_room = sum(one.taken for one in decisions) < lead.free_slots
    waits = campaign.stopped is not None or any(
        waits_for_switch(lead, one, orders.standing, campaign.now)
        for one in facts
        if one.stopped is not None
    )
    return Routed(row, decisions, waits and has_room)


def _news(session: Session, routed: Sequence[Routed]) -> list[Routed]:
    """Leave out the leads that wait as their last run said already."""
    waiting = [one.row.id for one in routed if one.waits]
    last = {
        row.lead_id: row.decisions
        for row in session.execute(LAST_RUNS, {"leads": waiting})
    }
    return [one for one in routed if last.get(one.row.id) != _kept(one.decisions)]


def _write(
    session: Session,
    found: Found,
    routed: Sequence[Routed],
    actor: Actor | None = None,
    also: Iterable[Asked] = (),
) -> list[int]:
    """Write holds, windows, deficits, runs and events; return the transactions."""
    campaign, orders = found.campaign, found.orders
    holds = [
        _hold(one, decision, campaign, orders)
        for one in routed
        for decision in one.taken
    ]
    sales = place_holds(session, holds, campaign.now)
    ids = [sale.transaction_id for sale in sales]
    by_lead: dict[int, list[int]] = defaultdict(list)
    for hold, id_ in zip(holds, ids, strict=True):
        by_lead[hold.lead_id].append(id_)
    who = {"by": actor.label} if actor else {}
    rows = [
        {
            "lead_id": one.row.id,
            "decisions": _kept(one.decisions),
            "kind": _kind(one),
            "detail": {"transactions": by_lead[one.row.id], **who},
        }
        for one in routed
    ]
    chart = Chart(session, campaign.currency, orders.balances)
    ask(
        session,
        *([booked([chart.hold(sale) for sale in sales])] if sales else []),
        *_counted(campaign.now, orders, routed),
        (RECORD, {"routed": json.dumps(rows)}),
        *also,
    )
    reached("hold.booked")
    for lead_id, sold in by_lead.items():
        log.info("lead held: lead=%s transactions=%s", lead_id, sold)
    return ids


def _kind(one: Routed) -> str:
    if one.taken:
        return "held"
    return "stopped" if one.waits else "unsold"


def _hold(
    one: Routed,
    decision: Decision,
    campaign: Any,  # noqa: ANN401 - a row
    orders: Orders,
) -> NewHold:
    promise = timedelta(minutes=campaign.delivery_minutes)
    vendor = _terms(one.row) if one.row.vendor_id is not None else None
    price = decision.price_cents
    share = commission_in_force(vendor, _terms(campaign), price, campaign.now)
    in_time = one.row.due_at is not None and not _is_past_due(one.row, campaign)
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
        is_bulk=one.row.is_bulk,
    )


def _terms(row: Any) -> Terms:  # noqa: ANN401 - a row of a vendor or a campaign
    return Terms(
        row.commission_bp,
        row.commission_cents,
        row.intro_commission_bp,
        row.intro_until,
    )


def _counted(now: datetime, orders: Orders, routed: Sequence[Routed]) -> list[Asked]:
    """Count what was taken in windows and deficits; test leads do not count."""
    taken: dict[int, tuple[int, int]] = {}
    deltas: dict[int, int] = defaultdict(int)
    sold_at: dict[int, datetime] = {}
    for one in routed:
        if one.row.is_test:
            continue
        for decision in one.taken:
            id_ = decision.subscription_id
            holds, cents = taken.get(id_, (0, 0))
            taken[id_] = (holds + 1, cents + decision.price_cents)
            deltas[id_] += 0
            sold_at[id_] = now
            for other, stake in decision.stakes.items():
                deltas[other] += stake
    if not taken:
        return []
    return [
        windows_taken(orders.windows_taken(taken)),
        deficits_moved(deltas, sold_at),
    ]


def _kept(decisions: Sequence[Decision]) -> list[list[Any]]:
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
