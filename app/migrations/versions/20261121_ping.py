"""Endpoints that are asked for bids, the log of it, and what was won and refused."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "ping"
down_revision = "limitwindows"
branch_labels = None
depends_on = None

STAGES = ("validation", "routing", "delivery")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _stages((*STAGES[:2], "ping", STAGES[2]))
    op.add_column("endpoint", sa.Column("ping", postgresql.JSONB(none_as_null=True)))
    op.add_column(
        "endpoint",
        sa.Column(
            "ping_failures",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
        ),
    )
    op.add_column(
        "endpoint", sa.Column("ping_open_until", sa.DateTime(timezone=True))
    )
    op.add_column(
        "subscription",
        sa.Column(
            "reject_rate_bp",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
        ),
    )
    op.create_check_constraint(
        op.f("ck_subscription_reject_rate"),
        "subscription",
        "reject_rate_bp BETWEEN 0 AND 10000",
    )
    op.create_table(
        "ping",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("elapsed_ms", sa.BigInteger(), nullable=False),
        sa.Column("status_code", sa.BigInteger()),
        sa.Column("bid_cents", sa.BigInteger()),
        sa.Column("code", sa.String(40)),
        sa.Column("ping_id", sa.String(200)),
        sa.Column("transaction_id", sa.BigInteger()),
        sa.CheckConstraint(
            "(bid_cents IS NULL) = (code IS NOT NULL)", name=op.f("ck_ping_bid")
        ),
        sa.CheckConstraint("bid_cents > 0", name=op.f("ck_ping_bid_cents")),
        sa.CheckConstraint(
            "transaction_id IS NULL OR bid_cents IS NOT NULL",
            name=op.f("ck_ping_won_with_a_bid"),
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["lead.id"], name=op.f("fk_ping_lead_id")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_ping_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["endpoint.id"], name=op.f("fk_ping_endpoint_id")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["transaction.id"], name=op.f("fk_ping_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ping")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_ping_transaction_id")),
    )
    op.create_index(op.f("ix_ping_lead_id_id"), "ping", ["lead_id", "id"])
    op.create_index(op.f("ix_ping_at"), "ping", ["at"])
    op.create_index(
        "ix_ping_won",
        "ping",
        ["subscription_id", "at"],
        postgresql_where=sa.text("transaction_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("ping")
    op.drop_column("subscription", "reject_rate_bp")
    for column in ("ping_open_until", "ping_failures", "ping"):
        op.drop_column("endpoint", column)
    # What waited for bids goes to routing without them.
    op.execute("UPDATE work SET stage = 'routing' WHERE stage = 'ping'")
    _stages(STAGES)


def _stages(names: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_work_stage"), "work")
    values = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(op.f("ck_work_stage"), "work", f"stage IN ({values})")
