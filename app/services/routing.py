"""Routing: each campaign's due leads go to the subscriptions that may have them.

One short transaction per campaign and batch: everything is read under lock, decided
in memory by `app.domain.routing`, and written set by set.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.bids import Bid
from app.domain.currencies import write_amount
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.offers import to_be_asked
from app.domain.people import Actor
from app.domain.routing import apply, route
from app.domain.states import Stage
from app.models.sale import Transaction
from app.queue import ring
from app.services.audit import record
from app.services.ping_log import Pinged
from app.services.queueing import wait_of
from app.services.routing_reads import Found, find_to_hold
from app.services.routing_writes import Routed, kept, write_routed
from app.services.selling import (
    NO_FREE_SLOT,
    campaign_of,
    chosen_alone,
    lead_to_sell,
)
from app.services.trace import record_all
from app.services.waits import postponed
from app.services.work import Claim, finished, pass_on, work_through
from app.trips import ask

BATCH = 100
Bids = Mapping[int, Mapping[int, Bid]]
PAST_DUE = {"transactions": [], "reason": "past_due"}
LAST_RUNS = text(
    "SELECT DISTINCT ON (lead_id) lead_id, decisions FROM routing_run"
    " WHERE lead_id = ANY(:leads) ORDER BY lead_id, id DESC"
)


def route_due() -> int:
    """Route a batch of due leads by campaign; return how many were claimed."""
    return work_through(Stage.routing, BATCH, _route_part)


def sell_lead(
    lead_id: int, subscription_id: int, actor: Actor, at_cents: int | None = None
) -> Transaction:
    """Sell a lead by hand to one subscription; its limits hold as for any other.

    `at_cents` is the price that was shown to who decided. Raises NotAllowed, NotFound,
    Conflict with the reason why it may not have it, or where that price has changed.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may sell by hand.")
    with transaction() as session:
        campaign_id = campaign_of(session, lead_id)
        found = find_to_hold(session, campaign_id, [lead_id], by_hand=subscription_id)
        row = lead_to_sell(found)
        chosen = [one for one in found.orders.facts if one.id == subscription_id]
        if not chosen:
            raise NotFound("There is no such subscription on this lead's campaign.")
        found = chosen_alone(found, chosen[0])
        routed = _route_lead(row, found)
        if not routed.taken:
            reason = routed.decisions[0].reason or NO_FREE_SLOT
            raise Conflict(f"It may not have this lead: {reason}.", reason)
        _check_price(routed.taken[0].charged_cents, at_cents, found.campaign.currency)
        [transaction_id] = write_routed(session, found, [routed], actor)
        ring(Stage.delivery)
        sold = session.get(Transaction, transaction_id)
        if sold is None:
            raise NotFound("There is no such transaction.")
        detail = {"transaction_id": sold.id, "subscription_id": subscription_id}
        record(session, actor, "lead.sold", f"lead:{lead_id}", None, detail)
        return sold


def _check_price(price_cents: int, shown_cents: int | None, currency: str) -> None:
    if shown_cents not in {None, price_cents}:
        now = f"{write_amount(price_cents, currency)} {currency}"
        raise Conflict(f"The price has changed: it is {now} now.", "price_changed")


def route_with_bids(part: Claim, pinged: Sequence[Pinged]) -> None:
    """Route leads of one campaign whose bids are in; the bids hold for this run."""
    bids: dict[int, dict[int, Bid]] = {lead_id: {} for lead_id in part.lead_ids}
    for one in pinged:
        bids[one.lead_id][one.subscription_id] = one.answer.bid
    _route_part(part, bids, pinged)


def _route_part(
    part: Claim, bids: Bids | None = None, pinged: Sequence[Pinged] = ()
) -> None:
    """Route leads of one campaign; what is to be asked for bids first, goes there."""
    lead_ids, campaign_id = part.lead_ids, part.rows[0].campaign_id
    with transaction("routing.hold") as session:
        found = find_to_hold(session, campaign_id, lead_ids, part.token)
        campaign, ours = found.campaign, [row.id for row in found.leads]
        if campaign.status == "paused":
            ask(session, postponed(dict.fromkeys(ours, (None, None))))
            return
        rows = [row for row in found.leads if _is_to_sell(row, campaign)]
        late = [row for row in rows if found.is_too_late(row)]
        record_all(session, [(row.id, "unsold", PAST_DUE) for row in late])
        in_time = [row for row in rows if row not in late]
        asking = [row.id for row in in_time if bids is None and _asks(row, found)]
        routed = [
            _route_lead(row, found, None if bids is None else bids[row.id])
            for row in in_time
            if row.id not in asking
        ]
        waiting = {
            one.row.id: (one.wait.until, one.wait.subscription_id)
            for one in routed
            if one.wait
        }
        routed = _news(session, found, routed)
        also = [finished(sorted({*ours} - {*waiting} - {*asking}))]
        if waiting:
            also.append(postponed(waiting))
        if asking:
            also.append(pass_on(asking, Stage.ping))
            ring(Stage.ping)
        log = [one for one in pinged if one.lead_id in ours]
        if write_routed(session, found, routed, pinged=log, also=also):
            ring(Stage.delivery)


def _is_to_sell(row: Any, campaign: Any) -> bool:  # noqa: ANN401 - rows
    is_open = row.status == "available" and campaign.status == "active"
    return bool(is_open and row.slots_taken < row.max_sales)


def _asks(row: Any, found: Found) -> bool:  # noqa: ANN401 - a row
    orders, now = found.orders, found.campaign.now
    if not any(one.is_asked for one in orders.facts):
        return False
    lead = found.facts(row)
    return bool(to_be_asked(lead, orders.facts, orders.standing, found.terms, now))


def _route_lead(
    row: Any,  # noqa: ANN401 - a row
    found: Found,
    bids: Mapping[int, Bid] | None = None,
) -> Routed:
    """Decide on one lead; a test lead costs nothing and moves nothing."""
    campaign, orders = found.campaign, found.orders
    lead = found.facts(row, bids)
    decisions = route(lead, orders.facts, orders.standing, found.terms, campaign.now)
    if not row.is_test:
        apply(decisions, orders.standing, campaign.now)
    has_room = sum(one.slots for one in decisions) < lead.free_slots
    waits = has_room and not found.by_hand
    return Routed(
        row, decisions, wait_of(row, lead, decisions, found) if waits else None
    )


def _news(session: Session, found: Found, routed: Sequence[Routed]) -> list[Routed]:
    """Leave out leads that are stopped or late, for which nothing is as it was not."""
    again = [one.row.id for one in routed if one.is_stopped or found.is_late(one.row)]
    if not again:
        return [*routed]
    last = {
        row.lead_id: row.decisions
        for row in session.execute(LAST_RUNS, {"leads": again})
    }
    return [
        one
        for one in routed
        if one.moves or last.get(one.row.id) != kept(one.decisions)
    ]
