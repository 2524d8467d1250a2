"""Sum a partner's month off the index of its sales."""

import sqlalchemy as sa
from alembic import op

revision = "partnermonth"
down_revision = "balancemark"
branch_labels = None
depends_on = None

COLUMNS = [sa.text("partner_id"), sa.text("id DESC")]
SUMMED = [
    "held_at",
    "captured_at",
    "status",
    "price_cents",
    "override_cents",
    "refunded_cents",
]


def upgrade() -> None:
    op.drop_index("ix_transaction_partner_id", table_name="transaction")
    op.create_index(
        "ix_transaction_partner_id",
        "transaction",
        COLUMNS,
        postgresql_include=SUMMED,
    )


def downgrade() -> None:
    op.drop_index("ix_transaction_partner_id", table_name="transaction")
    op.create_index("ix_transaction_partner_id", "transaction", COLUMNS)
