"""Walk the entries that no sale brings by their number, newest first."""

import sqlalchemy as sa
from alembic import op

revision = "payments"
down_revision = "take_leads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    rare = sa.text("kind NOT IN ('hold', 'capture', 'release')")
    op.create_index("ix_entry_payment", "entry", ["id"], postgresql_where=rare)


def downgrade() -> None:
    op.drop_index("ix_entry_payment", table_name="entry")
