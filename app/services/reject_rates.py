"""Rejection rates: of the leads won with a bid lately, what share was then refused.

Who bids high and takes little would keep leads from those who pay for them. Kept in a
column that routing reads anyway, measured by the clock.
"""

from sqlalchemy import text

from app.db import transaction
from app.domain.returns import return_rate_bp

# What nobody won with for thirty days counts as nothing again.
MEASURE = text(
    "WITH won AS (SELECT g.subscription_id AS id, count(*) AS won,"
    "  count(*) FILTER (WHERE d.status = 'rejected') AS refused"
    "  FROM ping g JOIN delivery d ON d.transaction_id = g.transaction_id"
    "  JOIN lead l ON l.id = g.lead_id AND NOT l.is_test"
    "  WHERE g.transaction_id IS NOT NULL AND g.at > now() - interval '30 days'"
    "  GROUP BY g.subscription_id)"
    " SELECT s.id, s.reject_rate_bp, coalesce(w.won, 0) AS won,"
    " coalesce(w.refused, 0) AS refused FROM subscription s LEFT JOIN won w USING (id)"
    " WHERE s.reject_rate_bp > 0 OR w.refused > 0 ORDER BY s.id"
)
WRITE = text(
    "WITH new AS (SELECT * FROM unnest(CAST(:ids AS bigint[]),"
    "  CAST(:rates AS bigint[])) AS new (id, rate)),"
    " locked AS (SELECT s.id FROM subscription s JOIN new USING (id)"
    "  ORDER BY s.id FOR NO KEY UPDATE OF s)"
    " UPDATE subscription SET reject_rate_bp = new.rate"
    " FROM new JOIN locked USING (id) WHERE subscription.id = new.id"
)


def measure_rejections() -> None:
    """Measure anew how much each subscription refuses of what it wins."""
    with transaction() as session:
        rates = {
            row.id: rate
            for row in session.execute(MEASURE)
            # Each lead counts as one of money: a share of leads, not of their prices.
            if (rate := return_rate_bp(row.refused, row.won, row.won))
            != row.reject_rate_bp
        }
        if rates:
            session.execute(WRITE, {"ids": list(rates), "rates": list(rates.values())})
