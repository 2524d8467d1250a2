"""The signing secret that an endpoint had before, for as long as it signs along."""

import sqlalchemy as sa
from alembic import op

revision = "oldsecret"
down_revision = "waitsfor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("endpoint", sa.Column("old_secret_sealed", sa.LargeBinary()))
    op.add_column(
        "endpoint", sa.Column("old_secret_until", sa.DateTime(timezone=True))
    )


def downgrade() -> None:
    op.drop_column("endpoint", "old_secret_until")
    op.drop_column("endpoint", "old_secret_sealed")
