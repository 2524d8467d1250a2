"""What the house tidies by itself: leads nobody bought in time, and what is old."""

import logging
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import CursorResult, TextClause, text

from app.db import transaction
from app.services.days import KEPT_DAYS
from app.services.policy import policy

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
BATCH = 10_000
DAY_TABLES = ("counted_day", "lead_day", "sale_day", "handover_day")
NO_REFRESH = (
    "NOT EXISTS (SELECT FROM refresh_token t WHERE t.family_id = login_family.id)"
)
OLD = (
    ("idempotency_key", "expires_at < now()"),
    ("ping", "at < now() - make_interval(days => :decisions)"),
    ("routing_run", "at < now() - make_interval(days => :decisions)"),
    ("refusal", "at < now() - make_interval(days => :refusals)"),
    ("refresh_token", "expires_at < now() - interval '30 days'"),
    # Strangers' data: what was decided, and what nobody cared to decide.
    ("registration", "decided_at < now() - interval '30 days'"),
    ("registration", "created_at < now() - interval '180 days'"),
    # With its address; what still has tokens goes after they have.
    ("login_family", f"created_at < now() - interval '90 days' AND {NO_REFRESH}"),
    ("reset_token", "expires_at < now() - interval '30 days'"),
    ("outgoing_mail", "created_at < now() - make_interval(days => :mail)"),
    ("backfill", "ended_at < now() - interval '90 days'"),
    ("subscription_window", "ends_at < now() - interval '400 days'"),
    # Nobody looks back at an hour, and there are two dozen a day.
    ("subscription_window", "kind = 'hour' AND ends_at < now() - interval '3 days'"),
    *((table, f"day <= current_date - {KEPT_DAYS}") for table in DAY_TABLES),
)
FORGET = (
    "DELETE FROM {table} WHERE ctid = ANY(ARRAY("
    "SELECT ctid FROM {table} WHERE {old} LIMIT :batch))"
)


# A secret that signs no more is of use to nobody but who steals it.
FORGET_SECRETS = text(
    "UPDATE endpoint SET old_secret_sealed = NULL, old_secret_until = NULL"
    " WHERE old_secret_until < now()"
)


def expire_leads() -> None:
    """Expire leads that nobody bought within their campaign's `sell_days`."""
    with transaction() as session:
        session.execute(EXPIRE)


def forget_old() -> None:
    """Delete what is kept for a while only, batch by batch, until none is left."""
    bound = {
        "batch": BATCH,
        "decisions": policy.decisions_kept_days,
        "refusals": policy.refusals_kept_days,
        "mail": policy.mail_kept_days,
    }
    for table, old in OLD:
        statement = text(FORGET.format(table=table, old=old))
        while _delete(statement, bound) == BATCH:
            pass
    with transaction() as session:
        session.execute(FORGET_SECRETS)


def _delete(statement: TextClause, bound: Mapping[str, int]) -> int:
    with transaction() as session:
        result = session.execute(statement, bound)
        return cast("CursorResult[Any]", result).rowcount
