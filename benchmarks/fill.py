"""Leads put into the database at once, as the intake would have stored them."""

import psycopg
from psycopg.rows import TupleRow

from benchmarks.seed import Shape

# Work of a run_at without end waits to be let go all at once.
WAITING = """
WITH stored AS (
  INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, industry, max_sales,
                    is_bulk, email_hash, phone_hash, live_at, due_at)
  SELECT uuidv7(), %(campaign)s, %(source)s, %(vendor)s, 'solar', 1, %(is_bulk)s,
         sha256(convert_to('email' || n, 'UTF8')),
         sha256(convert_to('phone' || n, 'UTF8')), now(), now() + interval '30 minutes'
    FROM generate_series(1, %(count)s) n
  RETURNING id, due_at
), contact AS (
  INSERT INTO lead_contact (lead_id, first_name, last_name, email, email_compared,
                            phone, address, city, state, zip, country, fields, consent)
  SELECT id, 'Ada', 'Byron', 'ada' || id || '@example.org', 'ada' || id
         || '@example.org', '+1415' || 2000000 + id %% 8000000, '1 Main St',
         'San Francisco', 'CA', '94105', 'US', '{"roof": "tile"}',
         '{"text": "I agree that up to three installers call me about my enquiry.",
           "given_at": "2026-11-20T10:00:00Z", "ip": "203.0.113.9"}'
    FROM stored
), event AS (
  INSERT INTO lead_event (lead_id, kind, detail)
  SELECT id, 'received', '{"kept_aside": []}' FROM stored
)
INSERT INTO work (stage, lead_id, campaign_id, group_id, is_bulk, run_at)
SELECT 'validation', id, %(campaign)s, %(source)s, %(is_bulk)s,
       CAST(%(run_at)s AS timestamptz) FROM stored
"""
# Old leads of all states, whose emails and phones the intake has to look among.
STORED = """
WITH stored AS (
  INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, industry, max_sales,
                    status, email_hash, phone_hash, received_at, live_at)
  SELECT uuidv7(), %(campaign)s, %(source)s, %(vendor)s, 'solar', 1,
         (ARRAY['available', 'expired', 'rejected'])[1 + n %% 3],
         sha256(convert_to('email' || n, 'UTF8')),
         sha256(convert_to('phone' || n, 'UTF8')),
         now() - make_interval(secs => n * 5), now() - make_interval(secs => n * 5)
    FROM generate_series(%(first)s, %(last)s) n
  RETURNING id
)
INSERT INTO lead_contact (lead_id, first_name, last_name, email, email_compared, phone,
                          address, city, state, zip, country, fields)
SELECT id, 'Ada', 'Byron', 'ada' || id || '@example.org', 'ada' || id || '@example.org',
       '+1415' || 2000000 + id %% 8000000, '1 Main St', 'San Francisco', 'CA', '94105',
       'US', '{"roof": "tile"}' FROM stored
"""
# Two months of leads, two of five sold, refunded now and then, handed over in time.
SOLD = """
WITH stored AS (
  INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, industry, max_sales,
                    status, validation_status, score, slots_taken, sold_count,
                    received_at, live_at, due_at)
  SELECT gen_random_uuid(), %(campaign)s, %(source)s, %(vendor)s, 'solar', 1, state,
         'valid', (n %% 100) / 100.0, (state = 'sold')::int, (state = 'sold')::int,
         at, at, at + interval '30 minutes'
    FROM (SELECT n, now() - make_interval(secs => (%(total)s - n) * 5) AS at,
                 CASE WHEN n %% 1000 = 1 THEN 'review' ELSE (ARRAY['sold', 'sold',
                   'available', 'expired', 'rejected'])[1 + n %% 5] END AS state
            FROM generate_series(%(first)s, %(last)s) n) made
  RETURNING id, received_at, status
), orders AS (
  SELECT id, partner_id, endpoint_id, row_number() OVER (ORDER BY id) - 1 AS number,
         count(*) OVER () AS many
    FROM subscription WHERE campaign_id = %(campaign)s
), sale AS (
  INSERT INTO transaction (public_id, lead_id, campaign_id, partner_id,
                           subscription_id, vendor_id, price_cents, currency,
                           commission_bp, status, refunded_cents, stakes, held_at,
                           captured_at)
  SELECT gen_random_uuid(), s.id, %(campaign)s, o.partner_id, o.id, %(vendor)s, 2500,
         'USD', 2000, CASE WHEN s.id %% 50 = 0 THEN 'refunded' ELSE 'captured' END,
         CASE WHEN s.id %% 50 = 0 THEN 2500 ELSE 0 END, '{}', s.received_at,
         s.received_at + make_interval(secs => s.id %% 97)
    FROM stored s JOIN orders o ON o.number = s.id %% o.many WHERE s.status = 'sold'
  RETURNING id, lead_id, partner_id, subscription_id, held_at, captured_at
)
INSERT INTO delivery (transaction_id, lead_id, partner_id, endpoint_id, status, tries,
                      held_at, due_at, run_at, ended_at)
SELECT s.id, s.lead_id, s.partner_id, o.endpoint_id, 'accepted', 1, s.held_at,
       s.held_at + interval '30 minutes', s.held_at, s.captured_at
  FROM sale s JOIN orders o ON o.id = s.subscription_id
"""
# Their triggers ask for bookings, of which there are none here.
GUARDED = ("lead", "transaction", "delivery")
CHUNK = 100_000

