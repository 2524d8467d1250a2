"""Let a lead that waits say for which order, so that no two wait for one place."""

import sqlalchemy as sa
from alembic import op

revision = "waitsfor"
down_revision = "limitmail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the order, and the index that finds who waits for it."""
    op.add_column("work", sa.Column("waits_for", sa.BigInteger()))
    op.create_foreign_key(
        op.f("fk_work_waits_for"), "work", "subscription", ["waits_for"], ["id"]
    )
    op.create_index(
        op.f("ix_work_waits_for_run_at"),
        "work",
        ["waits_for", "run_at"],
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )


def downgrade() -> None:
    """Take both away."""
    op.drop_column("work", "waits_for")
