"""A whole market put into the tables: leads, sales, hand-overs, books, people.

One lead in ten is of the first campaign, the others of the second. The books are whole:
their own trigger adds the balances up. Caps and routing are left out.
"""

from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from benchmarks.seed import Shape

# Two months of leads, two of five sold, refunded now and then, handed over in time.
LEADS = """
WITH stored AS (
  INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, industry, max_sales,
                    status, validation_status, score, slots_taken,
                    slots_sold, sold_count,
                    email_hash, phone_hash, received_at, live_at, due_at)
  SELECT gen_random_uuid(), (CAST(%(campaigns)s AS bigint[]))[side],
         (CAST(%(sources)s AS bigint[]))[side],
         (CAST(%(vendors)s AS bigint[]))[side],
         'solar', 1, state, 'valid', (n %% 100) / 100.0, (state = 'sold')::int,
         (state = 'sold')::int, (state = 'sold')::int,
         sha256(convert_to('email' || n, 'UTF8')),
         sha256(convert_to('phone' || n, 'UTF8')), at, at, at + interval '30 minutes'
    FROM (SELECT n, now() - make_interval(secs => (%(total)s - n) * 5) AS at,
                 CASE WHEN n / 5 %% 10 = 0 THEN 1 ELSE 2 END AS side,
                 CASE WHEN n %% 1000 = 1 THEN 'review' ELSE (ARRAY['sold', 'sold',
                   'available', 'expired', 'rejected'])[1 + n %% 5] END AS state
            FROM generate_series(CAST(%(first)s AS bigint), %(last)s) n) made
  RETURNING id, campaign_id, vendor_id, received_at, status
), contact AS (
  INSERT INTO lead_contact (lead_id, first_name, last_name, email, email_compared,
                            phone, address, city, state, zip, country, fields)
  SELECT id, 'Ada', 'Byron', 'ada' || id || '@example.org', 'ada' || id
         || '@example.org', '+1415' || 2000000 + id %% 8000000, '1 Main St',
         'San Francisco', 'CA', '94105', 'US', '{"roof": "tile"}' FROM stored
), event AS (
  INSERT INTO lead_event (lead_id, at, kind)
  SELECT id, received_at, kind FROM stored, (VALUES ('received'), ('valid')) k (kind)
), orders AS (
  SELECT id, campaign_id, partner_id, endpoint_id,
         row_number() OVER by_campaign - 1 AS number,
         count(*) OVER (PARTITION BY campaign_id) AS many
    FROM subscription WINDOW by_campaign AS (PARTITION BY campaign_id ORDER BY id)
), run AS (
  INSERT INTO routing_run (lead_id, at, decisions)
  SELECT s.id, s.received_at, jsonb_agg(jsonb_build_array(o.id, o.partner_id, NULL,
         o.number, 2500, o.number = s.id / 10 %% o.many) ORDER BY o.number)
    FROM stored s JOIN orders o USING (campaign_id) WHERE s.status = 'sold'
   GROUP BY s.id, s.received_at
), sale AS (
  INSERT INTO transaction (public_id, lead_id, campaign_id, partner_id,
                           subscription_id, vendor_id, price_cents, currency,
                           commission_bp, status, refunded_cents, stakes, held_at,
                           captured_at)
  SELECT gen_random_uuid(), s.id, s.campaign_id, o.partner_id, o.id, s.vendor_id, 2500,
         'USD', 2000, CASE WHEN s.id / 7 %% 50 = 0 THEN 'refunded' ELSE 'captured' END,
         CASE WHEN s.id / 7 %% 50 = 0 THEN 2500 ELSE 0 END, '{}', s.received_at,
         s.received_at + make_interval(secs => s.id %% 97)
    FROM stored s JOIN orders o USING (campaign_id)
   WHERE s.status = 'sold' AND o.number = s.id / 10 %% o.many
  RETURNING id, lead_id, partner_id, subscription_id, held_at, captured_at
), handed AS (
  INSERT INTO delivery (transaction_id, lead_id, partner_id, endpoint_id, status, tries,
                        held_at, due_at, run_at, ended_at)
  SELECT s.id, s.lead_id, s.partner_id, o.endpoint_id, 'accepted', 1, s.held_at,
         s.held_at + interval '30 minutes', s.held_at, s.captured_at
    FROM sale s JOIN orders o ON o.id = s.subscription_id
  RETURNING id, lead_id, ended_at
)
INSERT INTO attempt (delivery_id, lead_id, number, at, elapsed_ms, verdict, status_code,
                     request_body, reply_body)
SELECT id, lead_id, 1, ended_at, 80, 'accepted', 200, '{"contact": {}}', '{}'
  FROM handed
"""
# Holds, captures and refunds of the last sales, in the order of their times.
ENTRIES = """
INSERT INTO entry (at, kind, currency, transaction_id, actor)
SELECT at, kind, 'USD', id, 'system' FROM (
  SELECT id, held_at AS at, 'hold' AS kind FROM transaction WHERE id > %(after)s
  UNION ALL SELECT id, captured_at, 'capture' FROM transaction WHERE id > %(after)s
  UNION ALL SELECT id, captured_at + interval '1 hour', 'refund' FROM transaction
   WHERE id > %(after)s AND refunded_cents > 0) booked ORDER BY at, kind DESC
"""
POSTINGS = """
INSERT INTO posting (entry_id, account_id, currency, amount_cents, is_rare)
SELECT e.id, line.account, 'USD', line.cents, e.kind = 'refund'
  FROM entry e JOIN transaction t ON t.id = e.transaction_id
  JOIN account w ON w.partner_id = t.partner_id AND w.kind = 'wallet'
  JOIN account h ON h.partner_id = t.partner_id AND h.kind = 'holds'
  JOIN account p ON p.vendor_id = t.vendor_id AND p.kind = 'payable'
  JOIN account r ON r.kind = 'revenue' AND r.currency = t.currency, LATERAL (VALUES
    ('hold', w.id, -2500), ('hold', h.id, 2500), ('capture', h.id, -2500),
    ('capture', r.id, 500), ('capture', p.id, 2000), ('refund', w.id, 2500),
    ('refund', r.id, -500), ('refund', p.id, -2000)
  ) line (kind, account, cents)
 WHERE line.kind = e.kind AND e.id > %(after)s AND e.id <= %(last)s ORDER BY e.id
"""
REVENUE = """
INSERT INTO account (kind, currency) SELECT 'revenue', 'USD' WHERE NOT EXISTS (
  SELECT FROM account WHERE kind = 'revenue' AND currency = 'USD')
"""
# Many of everything else that a list shows.
CROWD = Path(__file__).with_name("crowd.sql")
# Few at a time: each row changes the chain's head, and what one transaction changed a
# hundred times it has to pass a hundred times.
AUDIT = """
INSERT INTO audit (user_id, role, action, subject, after)
SELECT (SELECT min(id) FROM ab_user) + n, 'admin',
       (ARRAY['partner.changed', 'campaign.changed', 'lead.approved'])[1 + n % 3],
       (ARRAY['partner', 'campaign', 'lead'])[1 + n % 3] || ':' || n,
       '{"name": "New"}' FROM generate_series(1, 100) n
"""
AUDITED = 1_000
# Their triggers would look at every sale by itself. Those of the books do their work:
# they move the balances, and mark them where a batch of bookings passes a mark.
GUARDED = ("lead", "transaction", "delivery")
CHUNK, BATCH = 50_000, 1_000

