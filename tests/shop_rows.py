"""What the shop asks of the database besides the services."""

from typing import Any

from sqlalchemy import text

from app.models.lead import Lead, LeadContact

NEW = {"id", "public_id", "max_sales", "email_hash", "phone_hash"}


def _columns(model: type[Any], without: set[str]) -> str:
    return ", ".join(c.name for c in model.__table__.columns if c.name not in without)


LEAD = _columns(Lead, NEW)
CONTACT = _columns(LeadContact, {"lead_id"})
COPY = f"""
WITH made AS (
  INSERT INTO lead (public_id, max_sales, email_hash, phone_hash, {LEAD})
  SELECT gen_random_uuid(), slots, sha256(uuid_send(gen_random_uuid())),
         sha256(uuid_send(gen_random_uuid())), {LEAD}
    FROM lead, unnest(CAST(%(slots)s AS bigint[])) AS slots WHERE id = %(lead)s
  RETURNING id, max_sales, campaign_id, source_id
), told AS (
  INSERT INTO lead_contact (lead_id, {CONTACT})
  SELECT made.id, {CONTACT} FROM lead_contact, made WHERE lead_id = %(lead)s
), due AS (
  INSERT INTO work (stage, lead_id, campaign_id, group_id, run_at)
  SELECT 'routing', id, campaign_id, source_id, now() FROM made WHERE %(due)s
)
SELECT id, max_sales AS slots FROM made
"""
END = text(
    "UPDATE delivery SET status = new.status, ended_at = now()"
    " FROM unnest(CAST(:sales AS bigint[]), CAST(:statuses AS text[]))"
    " AS new (sale, status) WHERE transaction_id = new.sale"
    " RETURNING id, transaction_id AS sale"
)
SOLD = (
    "SELECT id, lead_id, subscription_id FROM transaction"
    " WHERE lead_id = ANY(%(leads)s) AND status = 'held'"
)
# A night passes: what was is a day older.
OURS = "WHERE subscription_id = ANY(%(orders)s)"
ITS = "WHERE campaign_id = %(campaign)s"
OLDER = "{0} = {0} + CAST(%(by)s AS interval)".format
STARTS, ENDS = OLDER("starts_at"), OLDER("ends_at")
AGE = (
    f"UPDATE subscription_window SET {STARTS}, {ENDS} {OURS}",
    f"UPDATE transaction SET {OLDER('held_at')}, {OLDER('released_at')} {ITS}",
    f"UPDATE lead SET {OLDER('live_at')} {ITS}",
)
# Away and back again, so that no window meets the one of the day before.
NIGHT = ("-1000 days", "999 days")
BALANCES = (
    "SELECT kind, coalesce(partner_id, 0) AS owner, balance_cents FROM account"
    " WHERE partner_id = ANY(%(partners)s) OR vendor_id = %(vendor)s"
)
REVENUE = text(
    "SELECT coalesce(sum(p.amount_cents), 0) FROM posting p JOIN account a"
    " ON a.id = p.account_id AND a.kind = 'revenue' AND a.currency = 'USD'"
)
