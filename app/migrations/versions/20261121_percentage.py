"""Keep percentages of a campaign's leads within a window."""

import sqlalchemy as sa
from alembic import op

revision = "percentage"
down_revision = "prices"
branch_labels = None
depends_on = None

METHODS = "method IN ('priority', 'weighted', 'round_robin', 'price'{more})"
WINDOWS = "percentage_window IN ('hour', 'day', 'week', 'month')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _allow(", 'percentage'")
    op.add_column(
        "campaign",
        sa.Column(
            "percentage_window", sa.String(20), server_default="day", nullable=False
        ),
    )
    op.create_check_constraint(op.f("ck_campaign_sharewindow"), "campaign", WINDOWS)
    op.add_column(
        "subscription",
        sa.Column("percent", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_check_constraint(
        op.f("ck_subscription_percent"), "subscription", "percent BETWEEN 0 AND 100"
    )
    op.add_column("subscription", sa.Column("deficit_from", sa.DateTime(timezone=True)))
    op.add_column("routing_run", sa.Column("counted", sa.ARRAY(sa.BigInteger())))


def downgrade() -> None:
    op.drop_column("routing_run", "counted")
    op.drop_column("subscription", "deficit_from")
    op.drop_column("subscription", "percent")
    op.drop_column("campaign", "percentage_window")
    op.execute("UPDATE campaign SET method = 'priority' WHERE method = 'percentage'")
    _allow("")


def _allow(more: str) -> None:
    op.drop_constraint(op.f("ck_campaign_method"), "campaign")
    op.create_check_constraint(
        op.f("ck_campaign_method"), "campaign", METHODS.format(more=more)
    )
