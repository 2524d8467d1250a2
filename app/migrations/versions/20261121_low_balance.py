"""Let a partner be told when its wallet falls below a mark."""

import sqlalchemy as sa
from alembic import op

revision = "lowbalance"
down_revision = "commission"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark, and when it was last told of."""
    op.add_column("partner", sa.Column("low_balance_cents", sa.BigInteger()))
    op.add_column("partner", sa.Column("low_told_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_partner_low_balance"), "partner", "low_balance_cents > 0"
    )


def downgrade() -> None:
    """Take both away."""
    op.drop_column("partner", "low_told_at")
    op.drop_column("partner", "low_balance_cents")
