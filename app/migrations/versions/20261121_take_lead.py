"""Take a lead in with one function: locks, the look for a twin, and every row."""

from alembic import op

revision = "take_lead"
down_revision = "registration"
branch_labels = None
depends_on = None

# Each statement of the function has a snapshot of its own, so what another transaction
# stored before it gave up the locks is seen. `+ 0` keeps the planner, which knows
# nothing of a young table, from walking a campaign's leads by another index.
TAKE_LEAD = """
CREATE FUNCTION take_lead(
  new_id uuid, campaign bigint, campaign_version bigint, source bigint,
  source_version bigint, vendor bigint, test boolean, trade text, sub text,
  most_sales bigint, minutes bigint, email_key bytea, phone_key bytea,
  dedupe_days bigint, contact text[], answers jsonb, aside jsonb, agreed jsonb,
  told jsonb, said_by text, said_as text, digest bytea, kept_s bigint,
  OUT said_hash bytea, OUT said_answer jsonb, OUT is_open boolean,
  OUT is_twin boolean, OUT due timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  since timestamptz := now() - dedupe_days * interval '1 day';
  new_lead bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(said_by || said_as, 0));
  IF dedupe_days > 0 AND email_key IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(
      hashtextextended(campaign || encode(email_key, 'hex'), 1));
  END IF;
  IF dedupe_days > 0 AND phone_key IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(
      hashtextextended(campaign || encode(phone_key, 'hex'), 2));
  END IF;
  SELECT body_hash, answer INTO said_hash, said_answer FROM idempotency_key
   WHERE caller = said_by AND key = said_as AND expires_at > now();
  is_open := EXISTS (
    SELECT FROM campaign c JOIN source s ON s.campaign_id = c.id
     WHERE c.id = take_lead.campaign AND c.version = campaign_version
       AND s.id = take_lead.source AND s.version = source_version);
  is_twin := EXISTS (
    SELECT FROM lead WHERE email_hash = email_key
       AND campaign_id + 0 = campaign AND received_at + interval '0' > since
  ) OR EXISTS (
    SELECT FROM lead WHERE phone_hash = phone_key
       AND campaign_id + 0 = campaign AND received_at + interval '0' > since);
  IF said_hash IS NOT NULL OR is_twin OR NOT is_open THEN
    RETURN;
  END IF;
  INSERT INTO lead (public_id, campaign_id, source_id, vendor_id, is_test, industry,
                    sub_id, max_sales, email_hash, phone_hash, live_at, due_at)
  VALUES (new_id, campaign, source, vendor, test, trade, sub, most_sales, email_key,
          phone_key, now(), now() + minutes * interval '1 minute')
  RETURNING id, due_at INTO new_lead, due;
  INSERT INTO lead_contact (lead_id, first_name, last_name, email, email_compared,
                            phone, address, city, state, zip, country, fields, extra,
                            consent)
  VALUES (new_lead, contact[1], contact[2], contact[3], contact[4], contact[5],
          contact[6], contact[7], contact[8], contact[9], contact[10], answers, aside,
          agreed);
  INSERT INTO lead_event (lead_id, kind, detail) VALUES (new_lead, 'received', told);
  INSERT INTO work (stage, lead_id, campaign_id, group_id)
  VALUES ('validation', new_lead, campaign, source);
  INSERT INTO idempotency_key (caller, key, body_hash, answer, expires_at)
  VALUES (said_by, said_as, digest, jsonb_build_object('id', new_id, 'due_at', due),
          now() + kept_s * interval '1 second')
  ON CONFLICT (caller, key) DO UPDATE SET body_hash = excluded.body_hash,
     answer = excluded.answer, expires_at = excluded.expires_at;
END $$
"""


def upgrade() -> None:
    """Make the function; the application's role may call what PUBLIC may."""
    op.execute(TAKE_LEAD)


def downgrade() -> None:
    """Take the function away, unless a later one already has."""
    op.execute("DROP FUNCTION IF EXISTS take_lead")
