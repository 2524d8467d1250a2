"""Backfill: leads that nobody bought in time go to the router again, for an order.

Going back over them is a row; the clock puts a few at a time at the routing stage, the
newest first and as bulk, so that they keep no live lead waiting and flood no partner.
"""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.people import Actor
from app.domain.states import CampaignStatus, Mode, Stage, SubscriptionStatus
from app.models.subscription import Backfill, Subscription
from app.queue import ring
from app.services.audit import record
from app.services.stored import changes_of, is_new, stored

# Bulk leads that wait to be routed, and sales of a partner that wait to be handed over.
MOST_WAITING = 1_000
MOST_OPEN = 500
MOST_AT_ONCE = 500
WALKED = 5_000
# Another value of these may let in leads that were left before; a limit does when it
# rises. What an order is ranked by changes nothing for a lead that nobody bought.
TERMS = frozenset(
    {"status", "mode", "price_cents", "price_rules", "filters", "schedule"}
    | {"endpoint_id", "backfill_days", "timezone", "pacing"}
    # These keep it from leads, too, not only from its turn.
    | {"exclusive_price_cents", "sale_type", "group", "percent"}
)
LIMITS = ("_cap", "_caps", "_budget_cents", "_budgets_cents")

ASK = text(
    "INSERT INTO backfill (subscription_id) SELECT :subscription"
    " WHERE NOT EXISTS (SELECT FROM backfill WHERE subscription_id = :subscription"
    "   AND ended_at IS NULL AND before_lead_id IS NULL)"
)
FITS = (
    "l.slots_taken < l.max_sales AND NOT l.is_test"
    " AND l.live_at > now()"
    "   - make_interval(days => least(s.backfill_days, s.sell_days)::int)"
    " AND NOT EXISTS (SELECT FROM work w WHERE w.lead_id = l.id)"
    " AND NOT EXISTS (SELECT FROM transaction t WHERE t.lead_id = l.id"
    "   AND t.partner_id = s.partner_id AND (t.status <> 'released' OR t.slot_burnt))"
)
COUNT = text(
    "SELECT count(*) FROM (SELECT o.campaign_id, o.partner_id,"  # noqa: S608 - all is ours
    "   o.backfill_days, c.sell_days FROM subscription o"
    "   JOIN campaign c ON c.id = o.campaign_id WHERE o.id = :subscription) AS s"
    " JOIN lead l ON l.campaign_id = s.campaign_id AND l.status = 'available'"
    f" WHERE {FITS}"
)
NEXT = text(
    "SELECT b.id, b.subscription_id, b.before_lead_id,"
    " least(:most, :waiting - (SELECT count(*) FROM (SELECT FROM work"
    # What waits for bids is on its way; what waits for an order's moment is in no way.
    "     WHERE stage IN ('routing', 'ping') AND is_bulk AND set_aside_at IS NULL"
    "       AND (waits_for IS NULL OR run_at <= now()) LIMIT :waiting) AS bulk),"
    "   :open - (SELECT count(*) FROM (SELECT FROM delivery"
    "     WHERE is_bulk AND partner_id = s.partner_id AND set_aside_at IS NULL"
    "       AND ended_at IS NULL LIMIT :open) AS bulk)) AS room"
    " FROM backfill b JOIN subscription s ON s.id = b.subscription_id"
    " WHERE b.ended_at IS NULL AND b.id > :after"
    " ORDER BY b.id LIMIT 1 FOR UPDATE OF b SKIP LOCKED"
)
# What is walked over is bounded, whatever little of it fits.
PUT_BACK = text(
    f"""
WITH s AS (
  SELECT s.campaign_id, s.partner_id, s.backfill_days, c.sell_days
    FROM subscription s JOIN campaign c ON c.id = s.campaign_id
   WHERE s.id = :subscription AND s.status = 'active' AND s.mode = 'auto'
     AND c.status = 'active'
), walked AS MATERIALIZED (
  SELECT l.* FROM s, LATERAL (
    SELECT id, source_id, campaign_id, slots_taken, max_sales, is_test, live_at
      FROM lead WHERE campaign_id = s.campaign_id AND status = 'available'
       AND id < :before ORDER BY id DESC LIMIT :walked) AS l
), fits AS MATERIALIZED (
  SELECT l.* FROM walked AS l, s WHERE {FITS} ORDER BY l.id DESC LIMIT :room
), put AS (
  INSERT INTO work (stage, lead_id, campaign_id, group_id, is_bulk)
  SELECT 'routing', id, campaign_id, source_id, true FROM fits
  ON CONFLICT (lead_id) DO NOTHING RETURNING id
), reached AS (
  SELECT min(id) AS id FROM walked
   WHERE (SELECT count(*) FROM fits) < :room
   UNION ALL
  SELECT min(id) FROM fits HAVING count(*) = :room
)
UPDATE backfill b
   SET leads = leads + (SELECT count(*) FROM put),
       before_lead_id = coalesce((SELECT min(id) FROM reached), :before),
       ended_at = CASE WHEN NOT EXISTS (SELECT FROM walked) THEN now() END
 WHERE b.id = :id RETURNING (SELECT count(*) FROM put) AS leads
"""  # noqa: S608 - all is ours
)
NEWEST = 2**63 - 1


