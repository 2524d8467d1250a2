"""Where log-ins came from, and a second factor with its recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = 'secondfactor'
down_revision = "entryrare"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('login_family', sa.Column('address', sa.String(length=45), nullable=True))
    op.add_column('login_family', sa.Column('agent', sa.String(length=200), nullable=True))
    op.add_column('login_family', sa.Column('has_second_factor', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('reset_token', sa.Column('used_from', sa.String(length=45), nullable=True))
    op.create_table(
        'second_factor',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('secret_sealed', sa.LargeBinary(), nullable=False),
        sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('last_step', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_second_factor_user_id')),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_second_factor')),
    )
    op.create_table(
        'recovery_code',
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('code_hash', sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_recovery_code_user_id')),
        sa.PrimaryKeyConstraint('user_id', 'code_hash', name=op.f('pk_recovery_code')),
    )


def downgrade() -> None:
    op.drop_table('recovery_code')
    op.drop_table('second_factor')
    op.drop_column('reset_token', 'used_from')
    op.drop_column('login_family', 'has_second_factor')
    op.drop_column('login_family', 'agent')
    op.drop_column('login_family', 'address')
