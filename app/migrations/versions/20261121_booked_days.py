"""Money by the day it was booked, for the report of the books."""

import sqlalchemy as sa
from alembic import op

revision = "bookeddays"
down_revision = "leadindexes"
branch_labels = None
depends_on = None

OWNERS = ("campaign_id", "partner_id", "vendor_id")
FIGURES = ("sales", "captured_cents", "refunded_cents", "vendor_cents")


def upgrade() -> None:
    op.create_table(
        "booked_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("'-infinity'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_booked_day")),
    )
    op.create_table(
        "money_day",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in OWNERS),
        sa.Column("currency", sa.String(3), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint(
            "day", *OWNERS, "currency", name=op.f("pk_money_day")
        ),
    )
    # Entries come in the order of their time: blocks of them are enough to find a day.
    op.create_index("ix_entry_at", "entry", ["at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_entry_at", "entry")
    op.drop_table("money_day")
    op.drop_table("booked_day")
