"""Kill switches, and sales by the time of their hold."""

import sqlalchemy as sa
from alembic import op

revision = 'killswitch'
down_revision = "secondfactor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'kill_switch',
        sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column('scope', sa.Enum('all', 'campaign', 'partner', name='switchscope', native_enum=False, length=20, create_constraint=True), nullable=False),
        sa.Column('campaign_id', sa.BigInteger(), nullable=True),
        sa.Column('partner_id', sa.BigInteger(), nullable=True),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('on_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.Column('on_by_id', sa.Integer(), nullable=True),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('off_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('off_by_id', sa.Integer(), nullable=True),
        sa.CheckConstraint("(scope = 'campaign') = (campaign_id IS NOT NULL)", name=op.f('ck_kill_switch_campaign')),
        sa.CheckConstraint("(scope = 'partner') = (partner_id IS NOT NULL)", name=op.f('ck_kill_switch_partner')),
        sa.CheckConstraint("btrim(reason) <> ''", name=op.f('ck_kill_switch_reason')),
        sa.CheckConstraint('off_at >= on_at', name=op.f('ck_kill_switch_times')),
        sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_kill_switch_campaign_id')),
        sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_kill_switch_partner_id')),
        sa.ForeignKeyConstraint(['on_by_id'], ['ab_user.id'], name=op.f('fk_kill_switch_on_by_id')),
        sa.ForeignKeyConstraint(['off_by_id'], ['ab_user.id'], name=op.f('fk_kill_switch_off_by_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_kill_switch')),
    )
    op.create_index(
        'uq_kill_switch_on', 'kill_switch',
        [sa.literal_column('coalesce(campaign_id, 0)'), sa.literal_column('coalesce(partner_id, 0)')],
        unique=True, postgresql_where=sa.text('off_at IS NULL'),
    )
    op.create_index(op.f('ix_transaction_held_at'), 'transaction', ['held_at'], postgresql_using='brin')


def downgrade() -> None:
    op.drop_index(op.f('ix_transaction_held_at'), table_name='transaction')
    op.drop_table('kill_switch')
