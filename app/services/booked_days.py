"""Money by the day it was booked: counted from the books once the day is over.

Entries are never changed, so a day that was counted after its end stays as it is;
today is counted on every run.
"""

from datetime import date

from sqlalchemy import text

from app.db import transaction

OPEN = text(
    "INSERT INTO booked_day (day) SELECT generate_series("
    "  (SELECT at::date FROM entry ORDER BY id LIMIT 1), current_date,"
    "  interval '1 day')::date ON CONFLICT DO NOTHING"
)
# An hour after its end, whatever began before it has been committed.
DUE = text(
    "SELECT day FROM booked_day WHERE counted_at < day + interval '25 hours'"
    " ORDER BY day DESC LIMIT 31"
)
# Its lock first: of two that count one day, the second counts what the first has left.
TAKE = text("UPDATE booked_day SET counted_at = now() WHERE day = :day")
FORGET = text("DELETE FROM money_day WHERE day = :day")
# What a day's entries of sales come to, for each of their campaign, partner and vendor.
BOOKED = """
    SELECT t.campaign_id, t.partner_id, coalesce(t.vendor_id, 0) AS vendor_id,
           e.currency,
           count(DISTINCT e.id) FILTER (WHERE e.kind = 'capture') AS sales,
           coalesce(sum(p.amount_cents)
             FILTER (WHERE e.kind IN ('capture', 'override')), 0) AS captured_cents,
           -coalesce(sum(p.amount_cents)
             FILTER (WHERE e.kind = 'refund'), 0) AS refunded_cents,
           coalesce(sum(p.amount_cents)
             FILTER (WHERE p.kind = 'payable'), 0) AS vendor_cents
      FROM entry e JOIN transaction t ON t.id = e.transaction_id
      LEFT JOIN (SELECT p.entry_id, p.amount_cents, a.kind
                   FROM posting p JOIN account a ON a.id = p.account_id
                  WHERE a.kind IN ('revenue', 'payable')) p ON p.entry_id = e.id
     WHERE e.at >= {day} AND e.at < {day} + 1
       AND e.kind IN ('capture', 'override', 'refund')
     GROUP BY 1, 2, 3, 4"""
DAY = "CAST(:day AS date)"
COUNT = text(
    f"INSERT INTO money_day SELECT {DAY}, b.* FROM ({BOOKED.format(day=DAY)}) b"  # noqa: S608 - ours
)


def count_booked_days() -> None:
    """Count today, and the days that were not yet over when they were counted."""
    with transaction() as session:
        session.execute(OPEN)
        due = session.scalars(DUE).all()
    for day in due:
        _count(day)


def _count(day: date) -> None:
    with transaction() as session:
        for statement in (TAKE, FORGET, COUNT):
            session.execute(statement, {"day": day})
