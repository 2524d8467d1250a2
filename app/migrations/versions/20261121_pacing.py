"""Let limits be reached evenly over the open hours."""

import sqlalchemy as sa
from alembic import op

revision = "pacing"
down_revision = "backfill"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the choice."""
    op.add_column(
        "subscription",
        sa.Column("pacing", sa.String(20), server_default="asap", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_subscription_pacing"), "subscription", "pacing IN ('asap', 'even')"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("subscription", "pacing")
