"""Sources' keys take over from one another, with an overlap."""

import sqlalchemy as sa
from alembic import op

revision = 'sourcekeys'
down_revision = 'statement'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('source', sa.Column('old_key_hash', sa.LargeBinary(), nullable=True))
    op.add_column('source', sa.Column('old_key_until', sa.DateTime(timezone=True), nullable=True))
    op.create_unique_constraint('uq_source_old_key_hash', 'source', ['old_key_hash'])


def downgrade() -> None:
    op.drop_constraint('uq_source_old_key_hash', 'source', type_='unique')
    op.drop_column('source', 'old_key_until')
    op.drop_column('source', 'old_key_hash')