Admin = psycopg.Connection[TupleRow]


def fill_market(admin: Admin, shapes: Sequence[Shape], leads: int) -> None:
    """Fill the tables with that many leads of the two shapes, and all else."""
    values = {
        "campaigns": [shape.campaign_id for shape in shapes],
        "sources": [shape.source_id for shape in shapes],
        "vendors": [shape.vendor_id for shape in shapes],
        "total": leads,
    }
    admin.execute("SET synchronous_commit = off")
    # A plan made while the tables were small is none for what they hold now.
    admin.prepare_threshold = None
    admin.execute(REVENUE)
    for table in GUARDED:
        admin.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for first in range(1, leads + 1, CHUNK):
        last = min(first + CHUNK - 1, leads)
        sale, entry = _newest(admin, "transaction"), _newest(admin, "entry")
        admin.execute(LEADS, {**values, "first": first, "last": last})
        admin.execute("ANALYZE transaction")
        admin.execute(ENTRIES, {"after": sale})
        admin.execute("ANALYZE entry")
        for after in range(entry, _newest(admin, "entry"), BATCH):
            admin.execute(POSTINGS, {"after": after, "last": after + BATCH})
    for table in GUARDED:
        admin.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    admin.execute(CROWD.read_bytes())
    for _ in range(AUDITED):
        admin.execute(AUDIT)
    admin.execute("RESET synchronous_commit")
    admin.execute("VACUUM (ANALYZE)")


def _newest(admin: Admin, table: str) -> int:
    query = f"SELECT coalesce(max(id), 0) FROM {table}"  # noqa: S608 - ours
    [newest] = admin.execute(query).fetchone() or [0]
    return int(newest)
