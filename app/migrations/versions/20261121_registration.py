"""Registrations: wishes for an account that wait for an administrator."""

import sqlalchemy as sa
from alembic import op

revision = 'registration'
down_revision = 'refusalvendor'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'registration',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('email', sa.String(length=320), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('company', sa.String(length=120), nullable=False),
        sa.Column('role', sa.Enum('admin', 'operator', 'client', 'vendor', name='role', native_enum=False, create_constraint=True, length=20), nullable=False),
        sa.Column('password_hash', sa.String(length=256), nullable=True),
        sa.Column('status', sa.Enum('pending', 'approved', 'rejected', name='registrationstatus', native_enum=False, create_constraint=True, length=20), server_default='pending', nullable=False),
        sa.Column('times', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_by', sa.Integer(), nullable=True),
        sa.CheckConstraint("role IN ('client', 'vendor')", name=op.f('ck_registration_role_has_account')),
        sa.CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name=op.f('ck_registration_decided_at')),
        sa.CheckConstraint("(status = 'pending') = (password_hash IS NOT NULL)", name=op.f('ck_registration_password_hash')),
        sa.ForeignKeyConstraint(['decided_by'], ['ab_user.id'], name=op.f('fk_registration_decided_by')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_registration')),
    )
    op.create_index('uq_registration_pending', 'registration', ['email'], unique=True, postgresql_where=sa.text("status = 'pending'"))
    op.create_index(op.f('ix_registration_status_id'), 'registration', ['status', 'id'])


def downgrade() -> None:
    op.drop_table('registration')
