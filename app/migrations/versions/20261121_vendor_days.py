"""Leads by day of each vendor too."""

import sqlalchemy as sa
from alembic import op

revision = "vendordays"
down_revision = "moneyorder"
branch_labels = None
depends_on = None

KEYS = ("day", "campaign_id", "vendor_id", "status")


def upgrade() -> None:
    # Days are counted again from scratch, so what was counted need not be kept.
    op.execute("DELETE FROM lead_day")
    op.execute("UPDATE counted_day SET counted_at = '-infinity'")
    op.add_column("lead_day", sa.Column("vendor_id", sa.BigInteger(), nullable=False))
    op.add_column("lead_day", sa.Column("sold", sa.BigInteger(), nullable=False))
    op.drop_constraint("pk_lead_day", "lead_day")
    op.create_primary_key("pk_lead_day", "lead_day", [*KEYS])
    op.create_index("ix_lead_day_vendor_id_day", "lead_day", ["vendor_id", "day"])


def downgrade() -> None:
    op.execute("DELETE FROM lead_day")
    op.drop_index("ix_lead_day_vendor_id_day", table_name="lead_day")
    op.drop_constraint("pk_lead_day", "lead_day")
    op.drop_column("lead_day", "sold")
    op.drop_column("lead_day", "vendor_id")
    op.create_primary_key("pk_lead_day", "lead_day", ["day", "campaign_id", "status"])
