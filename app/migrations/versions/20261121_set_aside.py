"""Find deliveries that were set aside among the many that were not."""

import sqlalchemy as sa
from alembic import op

revision = "setaside"
down_revision = "partnermonth"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_delivery_set_aside",
        "delivery",
        ["id"],
        postgresql_where=sa.text("set_aside_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_set_aside", table_name="delivery")
