"""Names are found by how they begin, in any case."""

import sqlalchemy as sa
from alembic import op

revision = "beginnings"
down_revision = "daycounts"
branch_labels = None
depends_on = None

NAMED = (
    ("campaign", "name"),
    ("campaign", "industry"),
    ("landing_page", "name"),
    ("vendor", "name"),
    ("partner", "name"),
    ("endpoint", "name"),
    ("source", "name"),
    ("registration", "company"),
    ("ab_user", "email"),
)


def upgrade() -> None:
    for table, column in NAMED:
        lowered = sa.text(f"lower({column}) text_pattern_ops")
        op.create_index(f"ix_{table}_{column}_begins", table, [lowered])


def downgrade() -> None:
    for table, column in reversed(NAMED):
        op.drop_index(f"ix_{table}_{column}_begins", table_name=table)
