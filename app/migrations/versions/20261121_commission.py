"""Freeze a fixed share too, let campaigns set one, and begin with another for a time."""

import sqlalchemy as sa
from alembic import op

revision = "commission"
down_revision = "reports"
branch_labels = None
depends_on = None

TERMS = ("campaign", "vendor")
CHECKS = {
    "commission_cents": "commission_cents >= 0",
    "intro_bp": "intro_commission_bp BETWEEN 0 AND 10000",
    "intro": "(intro_commission_bp IS NULL) = (intro_until IS NULL)",
}


def upgrade() -> None:
    op.add_column("campaign", sa.Column("commission_bp", sa.BigInteger()))
    op.create_check_constraint(
        op.f("ck_campaign_commission"), "campaign", "commission_bp BETWEEN 0 AND 10000"
    )
    for table in TERMS:
        op.add_column(table, sa.Column("commission_cents", sa.BigInteger()))
        op.add_column(table, sa.Column("intro_commission_bp", sa.BigInteger()))
        op.add_column(table, sa.Column("intro_until", sa.DateTime(timezone=True)))
        for name, check in CHECKS.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, check)
    op.add_column("transaction", sa.Column("commission_cents", sa.BigInteger()))
    op.create_check_constraint(
        op.f("ck_transaction_commission_cents"),
        "transaction",
        "commission_cents BETWEEN 0 AND price_cents",
    )


def downgrade() -> None:
    op.drop_column("transaction", "commission_cents")
    for table in TERMS:
        for name in ("commission_cents", "intro_commission_bp", "intro_until"):
            op.drop_column(table, name)
    op.drop_column("campaign", "commission_bp")
