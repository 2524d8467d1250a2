"""Find the few entries that no sale brings."""

import sqlalchemy as sa
from alembic import op

revision = 'entryrare'
down_revision = 'leases'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_entry_rare', 'entry', ['kind', 'id'],
        postgresql_where=sa.text("kind NOT IN ('hold', 'capture', 'release')"))


def downgrade() -> None:
    op.drop_index('ix_entry_rare', table_name='entry')