def is_widened(order: Subscription) -> bool:
    """Say whether what is set on an order may let in late leads that it left before."""
    is_open = (
        order.backfill_days
        and order.status in {None, SubscriptionStatus.active}
        and order.mode in {None, Mode.auto}
    )
    if not is_open or is_new(order):
        return bool(is_open)
    changes = changes_of(order)
    limits = [name for name in changes if name.endswith(LIMITS)]
    return bool(changes & TERMS) or any(
        _rises(stored(order, name), getattr(order, name)) for name in limits
    )


def go_back(session: Session, subscription_id: int) -> None:
    """Have the clock go over the unsold leads of an order's days."""
    session.execute(ASK, {"subscription": subscription_id})


def backfill(subscription_id: int, actor: Actor) -> int:
    """Go back over an order's days by hand; return how many leads are routed again.

    Raises NotAllowed, NotFound, Conflict where it takes no such leads.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may do this.")
    with transaction() as session:
        order = session.get(Subscription, subscription_id)
        if order is None:
            raise NotFound("There is no such subscription.")
        if not order.backfill_days:
            message = "Set first how many days old its leads may be."
            raise Conflict(message, "no_backfill")
        if (order.status, order.mode, order.campaign.status) != (
            SubscriptionStatus.active,
            Mode.auto,
            CampaignStatus.active,
        ):
            message = "Only an automatic, active subscription on an active campaign"
            raise Conflict(f"{message} takes leads by itself.", "not_active")
        leads = session.scalar(COUNT, {"subscription": order.id}) or 0
        go_back(session, order.id)
        subject = f"subscription:{order.id}"
        record(
            session, actor, "subscription.backfilled", subject, None, {"leads": leads}
        )
        return leads


def last_backfill(subscription_id: int) -> Backfill | None:
    """Return how far the newest going back for an order is, or None."""
    with transaction() as session:
        return session.scalar(
            select(Backfill)
            .where(Backfill.subscription_id == subscription_id)
            .order_by(Backfill.id.desc())
            .limit(1)
        )


def put_leads_back() -> None:
    """Put some leads of each order that asked for it back to the routing stage."""
    after: int | None = 0
    while after is not None:
        after = _put_some_back(after)


def _put_some_back(after: int) -> int | None:
    """Do a step of the next one; return its id, or None where there is none left."""
    bound = {
        "after": after,
        "most": MOST_AT_ONCE,
        "waiting": MOST_WAITING,
        "open": MOST_OPEN,
    }
    with transaction() as session:
        found = session.execute(NEXT, bound).first()
        if found is None:
            return None
        if found.room > 0:
            step = {
                "id": found.id,
                "subscription": found.subscription_id,
                "before": found.before_lead_id or NEWEST,
                "walked": WALKED,
                "room": found.room,
            }
            if session.scalar(PUT_BACK, step):
                ring(Stage.routing)
        return int(found.id)


def _rises(before: object, after: object) -> bool:
    if before is None or after is None:
        return before is not None
    if isinstance(before, int) and isinstance(after, int):
        return after > before
    return before != after
