"""Charge another price for a sale that was captured, by an entry of its own."""

import sqlalchemy as sa
from alembic import op

revision = "override"
down_revision = "returnagreed"
branch_labels = None
depends_on = None

KINDS = {
    "entry": "credit hold capture release refund adjustment",
    "money_order": "credit wallet payable refund",
}
SUBJECT = (
    "CASE {} ELSE partner_id END IS NOT NULL"
    " AND num_nonnulls(partner_id, vendor_id, transaction_id) = 1"
)
NEW_SUBJECT = SUBJECT.format(
    "WHEN kind = 'payable' THEN vendor_id"
    " WHEN kind IN ('refund', 'override') THEN transaction_id"
)
OLD_SUBJECT = SUBJECT.format(
    "kind WHEN 'payable' THEN vendor_id WHEN 'refund' THEN transaction_id"
)
CHARGED = "price_cents + override_cents"
REPORT = """
    CREATE OR REPLACE VIEW report_sale AS
    SELECT id, captured_at, (captured_at AT TIME ZONE 'UTC')::date AS day,
           campaign_id, partner_id, vendor_id, currency,
           {charged} - refunded_cents AS net_cents
      FROM transaction
     WHERE captured_at IS NOT NULL"""


def check(table: str, name: str, rule: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS ck_{table}_{name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({rule})")


def allow(table: str, more: str = "") -> None:
    kinds = ", ".join(f"'{one}'" for one in (KINDS[table] + more).split())
    check(table, f"{table.replace('_', '')}kind", f"kind IN ({kinds})")


def bound(charged: str) -> None:
    check("transaction", "refunded", f"refunded_cents BETWEEN 0 AND {charged}")
    rule = f"status <> 'refunded' OR refunded_cents = {charged}"
    check("transaction", "refunded_status", rule)
    op.execute(REPORT.format(charged=charged))


def upgrade() -> None:
    column = sa.Column(
        "override_cents", sa.BigInteger(), server_default="0", nullable=False
    )
    op.add_column("transaction", column)
    rule = "override_cents = 0 OR status IN ('captured', 'refunded')"
    check("transaction", "override_after_capture", rule)
    bound(CHARGED)
    for table in KINDS:
        allow(table, " override")
    check("money_order", "subject", NEW_SUBJECT)


def downgrade() -> None:
    check("money_order", "subject", OLD_SUBJECT)
    for table in KINDS:
        allow(table)
    bound("price_cents")
    op.drop_column("transaction", "override_cents")
