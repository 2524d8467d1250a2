"""The log of pings: written with the run that they were for.

Ids, amounts and codes only; what the partner was told is in its endpoint's mapping.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from app.gateways.delivery.ping import Answer
from app.trips import Asked

ADD = text(
    "INSERT INTO ping (lead_id, subscription_id, endpoint_id, elapsed_ms, status_code,"
    " bid_cents, code, ping_id, transaction_id)"
    " SELECT * FROM jsonb_to_recordset(CAST(:pings AS jsonb)) AS new (lead_id bigint,"
    " subscription_id bigint, endpoint_id bigint, elapsed_ms bigint,"
    " status_code bigint, bid_cents bigint, code text, ping_id text,"
    " transaction_id bigint)"
)


@dataclass(frozen=True)
class Pinged:
    """One question that was asked, or could not be, and what came of it."""

    lead_id: int
    subscription_id: int
    endpoint_id: int
    answer: Answer
    elapsed_ms: int = 0
    status_code: int | None = None


def logged(pinged: Sequence[Pinged], won: Mapping[tuple[int, int], int]) -> list[Asked]:
    """Return what writes pings; `won` are transactions by lead and subscription."""
    rows = [
        {
            "lead_id": one.lead_id,
            "subscription_id": one.subscription_id,
            "endpoint_id": one.endpoint_id,
            "elapsed_ms": one.elapsed_ms,
            "status_code": one.status_code,
            "bid_cents": one.answer.bid.cents,
            "code": one.answer.bid.code or None,
            "ping_id": one.answer.ping_id,
            "transaction_id": won.get((one.lead_id, one.subscription_id)),
        }
        for one in pinged
    ]
    return [(ADD, {"pings": json.dumps(rows)})] if rows else []
