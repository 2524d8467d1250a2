"""Outgoing mail, and wishes and tokens for a new password."""

import sqlalchemy as sa
from alembic import op

revision = 'mail'
down_revision = 'sourcekeys'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'outgoing_mail',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('recipient', sa.String(length=320), nullable=False),
        sa.Column('subject', sa.String(length=200), nullable=False),
        sa.Column('body', sa.Text(), nullable=True),
        sa.Column('status', sa.Enum('queued', 'sent', 'failed', 'kept', name='mailstatus', native_enum=False, create_constraint=True, length=20), nullable=False),
        sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
        sa.Column('run_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('error', sa.String(length=200), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'sent') = (body IS NULL)", name=op.f('ck_outgoing_mail_body')),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name=op.f('ck_outgoing_mail_sent_at')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outgoing_mail')),
    )
    op.create_index(op.f('ix_outgoing_mail_run_at'), 'outgoing_mail', ['run_at'], postgresql_where=sa.text("status = 'queued'"))
    op.create_table(
        'reset_request',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('email', sa.String(length=320), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reset_request')),
    )
    op.create_table(
        'reset_token',
        sa.Column('token_hash', sa.LargeBinary(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_reset_token_user_id')),
        sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_reset_token')),
    )
    op.create_index(op.f('ix_reset_token_user_id'), 'reset_token', ['user_id'])
    op.create_index(op.f('ix_reset_token_expires_at'), 'reset_token', ['expires_at'])


def downgrade() -> None:
    op.drop_table('reset_token')
    op.drop_table('reset_request')
    op.drop_table('outgoing_mail')
