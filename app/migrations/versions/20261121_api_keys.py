"""API keys of partners and vendors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'apikeys'
down_revision = 'audit'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_key',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=True),
    sa.Column('vendor_id', sa.BigInteger(), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('scopes', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('key_prefix', sa.String(length=16), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_by', sa.String(length=60), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.String(length=60), nullable=True),
    sa.CheckConstraint('(partner_id IS NULL) <> (vendor_id IS NULL)', name=op.f('ck_api_key_one_side')),
    sa.CheckConstraint('jsonb_array_length(scopes) > 0', name=op.f('ck_api_key_scopes')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_api_key_partner_id')),
    sa.ForeignKeyConstraint(['vendor_id'], ['vendor.id'], name=op.f('fk_api_key_vendor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_api_key_key_hash'))
    )
    op.create_index(op.f('ix_api_key_partner_id'), 'api_key', ['partner_id', sa.literal_column('id DESC')])
    op.create_index(op.f('ix_api_key_vendor_id'), 'api_key', ['vendor_id', sa.literal_column('id DESC')])


def downgrade() -> None:
    op.drop_table('api_key')
