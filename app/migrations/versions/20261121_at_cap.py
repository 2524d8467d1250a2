"""Let leads wait for an order that is at a limit, or shut."""

import sqlalchemy as sa
from alembic import op

revision = "atcap"
down_revision = "saletypes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the choice."""
    op.add_column(
        "subscription",
        sa.Column("at_cap", sa.String(20), server_default="skip", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_subscription_atcap"), "subscription", "at_cap IN ('skip', 'queue')"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("subscription", "at_cap")
