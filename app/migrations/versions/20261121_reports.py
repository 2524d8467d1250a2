"""What reports count, with its day in UTC, and who is out of funds."""

from alembic import op

revision = "reports"
down_revision = "lists"
branch_labels = None
depends_on = None

VIEWS = {
    "report_lead": """
        SELECT id, received_at, (received_at AT TIME ZONE 'UTC')::date AS day,
               campaign_id, vendor_id, status
          FROM lead""",
    "report_sale": """
        SELECT id, captured_at, (captured_at AT TIME ZONE 'UTC')::date AS day,
               campaign_id, partner_id, vendor_id, currency,
               price_cents - refunded_cents AS net_cents
          FROM transaction
         WHERE captured_at IS NOT NULL""",
    "report_handover": """
        SELECT id, held_at, (held_at AT TIME ZONE 'UTC')::date AS day, partner_id,
               endpoint_id, status, breached_at IS NOT NULL AS is_late,
               extract(epoch FROM ended_at - held_at)::float8 AS seconds
          FROM delivery""",
    # Who pays in advance, and has too little for the dearest lead that is ordered.
    "partner_out_of_funds": """
        SELECT p.id AS partner_id
          FROM partner p
          JOIN account a ON a.partner_id = p.id AND a.currency = p.currency
                        AND a.kind = 'wallet'
         WHERE p.status = 'active' AND p.billing_mode = 'prepaid'
           AND a.balance_cents + p.credit_limit_cents < (
             SELECT max(coalesce(s.price_cents, c.price_cents))
               FROM subscription s JOIN campaign c ON c.id = s.campaign_id
              WHERE s.partner_id = p.id AND s.status = 'active' AND s.mode = 'auto'
                AND c.status = 'active')""",
}


def upgrade() -> None:
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW {name}")
