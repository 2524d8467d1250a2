"""Take a lead in with one function: locks, the look for a twin, and every row."""

from alembic import op

revision = "take_lead"
down_revision = "registration"
branch_labels = None
depends_on = None

# One object, since two dozen arguments took longer to bind. Each statement of the
# function has a snapshot of its own, so what another transaction stored before it gave
# up the locks is seen. `+ 0` keeps the planner, which knows nothing of a young table,
# from walking a campaign's leads by another index.
TAKE_LEAD = """
CREATE FUNCTION take_lead(
  post jsonb, OUT said_hash bytea, OUT said_answer jsonb, OUT is_open boolean,
  OUT is_twin boolean, OUT due timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  p record;
  since timestamptz;
  new_lead bigint;
BEGIN
  SELECT * INTO p FROM jsonb_to_record(post) AS one(
    public_id uuid, campaign bigint, campaign_version bigint, source bigint,
    source_version bigint, vendor bigint, is_test boolean, industry text, sub_id text,
    max_sales bigint, minutes bigint, email_hash bytea, phone_hash bytea,
    dedupe_days bigint, first_name text, last_name text, email text,
    email_compared text, phone text, address text, city text, state text, zip text,
    country text, fields jsonb, extra jsonb, consent jsonb, detail jsonb, caller text,
    key text, body_hash bytea, kept_s bigint);
  PERFORM pg_advisory_xact_lock(hashtextextended(p.caller || p.key, 0));
  IF p.dedupe_days > 0 AND p.email_hash IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(
      hashtextextended(p.campaign || encode(p.email_hash, 'hex'), 1));
  END IF;
  IF p.dedupe_days > 0 AND p.phone_hash IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(
      hashtextextended(p.campaign || encode(p.phone_hash, 'hex'), 2));
  END IF;
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
  IF said_hash IS NOT NULL OR is_twin OR NOT is_open THEN
    RETURN;
  END IF;
  INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, is_test, industry,
                    sub_id, max_sales, email_hash, phone_hash, live_at, due_at)
  VALUES (p.public_id, p.campaign, p.source, p.vendor, p.is_test, p.industry, p.sub_id,
          p.max_sales, p.email_hash, p.phone_hash, now(),
          now() + p.minutes * interval '1 minute')
  RETURNING id, due_at INTO new_lead, due;
  INSERT INTO lead_contact (lead_id, first_name, last_name, email, email_compared,
                            phone, address, city, state, zip, country, fields, extra,
                            consent)
  VALUES (new_lead, p.first_name, p.last_name, p.email, p.email_compared, p.phone,
          p.address, p.city, p.state, p.zip, p.country, p.fields, p.extra, p.consent);
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
END $$
"""


def upgrade() -> None:
    """Make the function; the application's role may call what PUBLIC may."""
    op.execute(TAKE_LEAD)


def downgrade() -> None:
    """Take the function away."""
    op.execute("DROP FUNCTION take_lead(jsonb)")
