"""Leads that wait at their stage: until when, for which order, and what wakes them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.states import Stage
from app.queue import ring
from app.trips import Asked

POSTPONED_S = 30
POSTPONE = text(
    "UPDATE work SET run_at = coalesce(new.until,"
    "   now() + make_interval(secs => :wait)),"
    # Bids hold for one run: who waits is asked for new ones.
    " stage = CASE stage WHEN 'ping' THEN 'routing' ELSE stage END,"
    " lease_until = NULL, lease_token = NULL, attempts = 0, waits_for = new.waits_for"
    " FROM unnest(CAST(:leads AS bigint[]), CAST(:until AS timestamptz[]),"
    "   CAST(:waits_for AS bigint[])) AS new (lead_id, until, waits_for)"
    " WHERE work.lead_id = new.lead_id"
)
# Whoever is being routed looks at the order anyway, and must not be waited for.
WAKE = text(
    "UPDATE work SET run_at = now(), waits_for = NULL WHERE id IN (SELECT id FROM work"
    " WHERE waits_for = :subscription AND run_at > now() FOR UPDATE SKIP LOCKED)"
    " RETURNING id"
)


def postponed(waits: Mapping[int, tuple[datetime | None, int | None]]) -> Asked:
    """Return the statement that lets leads wait: {lead: (until, for which order)}.

    Until None is half a minute, after which it is looked again.
    """
    leads = sorted(waits)
    return POSTPONE, {
        "leads": leads,
        "until": [waits[lead][0] for lead in leads],
        "waits_for": [waits[lead][1] for lead in leads],
        "wait": POSTPONED_S,
    }


def wake(session: Session, subscription_id: int) -> None:
    """Route leads again that wait for an order: it is another one now."""
    if session.execute(WAKE, {"subscription": subscription_id}).all():
        ring(Stage.routing)
