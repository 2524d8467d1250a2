"""Walk an account's postings by entry, for statements; in place of the walk by id."""

from alembic import op

revision = 'statement'
down_revision = 'take_lead'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_posting_account_id_entry_id', 'posting', ['account_id', 'entry_id'],
        postgresql_include=['amount_cents'])
    op.drop_index('ix_posting_account_id_id', table_name='posting')


def downgrade() -> None:
    op.create_index('ix_posting_account_id_id', 'posting', ['account_id', 'id'])
    op.drop_index('ix_posting_account_id_entry_id', table_name='posting')
