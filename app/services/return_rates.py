"""Return rates: what share of its money came back to a subscription lately.

Kept in a column that routing reads anyway: measured with each approval, and by the
clock as sales grow older.
"""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.returns import return_rate_bp

# Windows hold what a subscription took each day: thirty rows instead of its sales.
MEASURE = text(
    "SELECT s.id, s.return_rate_bp, b.cents, b.holds,"
    " (SELECT coalesce(sum(r.amount_cents), 0)::bigint FROM lead_return r"
    "   JOIN transaction t ON t.id = r.transaction_id AND t.held_at >= b.since"
    "  WHERE r.subscription_id = s.id AND r.status = 'approved') AS returned"
    " FROM subscription s CROSS JOIN LATERAL ("
    "  SELECT coalesce(sum(w.cents), 0)::bigint AS cents,"
    "   coalesce(sum(w.holds), 0)::bigint AS holds, min(w.starts_at) AS since"
    "   FROM subscription_window w WHERE w.subscription_id = s.id AND w.kind = 'day'"
    "    AND w.ends_at > now() - interval '30 days') b"
    " WHERE s.id = ANY(:ids) ORDER BY s.id FOR NO KEY UPDATE OF s"
)
WRITE = text(
    "UPDATE subscription SET return_rate_bp = new.rate"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:rates AS bigint[])) AS new (id, rate)"
    " WHERE subscription.id = new.id"
)
RATED = text("SELECT id FROM subscription WHERE return_rate_bp > 0 ORDER BY id")


def measure_rates(session: Session, subscription_ids: Sequence[int]) -> None:
    """Measure the return rates of those subscriptions anew, locking them by id."""
    rows = session.execute(MEASURE, {"ids": list(subscription_ids)})
    rates = {
        row.id: rate
        for row in rows
        if (rate := return_rate_bp(row.returned, row.cents, row.holds))
        != row.return_rate_bp
    }
    if rates:
        session.execute(WRITE, {"ids": list(rates), "rates": list(rates.values())})


def measure_returns() -> None:
    """Let rates fall as what was returned grows old: an approval alone raises one."""
    with transaction() as session:
        measure_rates(session, list(session.scalars(RATED)))
