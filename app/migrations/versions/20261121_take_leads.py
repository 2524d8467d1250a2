"""Take leads in many at a time: one trip and one commit for those that wait."""

from importlib import import_module

from alembic import op

revision = "take_leads"
down_revision = "override"
branch_labels = None
depends_on = None

# One object each, since two dozen arguments took longer to bind. All locks come first
# and in one order, so that no two calls wait for each other. Each statement has a
# snapshot of its own: what another transaction stored before it gave up the locks is
# seen, and so is the post before in the same array. `+ 0` keeps the planner, which
# knows nothing of a young table, from walking a campaign's leads by another index.
TAKE_LEADS = """
CREATE FUNCTION take_leads(posts jsonb) RETURNS TABLE (
  said_hash bytea, said_answer jsonb, is_open boolean, is_twin boolean, due timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  p record;
  since timestamptz;
  new_lead bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(wanted.name) FROM (
    SELECT DISTINCT lock.name FROM jsonb_to_recordset(posts) AS one(
        campaign bigint, email_hash text, phone_hash text, dedupe_days bigint,
        caller text, key text)
     CROSS JOIN LATERAL (VALUES
        (hashtextextended(one.caller || one.key, 0), true),
        (hashtextextended(one.campaign || one.email_hash, 1), one.dedupe_days > 0),
        (hashtextextended(one.campaign || one.phone_hash, 2), one.dedupe_days > 0)
     ) AS lock(name, is_needed)
     WHERE lock.is_needed AND lock.name IS NOT NULL ORDER BY lock.name) AS wanted;
  FOR p IN SELECT * FROM jsonb_to_recordset(posts) AS one(
    public_id uuid, campaign bigint, campaign_version bigint, source bigint,
    source_version bigint, vendor bigint, is_test boolean, industry text, sub_id text,
    max_sales bigint, minutes bigint, email_hash bytea, phone_hash bytea,
    dedupe_days bigint, first_name text, last_name text, email text,
    email_compared text, phone text, address text, city text, state text, zip text,
    country text, fields jsonb, extra jsonb, consent jsonb, detail jsonb, caller text,
    key text, body_hash bytea, kept_s bigint)
  LOOP
    due := NULL;
    said_hash := NULL;
    said_answer := NULL;
    SELECT k.body_hash, k.answer INTO said_hash, said_answer FROM idempotency_key k
     WHERE k.caller = p.caller AND k.key = p.key AND k.expires_at > now();
    is_open := EXISTS (
      SELECT FROM campaign c JOIN source s ON s.campaign_id = c.id
       WHERE c.id = p.campaign AND c.version = p.campaign_version
         AND s.id = p.source AND s.version = p.source_version);
    since := now() - p.dedupe_days * interval '1 day';
    is_twin := p.dedupe_days > 0 AND (EXISTS (
      SELECT FROM lead l WHERE l.email_hash = p.email_hash
         AND l.campaign_id + 0 = p.campaign AND l.received_at + interval '0' > since
    ) OR EXISTS (
      SELECT FROM lead l WHERE l.phone_hash = p.phone_hash
         AND l.campaign_id + 0 = p.campaign AND l.received_at + interval '0' > since));
    IF said_hash IS NULL AND is_open AND NOT is_twin THEN
      INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, is_test, industry,
                        sub_id, max_sales, email_hash, phone_hash, live_at, due_at)
      VALUES (p.public_id, p.campaign, p.source, p.vendor, p.is_test, p.industry,
              p.sub_id, p.max_sales, p.email_hash, p.phone_hash, now(),
              now() + p.minutes * interval '1 minute')
      RETURNING id, due_at INTO new_lead, due;
      INSERT INTO lead_contact (lead_id, first_name, last_name, email, email_compared,
                                phone, address, city, state, zip, country, fields,
                                extra, consent)
      VALUES (new_lead, p.first_name, p.last_name, p.email, p.email_compared, p.phone,
              p.address, p.city, p.state, p.zip, p.country, p.fields, p.extra,
              p.consent);
      INSERT INTO lead_event (lead_id, kind, detail)
      VALUES (new_lead, 'received', p.detail);
      INSERT INTO work (stage, lead_id, campaign_id, group_id)
      VALUES ('validation', new_lead, p.campaign, p.source);
      INSERT INTO idempotency_key (caller, key, body_hash, answer, expires_at)
      VALUES (p.caller, p.key, p.body_hash,
              jsonb_build_object('id', p.public_id, 'due_at', due),
              now() + p.kept_s * interval '1 second')
      ON CONFLICT (caller, key) DO UPDATE SET body_hash = excluded.body_hash,
         answer = excluded.answer, expires_at = excluded.expires_at;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$
"""


def upgrade() -> None:
    """Make the function in the place of the one that took a single lead."""
    op.execute(TAKE_LEADS)
    op.execute("DROP FUNCTION take_lead(jsonb)")


def downgrade() -> None:
    """Put the function for a single lead back."""
    op.execute("DROP FUNCTION take_leads(jsonb)")
    op.execute(import_module("app.migrations.versions.20261121_take_lead").TAKE_LEAD)
