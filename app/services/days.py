"""Figures of each day, counted by the clock, so that a report adds up few rows.

What came on a day goes on changing: a lead is sold, a sale refunded. So today is
counted on every run and the days before in turn, each as a whole: to count a day twice
changes nothing.
"""

from datetime import date, timedelta

from sqlalchemy import text

from app.db import transaction

KEPT_DAYS = 92
# With a run a minute every old day is counted again within half an hour.
IN_TURN = 3

OPEN = text(
    "INSERT INTO counted_day (day) SELECT current_date - ago"
    " FROM generate_series(0, :kept - 1) ago ON CONFLICT DO NOTHING"
)
DUE = text(
    "SELECT day FROM counted_day WHERE day = current_date OR counted_at = '-infinity'"
    "    OR day IN (SELECT day FROM counted_day ORDER BY counted_at LIMIT :in_turn)"
    " ORDER BY day DESC"
)
# Its lock first: of two that count one day, the second counts what the first has left.
TAKE = text("UPDATE counted_day SET counted_at = now() WHERE day = :day")
FORGET = "DELETE FROM {table} WHERE day = :day"
COUNTS = {
    "lead_day": "INSERT INTO lead_day"
    " (day, campaign_id, vendor_id, status, leads, sold)"
    " SELECT CAST(:day AS date), campaign_id, coalesce(vendor_id, 0), status, count(*),"
    " count(*) FILTER (WHERE sold_count > 0)"
    " FROM lead WHERE received_at >= :day AND received_at < :next"
    " GROUP BY campaign_id, coalesce(vendor_id, 0), status",
    "sale_day": "INSERT INTO sale_day"
    " SELECT CAST(:day AS date), campaign_id, partner_id,"
    " coalesce(vendor_id, 0), currency, count(*), sum(net_cents)"
    " FROM report_sale WHERE captured_at >= :day AND captured_at < :next"
    " GROUP BY campaign_id, partner_id, coalesce(vendor_id, 0), currency",
    # The bucket is the number of limits, in seconds, that a hand-over reaches.
    "handover_day": "INSERT INTO handover_day"
    " SELECT CAST(:day AS date), partner_id, status,"
    " width_bucket(seconds, ARRAY[5, 15, 60, 300, 900, 1800]::float8[]),"
    " count(*), count(*) FILTER (WHERE is_late)"
    " FROM report_handover WHERE held_at >= :day AND held_at < :next"
    " AND status IN ('accepted', 'rejected', 'undeliverable')"
    " GROUP BY partner_id, status, 4",
}


def count_days() -> None:
    """Count today, what was never counted, and the days that were longest ago."""
    with transaction() as session:
        session.execute(OPEN, {"kept": KEPT_DAYS})
        due = session.scalars(DUE, {"in_turn": IN_TURN}).all()
    for day in due:
        count_day(day)


def count_day(day: date) -> None:
    """Count what came, was sold and handed over on one day of UTC, from scratch."""
    bound = {"day": day, "next": day + timedelta(days=1)}
    with transaction() as session:
        session.execute(TAKE, {"day": day})
        for table, counted in COUNTS.items():
            session.execute(text(FORGET.format(table=table)), bound)
            session.execute(text(counted), bound)
