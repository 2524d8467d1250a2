"""Who is out of funds, looked for among those that order."""

from alembic import op

revision = "outoffunds"
down_revision = "beginnings"
branch_labels = None
depends_on = None

# Who pays in advance, and has too little for the dearest lead that is ordered.
FROM_ORDERS = """
CREATE OR REPLACE VIEW partner_out_of_funds AS
SELECT p.id AS partner_id
  FROM (SELECT s.partner_id, max(coalesce(s.price_cents, c.price_cents)) AS cents
          FROM subscription s JOIN campaign c ON c.id = s.campaign_id
         WHERE s.status = 'active' AND s.mode = 'auto' AND c.status = 'active'
         GROUP BY s.partner_id) dearest
  JOIN partner p ON p.id = dearest.partner_id
  JOIN account a ON a.partner_id = p.id AND a.currency = p.currency
                AND a.kind = 'wallet'
 WHERE p.status = 'active' AND p.billing_mode = 'prepaid'
   AND a.balance_cents + p.credit_limit_cents < dearest.cents"""
FROM_PARTNERS = """
CREATE OR REPLACE VIEW partner_out_of_funds AS
SELECT p.id AS partner_id
  FROM partner p
  JOIN account a ON a.partner_id = p.id AND a.currency = p.currency
                AND a.kind = 'wallet'
 WHERE p.status = 'active' AND p.billing_mode = 'prepaid'
   AND a.balance_cents + p.credit_limit_cents < (
     SELECT max(coalesce(s.price_cents, c.price_cents))
       FROM subscription s JOIN campaign c ON c.id = s.campaign_id
      WHERE s.partner_id = p.id AND s.status = 'active' AND s.mode = 'auto'
        AND c.status = 'active')"""


def upgrade() -> None:
    op.execute(FROM_ORDERS)


def downgrade() -> None:
    op.execute(FROM_PARTNERS)