Admin = psycopg.Connection[TupleRow]


def fill_waiting(admin: Admin, shape: Shape, count: int) -> None:
    """Store received leads of that campaign whose work is not due yet."""
    _fill(admin, shape, count, is_bulk=False, run_at="infinity")
    settle(admin)


def let_go(admin: Admin) -> None:
    """Make the waiting work due now."""
    admin.execute("UPDATE work SET run_at = now() WHERE run_at = 'infinity'")


def fill_bulk(admin: Admin, shape: Shape, count: int) -> None:
    """Store leads of an upload whose work is due now."""
    for _ in range(0, count, CHUNK):
        _fill(admin, shape, min(CHUNK, count), is_bulk=True, run_at="now")
    settle(admin)


def fill_stored(admin: Admin, shape: Shape, count: int) -> None:
    """Store old leads of that campaign, with nothing due for them."""
    for first in range(1, count + 1, CHUNK):
        last = min(first + CHUNK - 1, count)
        admin.execute(STORED, {**_ids(shape), "first": first, "last": last})
    settle(admin)


def fill_sold(admin: Admin, shape: Shape, count: int) -> None:
    """Store leads of that campaign with sales and hand-overs, none of it booked."""
    for table in GUARDED:
        admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for first in range(1, count + 1, CHUNK):
        last = min(first + CHUNK - 1, count)
        values = {**_ids(shape), "first": first, "last": last, "total": count}
        admin.execute(SOLD, values)
    for table in GUARDED:
        admin.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    settle(admin)


def forget_work(admin: Admin) -> None:
    """Take every lead off the stages, so that a next measurement begins without."""
    admin.execute("TRUNCATE work")


def settle(admin: Admin) -> None:
    """Do now what autovacuum would do during a measurement, statistics included."""
    admin.execute(
        "VACUUM (ANALYZE) lead, lead_contact, lead_event, work,"
        " idempotency_key, campaign, source, transaction, delivery"
    )


def _fill(
    admin: Admin, shape: Shape, count: int, *, is_bulk: bool, run_at: str
) -> None:
    bound = {"count": count, "is_bulk": is_bulk, "run_at": run_at}
    admin.execute(WAITING, {**_ids(shape), **bound})


def _ids(shape: Shape) -> dict[str, int]:
    return {
        "campaign": shape.campaign_id,
        "source": shape.source_id,
        "vendor": shape.vendor_id,
    }
