"""What the house tidies by itself: leads nobody bought in time, and what is old."""

import logging

from sqlalchemy import text

from app.db import transaction

log = logging.getLogger(__name__)

EXPIRE = text(
    "WITH gone AS (SELECT l.id FROM lead l JOIN campaign c ON c.id = l.campaign_id"
    "  WHERE l.status = 'available' AND l.slots_taken = 0"
    "    AND l.live_at < now() - make_interval(days => c.sell_days::int)"
    "  ORDER BY l.id LIMIT 1000 FOR NO KEY UPDATE OF l SKIP LOCKED),"
    " event AS (INSERT INTO lead_event (lead_id, kind) SELECT id, 'expired' FROM gone),"
    " done AS (DELETE FROM work USING gone WHERE work.lead_id = gone.id)"
    " UPDATE lead SET status = 'expired' FROM gone WHERE lead.id = gone.id"
)
FORGET = (
    "DELETE FROM idempotency_key WHERE expires_at < now()",
    "DELETE FROM routing_run WHERE at < now() - interval '90 days'",
    "DELETE FROM refresh_token WHERE expires_at < now() - interval '30 days'",
    "DELETE FROM subscription_window WHERE ends_at < now() - interval '400 days'",
)


def expire_leads() -> None:
    """Expire leads that nobody bought within their campaign's `sell_days`."""
    with transaction() as session:
        session.execute(EXPIRE)


def forget_old() -> None:
    """Delete what is kept for a while only: keys, runs of the router, old windows."""
    with transaction() as session:
        for statement in FORGET:
            session.execute(text(statement))
