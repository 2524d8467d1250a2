"""Let a subscription buy leads that came before it."""

import sqlalchemy as sa
from alembic import op

revision = "backfill"
down_revision = "ping"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "subscription",
        sa.Column("backfill_days", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_check_constraint(
        "backfill_days", "subscription", "backfill_days BETWEEN 0 AND 3650"
    )
    op.create_table(
        "backfill",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("before_lead_id", sa.BigInteger()),
        sa.Column("leads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.now(),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["subscription_id"], ["subscription.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_backfill_subscription_id", "backfill", ["subscription_id", sa.text("id DESC")]
    )


def downgrade() -> None:
    op.drop_table("backfill")
    op.drop_column("subscription", "backfill_days")
