"""The trace: every step of a lead, and why each subscription did or did not get it.

Ids and codes only; contact data is never written here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.db import transaction
from app.models.lead import LeadEvent
from app.models.work import RoutingRun

# One JSON text costs a fraction of an array of them: nothing is escaped twice.
ADD = text(
    "INSERT INTO lead_event (lead_id, kind, detail) SELECT lead_id, kind, detail"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb))"
    " AS new (lead_id bigint, kind text, detail jsonb)"
)

OF_LEAD = text(
    "SELECT g.at, g.subscription_id, s.partner_id, g.endpoint_id, g.elapsed_ms,"
    " g.status_code, g.bid_cents, g.code, g.transaction_id"
    " FROM ping g JOIN subscription s ON s.id = g.subscription_id"
    " WHERE g.lead_id = :lead ORDER BY g.id"
)


def record(
    session: Session, lead_id: int, kind: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Write one step of a lead's way."""
    session.add(LeadEvent(lead_id=lead_id, kind=kind, detail=detail))


def record_all(
    session: Session, steps: Sequence[tuple[int, str, Mapping[str, Any] | None]]
) -> None:
    """Write the steps of many leads in one statement: (lead id, kind, detail)."""
    if steps:
        rows = [{"lead_id": lead, "kind": kind, "detail": d} for lead, kind, d in steps]
        session.execute(ADD, {"rows": json.dumps(rows)})


def trace_of(lead_id: int) -> dict[str, Any]:
    """Return a lead's events, the decisions of every run of the router, its pings.

    Decisions stand in the order of the runs, so that a later one of the same
    subscription follows the earlier.
    """
    with transaction() as session:
        events = session.scalars(
            select(LeadEvent).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.id)
        )
        runs = session.scalars(
            select(RoutingRun)
            .where(RoutingRun.lead_id == lead_id)
            .order_by(RoutingRun.id)
        )
        return {
            "events": [
                {
                    "at": rfc3339(event.at),
                    "kind": event.kind,
                    "detail": event.detail or {},
                }
                for event in events
            ],
            "decisions": [
                {"run": number, "at": rfc3339(run.at), **read_decision(decision)}
                for number, run in enumerate(runs, start=1)
                for decision in run.decisions
            ],
            "pings": _pings(session, lead_id),
        }


def read_decision(kept: Sequence[Any]) -> dict[str, Any]:
    """Spell out a kept [subscription, partner, reason, rank, price, taken].

    A bid that returns have lowered below the price stands at the end.
    """
    subscription, partner, reason, rank, price, taken, *bid = kept
    return {
        "subscription_id": subscription,
        "partner_id": partner,
        "eligible": reason is None,
        "reason": reason,
        "rank": rank,
        "price_cents": price,
        "bid_cents": bid[0] if bid else price,
        "taken": bool(taken),
    }


def _pings(session: Session, lead_id: int) -> list[dict[str, Any]]:
    return [
        {
            "at": rfc3339(row.at),
            "subscription_id": row.subscription_id,
            "partner_id": row.partner_id,
            "endpoint_id": row.endpoint_id,
            "elapsed_ms": row.elapsed_ms,
            "status_code": row.status_code,
            "bid_cents": row.bid_cents,
            "reason": None if row.code is None else f"bid:{row.code}",
            "won": row.transaction_id is not None,
        }
        for row in session.execute(OF_LEAD, {"lead": lead_id})
    ]


def rfc3339(at: Any) -> str | None:  # noqa: ANN401 - a datetime or nothing
    """Return a time as RFC 3339 in UTC, or None."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")
