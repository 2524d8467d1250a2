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
