"""Find a vendor's own refused posts by index."""

import sqlalchemy as sa
from alembic import op

revision = "refusalvendor"
down_revision = "apikeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_refusal_vendor_id",
        "refusal",
        ["vendor_id", sa.literal_column("id DESC")],
    )


def downgrade() -> None:
    op.drop_index("ix_refusal_vendor_id", table_name="refusal")
