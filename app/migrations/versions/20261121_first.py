"""Every table of the first release, and the triggers that keep the books."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '1b9096771ec5'
down_revision = None
branch_labels = None
depends_on = None

BOOKS = """
CREATE FUNCTION posting_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added GROUP BY entry_id HAVING sum(amount_cents) <> 0) THEN
    RAISE EXCEPTION 'postings of an entry must sum to zero'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_zero_sum';
  END IF;
  IF (SELECT count(*) FROM posting WHERE entry_id IN (SELECT entry_id FROM added))
     <> (SELECT count(*) FROM added) THEN
    RAISE EXCEPTION 'postings of an entry come in one statement'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_complete';
  END IF;
  UPDATE account SET balance_cents = balance_cents + moved.cents
    FROM (SELECT account_id, sum(amount_cents)::bigint AS cents
            FROM added GROUP BY account_id) AS moved
   WHERE account.id = moved.account_id AND account.balance_cents IS NOT NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER posting_books AFTER INSERT ON posting
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION posting_books();

CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is written once and never changed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER entry_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION written_once();
CREATE TRIGGER posting_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON posting
  FOR EACH STATEMENT EXECUTE FUNCTION written_once();

CREATE FUNCTION capture_is_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM delivery
                  WHERE transaction_id = NEW.id AND status = 'accepted') THEN
    RAISE EXCEPTION 'a capture needs an accepted delivery'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_transaction_accepted';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER capture_is_accepted AFTER UPDATE OF status ON transaction
  FOR EACH ROW WHEN (NEW.status IN ('captured', 'refunded') AND OLD.status <> NEW.status)
  EXECUTE FUNCTION capture_is_accepted();
CREATE TRIGGER new_capture_is_accepted AFTER INSERT ON transaction
  FOR EACH ROW WHEN (NEW.status IN ('captured', 'refunded'))
  EXECUTE FUNCTION capture_is_accepted();

CREATE FUNCTION accepted_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an accepted delivery stays accepted'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_delivery_accepted';
END $$;
CREATE TRIGGER accepted_is_final BEFORE UPDATE ON delivery
  FOR EACH ROW WHEN (OLD.status = 'accepted'
                     AND (NEW.status <> 'accepted' OR NEW.ended_at IS NULL))
  EXECUTE FUNCTION accepted_is_final();

CREATE FUNCTION delivery_is_held() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM transaction
                  WHERE id = NEW.transaction_id AND status = 'held') THEN
    RAISE EXCEPTION 'a delivery needs a hold'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_delivery_held';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER delivery_is_held AFTER INSERT ON delivery
  FOR EACH ROW EXECUTE FUNCTION delivery_is_held();
"""
FUNCTIONS = (
    "posting_books",
    "written_once",
    "capture_is_accepted",
    "accepted_is_final",
    "delivery_is_held",
)


def upgrade() -> None:
    op.create_table('ab_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('label', sa.String(length=150), nullable=True),
    sa.Column('description', sa.String(length=512), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_group_name'))
    )
    op.create_table('ab_permission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_permission_name'))
    )
    op.create_table('ab_register_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('registration_date', sa.DateTime(), nullable=True),
    sa.Column('registration_hash', sa.String(length=256), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_register_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_register_user_email')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_register_user_username'))
    )
    op.create_table('ab_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_role')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_role_name'))
    )
    op.create_table('ab_user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('first_name', sa.String(length=64), nullable=False),
    sa.Column('last_name', sa.String(length=64), nullable=False),
    sa.Column('username', sa.String(length=128), nullable=False),
    sa.Column('password', sa.String(length=256), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=True),
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('last_login', sa.DateTime(), nullable=True),
    sa.Column('login_count', sa.Integer(), nullable=True),
    sa.Column('fail_login_count', sa.Integer(), nullable=True),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('changed_on', sa.DateTime(), nullable=True),
    sa.Column('created_by_fk', sa.Integer(), nullable=True),
    sa.Column('changed_by_fk', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['changed_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_changed_by_fk')),
    sa.ForeignKeyConstraint(['created_by_fk'], ['ab_user.id'], name=op.f('fk_ab_user_created_by_fk')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user')),
    sa.UniqueConstraint('email', name=op.f('uq_ab_user_email')),
    sa.UniqueConstraint('username', name=op.f('uq_ab_user_username'))
    )
    op.create_table('ab_view_menu',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=250), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_view_menu')),
    sa.UniqueConstraint('name', name=op.f('uq_ab_view_menu_name'))
    )
    op.create_table('campaign',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('industry', sa.String(length=64), server_default='', nullable=False),
    sa.Column('status', sa.Enum('draft', 'active', 'paused', 'archived', name='campaignstatus', native_enum=False, create_constraint=True, length=20), server_default='draft', nullable=False),
    sa.Column('price_cents', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('currency', sa.String(length=3), server_default='USD', nullable=False),
    sa.Column('max_sales', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('method', sa.Enum('priority', 'weighted', 'round_robin', 'price', name='method', native_enum=False, create_constraint=True, length=20), server_default='priority', nullable=False),
    sa.Column('dedupe_days', sa.BigInteger(), server_default=sa.text('30'), nullable=False),
    sa.Column('sell_days', sa.BigInteger(), server_default=sa.text('30'), nullable=False),
    sa.Column('requires_approval', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('delivery_minutes', sa.BigInteger(), server_default=sa.text('30'), nullable=False),
    sa.Column('fields', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('checks', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('validate_before_storage', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_campaign_currency')),
    sa.CheckConstraint("slug ~ '^[a-z0-9-]{1,64}$'", name=op.f('ck_campaign_slug')),
    sa.CheckConstraint('dedupe_days BETWEEN 0 AND 3650', name=op.f('ck_campaign_dedupe_days')),
    sa.CheckConstraint('delivery_minutes BETWEEN 1 AND 1440', name=op.f('ck_campaign_minutes')),
    sa.CheckConstraint('max_sales BETWEEN 1 AND 100', name=op.f('ck_campaign_max_sales')),
    sa.CheckConstraint('price_cents >= 0', name=op.f('ck_campaign_price')),
    sa.CheckConstraint('sell_days BETWEEN 1 AND 3650', name=op.f('ck_campaign_sell_days')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('slug', name=op.f('uq_campaign_slug'))
    )
    op.create_table('idempotency_key',
    sa.Column('caller', sa.String(length=80), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('body_hash', sa.LargeBinary(), nullable=False),
    sa.Column('answer', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('caller', 'key', name=op.f('pk_idempotency_key'))
    )
    op.create_index(op.f('ix_idempotency_key_expires_at'), 'idempotency_key', ['expires_at'], unique=False)
    op.create_table('partner',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('status', sa.Enum('active', 'paused', 'archived', name='accountstatus', native_enum=False, create_constraint=True, length=20), server_default='active', nullable=False),
    sa.Column('timezone', sa.String(length=64), server_default='UTC', nullable=False),
    sa.Column('currency', sa.String(length=3), server_default='USD', nullable=False),
    sa.Column('billing_mode', sa.Enum('prepaid', 'per_lead', 'invoice', name='billingmode', native_enum=False, create_constraint=True, length=20), server_default='prepaid', nullable=False),
    sa.Column('credit_limit_cents', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_partner_currency')),
    sa.CheckConstraint('credit_limit_cents >= 0', name=op.f('ck_partner_credit_limit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner'))
    )
    op.create_table('provider',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('provider', sa.Enum('offline', name='providername', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('credentials_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('base_url', sa.String(length=2000), nullable=True),
    sa.Column('timeout_s', sa.BigInteger(), server_default=sa.text('10'), nullable=False),
    sa.Column('daily_limit_cents', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.Enum('active', 'paused', 'archived', name='accountstatus', native_enum=False, create_constraint=True, length=20), server_default='active', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('daily_limit_cents >= 0', name=op.f('ck_provider_daily_limit')),
    sa.CheckConstraint('timeout_s BETWEEN 1 AND 60', name=op.f('ck_provider_timeout')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provider')),
    sa.UniqueConstraint('provider', name=op.f('uq_provider_provider'))
    )
    op.create_table('audit_result',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('ok', sa.Boolean(), nullable=False),
    sa.Column('detail', sa.Text(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_audit_result'))
    )
    op.create_table('metric',
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('labels', sa.String(length=200), nullable=False),
    sa.Column('value', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'labels', name=op.f('pk_metric'))
    )
    op.create_table('tick',
    sa.Column('task', sa.String(length=40), nullable=False),
    sa.Column('ticked_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('task', name=op.f('pk_tick'))
    )
    op.create_table('vendor',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('status', sa.Enum('active', 'paused', 'archived', name='accountstatus', native_enum=False, create_constraint=True, length=20), server_default='active', nullable=False),
    sa.Column('currency', sa.String(length=3), server_default='USD', nullable=False),
    sa.Column('commission_bp', sa.BigInteger(), server_default=sa.text('2000'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_vendor_currency')),
    sa.CheckConstraint('commission_bp BETWEEN 0 AND 10000', name=op.f('ck_vendor_commission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vendor'))
    )
    op.create_table('ab_api_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('name', sa.String(length=256), nullable=False),
    sa.Column('key_hash', sa.String(length=256), nullable=False),
    sa.Column('lookup_hash', sa.String(length=256), nullable=True),
    sa.Column('key_prefix', sa.String(length=16), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('scopes', sa.Text(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_on', sa.DateTime(), nullable=True),
    sa.Column('expires_on', sa.DateTime(), nullable=True),
    sa.Column('revoked_on', sa.DateTime(), nullable=True),
    sa.Column('last_used_on', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_api_key_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_api_key')),
    sa.UniqueConstraint('lookup_hash', name=op.f('uq_ab_api_key_lookup_hash')),
    sa.UniqueConstraint('uuid', name=op.f('uq_ab_api_key_uuid'))
    )
    op.create_index('idx_api_key_lookup_hash', 'ab_api_key', ['lookup_hash'], unique=True)
    op.create_index('idx_api_key_prefix', 'ab_api_key', ['key_prefix'], unique=False)
    op.create_index('idx_api_key_user_id', 'ab_api_key', ['user_id'], unique=False)
    op.create_table('ab_group_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_group_role_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_group_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_group_role')),
    sa.UniqueConstraint('group_id', 'role_id', name=op.f('uq_ab_group_role_group_id_role_id'))
    )
    op.create_index('idx_group_id', 'ab_group_role', ['group_id'], unique=False)
    op.create_index('idx_group_role_id', 'ab_group_role', ['role_id'], unique=False)
    op.create_table('ab_permission_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_id', sa.Integer(), nullable=False),
    sa.Column('view_menu_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['permission_id'], ['ab_permission.id'], name=op.f('fk_ab_permission_view_permission_id')),
    sa.ForeignKeyConstraint(['view_menu_id'], ['ab_view_menu.id'], name=op.f('fk_ab_permission_view_view_menu_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view')),
    sa.UniqueConstraint('permission_id', 'view_menu_id', name=op.f('uq_ab_permission_view_permission_id_view_menu_id'))
    )
    op.create_index('idx_permission_id', 'ab_permission_view', ['permission_id'], unique=False)
    op.create_index('idx_view_menu_id', 'ab_permission_view', ['view_menu_id'], unique=False)
    op.create_table('ab_user_group',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['group_id'], ['ab_group.id'], name=op.f('fk_ab_user_group_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_group_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_group')),
    sa.UniqueConstraint('user_id', 'group_id', name=op.f('uq_ab_user_group_user_id_group_id'))
    )
    op.create_index('idx_user_group_id', 'ab_user_group', ['group_id'], unique=False)
    op.create_index('idx_user_id', 'ab_user_group', ['user_id'], unique=False)
    op.create_table('ab_user_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_user_role_role_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_ab_user_role_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_user_role')),
    sa.UniqueConstraint('user_id', 'role_id', name=op.f('uq_ab_user_role_user_id_role_id'))
    )
    op.create_table('account',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('kind', sa.Enum('wallet', 'holds', 'payable', 'revenue', 'tax', 'fees', 'receivable', 'cash_in_transit', 'bank', 'refunds', 'disputes', 'breach_credits', name='accountkind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=True),
    sa.Column('vendor_id', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('balance_cents', sa.BigInteger(), nullable=True),
    sa.Column('floor_cents', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('(balance_cents IS NULL) = (partner_id IS NULL AND vendor_id IS NULL)', name=op.f('ck_account_guarded')),
    sa.CheckConstraint('balance_cents >= floor_cents', name=op.f('ck_account_floor')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_account_partner_id')),
    sa.ForeignKeyConstraint(['vendor_id'], ['vendor.id'], name=op.f('fk_account_vendor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('id', 'currency', name=op.f('uq_account_id_currency'))
    )
    op.create_index('uq_account_partner', 'account', ['partner_id', 'kind', 'currency'], unique=True, postgresql_where=sa.text('partner_id IS NOT NULL'))
    op.create_index('uq_account_platform', 'account', ['kind', 'currency'], unique=True, postgresql_where=sa.text('partner_id IS NULL AND vendor_id IS NULL'))
    op.create_index('uq_account_vendor', 'account', ['vendor_id', 'kind', 'currency'], unique=True, postgresql_where=sa.text('vendor_id IS NOT NULL'))
    op.create_table('campaign_routing',
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_routing_campaign_id')),
    sa.PrimaryKeyConstraint('campaign_id', name=op.f('pk_campaign_routing'))
    )
    op.create_table('endpoint',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('url', sa.String(length=2000), nullable=False),
    sa.Column('format', sa.Enum('json', 'xml', name='endpointformat', native_enum=False, create_constraint=True, length=20), server_default='json', nullable=False),
    sa.Column('auth_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('signing_secret_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('mapping', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('reply_rules', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('timeout_s', sa.BigInteger(), server_default=sa.text('15'), nullable=False),
    sa.Column('status', sa.Enum('active', 'disabled', 'archived', name='endpointstatus', native_enum=False, create_constraint=True, length=20), server_default='active', nullable=False),
    sa.Column('failures', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('open_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('timeout_s BETWEEN 1 AND 60', name=op.f('ck_endpoint_timeout')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_endpoint_partner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_endpoint')),
    sa.UniqueConstraint('id', 'partner_id', name=op.f('uq_endpoint_id_partner_id'))
    )
    op.create_table('login_family',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_login_family_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_family'))
    )
    op.create_index(op.f('ix_login_family_user_id'), 'login_family', ['user_id'], unique=False)
    op.create_table('membership',
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=True),
    sa.Column('vendor_id', sa.BigInteger(), nullable=True),
    sa.Column('role', sa.Enum('owner', 'buyer', 'uploader', 'viewer', name='memberrole', native_enum=False, create_constraint=True, length=20), server_default='owner', nullable=False),
    sa.CheckConstraint('(partner_id IS NULL) <> (vendor_id IS NULL)', name=op.f('ck_membership_one_side')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_membership_partner_id')),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], name=op.f('fk_membership_user_id')),
    sa.ForeignKeyConstraint(['vendor_id'], ['vendor.id'], name=op.f('fk_membership_vendor_id')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_membership'))
    )
    op.create_index(op.f('ix_membership_partner_id'), 'membership', ['partner_id'], unique=False)
    op.create_index(op.f('ix_membership_vendor_id'), 'membership', ['vendor_id'], unique=False)
    op.create_table('source',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.Column('vendor_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.Enum('post', 'page', 'upload', name='sourcekind', native_enum=False, create_constraint=True, length=20), server_default='post', nullable=False),
    sa.Column('status', sa.Enum('active', 'paused', 'archived', name='accountstatus', native_enum=False, create_constraint=True, length=20), server_default='active', nullable=False),
    sa.Column('per_minute', sa.BigInteger(), server_default=sa.text('6000'), nullable=False),
    sa.Column('key_prefix', sa.String(length=16), nullable=False),
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('version', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('per_minute BETWEEN 1 AND 1000000', name=op.f('ck_source_per_minute')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_source_campaign_id')),
    sa.ForeignKeyConstraint(['vendor_id'], ['vendor.id'], name=op.f('fk_source_vendor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_source')),
    sa.UniqueConstraint('id', 'campaign_id', name=op.f('uq_source_id_campaign_id')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_source_key_hash'))
    )
    op.create_table('ab_permission_view_role',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('permission_view_id', sa.Integer(), nullable=True),
    sa.Column('role_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['permission_view_id'], ['ab_permission_view.id'], name=op.f('fk_ab_permission_view_role_permission_view_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['ab_role.id'], name=op.f('fk_ab_permission_view_role_role_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ab_permission_view_role')),
    sa.UniqueConstraint('permission_view_id', 'role_id', name=op.f('uq_ab_permission_view_role_permission_view_id_role_id'))
    )
    op.create_index('idx_permission_view_id', 'ab_permission_view_role', ['permission_view_id'], unique=False)
    op.create_index('idx_role_id', 'ab_permission_view_role', ['role_id'], unique=False)
    op.create_table('landing_page',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('status', sa.Enum('draft', 'active', 'archived', name='pagestatus', native_enum=False, create_constraint=True, length=20), server_default='draft', nullable=False),
    sa.Column('weight', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('template', sa.String(length=40), server_default='plain', nullable=False),
    sa.Column('content', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("slug ~ '^[a-z0-9-]{1,64}$'", name=op.f('ck_landing_page_slug')),
    sa.CheckConstraint('weight BETWEEN 0 AND 1000000', name=op.f('ck_landing_page_weight')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_landing_page_campaign_id')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_landing_page_source_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_landing_page')),
    sa.UniqueConstraint('campaign_id', 'slug', name=op.f('uq_landing_page_campaign_id_slug'))
    )
    op.create_table('lead',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('vendor_id', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.Enum('received', 'review', 'rejected', 'available', 'sold', 'expired', 'erased', name='leadstatus', native_enum=False, create_constraint=True, length=20), server_default='received', nullable=False),
    sa.Column('validation_status', sa.Enum('pending', 'valid', 'risky', 'invalid', 'unknown', name='validationstatus', native_enum=False, create_constraint=True, length=20), server_default='pending', nullable=False),
    sa.Column('approval_status', sa.Enum('pending', 'approved', 'rejected', name='approvalstatus', native_enum=False, create_constraint=True, length=20), server_default='pending', nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('score', sa.Numeric(precision=4, scale=3), nullable=True),
    sa.Column('score_reasons', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('is_test', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('is_bulk', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('industry', sa.String(length=64), server_default='', nullable=False),
    sa.Column('sub_id', sa.String(length=200), nullable=True),
    sa.Column('max_sales', sa.BigInteger(), nullable=False),
    sa.Column('slots_taken', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('sold_count', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('email_hash', sa.LargeBinary(), nullable=True),
    sa.Column('phone_hash', sa.LargeBinary(), nullable=True),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('live_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status <> 'sold' OR sold_count = max_sales", name=op.f('ck_lead_sold_status')),
    sa.CheckConstraint('score BETWEEN 0 AND 1', name=op.f('ck_lead_score')),
    sa.CheckConstraint('slots_taken BETWEEN 0 AND max_sales', name=op.f('ck_lead_slots')),
    sa.CheckConstraint('sold_count BETWEEN 0 AND slots_taken', name=op.f('ck_lead_sold')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_lead_campaign_id')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_lead_source_id')),
    sa.ForeignKeyConstraint(['vendor_id'], ['vendor.id'], name=op.f('fk_lead_vendor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lead')),
    sa.UniqueConstraint('public_id', name=op.f('uq_lead_public_id'))
    )
    op.create_index(op.f('ix_lead_email_hash_campaign_id_received_at'), 'lead', ['email_hash', 'campaign_id', 'received_at'], unique=False)
    op.create_index(op.f('ix_lead_phone_hash_campaign_id_received_at'), 'lead', ['phone_hash', 'campaign_id', 'received_at'], unique=False)
    op.create_index(op.f('ix_lead_campaign_id_status'), 'lead', ['campaign_id', 'status', sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_lead_received_at'), 'lead', ['received_at'], unique=False)
    op.create_index(op.f('ix_lead_source_id'), 'lead', ['source_id', sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_lead_status'), 'lead', ['status', sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_lead_vendor_id'), 'lead', ['vendor_id', sa.literal_column('id DESC')], unique=False)
    op.create_table('refresh_token',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('family_id', sa.Uuid(), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['family_id'], ['login_family.id'], name=op.f('fk_refresh_token_family_id')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_refresh_token'))
    )
    op.create_index(op.f('ix_refresh_token_family_id'), 'refresh_token', ['family_id'], unique=False)
    op.create_table('refusal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.Column('vendor_id', sa.BigInteger(), nullable=True),
    sa.Column('status', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('errors', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('masked', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_refusal_campaign_id')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_refusal_source_id')),
    sa.ForeignKeyConstraint(['vendor_id'], ['vendor.id'], name=op.f('fk_refusal_vendor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refusal'))
    )
    op.create_index(op.f('ix_refusal_source_id'), 'refusal', ['source_id', sa.literal_column('id DESC')], unique=False)
    op.create_table('subscription',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.Column('endpoint_id', sa.BigInteger(), nullable=True),
    sa.Column('mode', sa.Enum('auto', 'manual', name='mode', native_enum=False, create_constraint=True, length=20), server_default='auto', nullable=False),
    sa.Column('status', sa.Enum('active', 'paused', 'archived', name='subscriptionstatus', native_enum=False, create_constraint=True, length=20), server_default='active', nullable=False),
    sa.Column('price_cents', sa.BigInteger(), nullable=True),
    sa.Column('priority', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('weight', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('filters', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('daily_cap', sa.BigInteger(), nullable=True),
    sa.Column('weekly_cap', sa.BigInteger(), nullable=True),
    sa.Column('monthly_cap', sa.BigInteger(), nullable=True),
    sa.Column('daily_budget_cents', sa.BigInteger(), nullable=True),
    sa.Column('weekly_budget_cents', sa.BigInteger(), nullable=True),
    sa.Column('monthly_budget_cents', sa.BigInteger(), nullable=True),
    sa.Column('schedule', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('timezone', sa.String(length=64), nullable=True),
    sa.Column('deficit_nano', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('last_sold_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('least(daily_budget_cents, weekly_budget_cents, monthly_budget_cents) >= 0', name=op.f('ck_subscription_budgets')),
    sa.CheckConstraint('least(daily_cap, weekly_cap, monthly_cap) >= 0', name=op.f('ck_subscription_caps')),
    sa.CheckConstraint('price_cents IS NULL OR price_cents >= 0', name=op.f('ck_subscription_price')),
    sa.CheckConstraint('weight BETWEEN 0 AND 1000000', name=op.f('ck_subscription_weight')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_subscription_campaign_id')),
    sa.ForeignKeyConstraint(['endpoint_id', 'partner_id'], ['endpoint.id', 'endpoint.partner_id'], name=op.f('fk_subscription_endpoint_id_partner_id')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_subscription_partner_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription'))
    )
    op.create_index(op.f('ix_subscription_campaign_id_status'), 'subscription', ['campaign_id', 'status'], unique=False)
    op.create_index(op.f('ix_subscription_partner_id'), 'subscription', ['partner_id'], unique=False)
    op.create_table('lead_contact',
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('first_name', sa.Text(), nullable=True),
    sa.Column('last_name', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('email_compared', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('city', sa.Text(), nullable=True),
    sa.Column('state', sa.Text(), nullable=True),
    sa.Column('zip', sa.Text(), nullable=True),
    sa.Column('country', sa.Text(), nullable=True),
    sa.Column('fields', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('extra', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('consent', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_lead_contact_lead_id')),
    sa.PrimaryKeyConstraint('lead_id', name=op.f('pk_lead_contact'))
    )
    op.create_table('lead_event',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('detail', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_lead_event_lead_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lead_event'))
    )
    op.create_index(op.f('ix_lead_event_lead_id_id'), 'lead_event', ['lead_id', 'id'], unique=False)
    op.create_table('routing_run',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('decisions', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_routing_run_lead_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_routing_run'))
    )
    op.create_index(op.f('ix_routing_run_at'), 'routing_run', ['at'], unique=False)
    op.create_index(op.f('ix_routing_run_lead_id_id'), 'routing_run', ['lead_id', 'id'], unique=False)
    op.create_table('sandbox_message',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('inbox', sa.String(length=64), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('content_type', sa.String(length=100), nullable=False),
    sa.Column('headers', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('answered', sa.String(length=12), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_sandbox_message_lead_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sandbox_message'))
    )
    op.create_index(op.f('ix_sandbox_message_inbox'), 'sandbox_message', ['inbox', sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_sandbox_message_lead_id'), 'sandbox_message', ['lead_id'], unique=False)
    op.create_table('subscription_window',
    sa.Column('subscription_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=5), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('holds', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('cents', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('holds_limit', sa.BigInteger(), nullable=True),
    sa.Column('cents_limit', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("kind IN ('day', 'week', 'month')", name=op.f('ck_subscription_window_kind')),
    sa.CheckConstraint('cents <= cents_limit', name=op.f('ck_subscription_window_budget')),
    sa.CheckConstraint('cents >= 0', name=op.f('ck_subscription_window_cents')),
    sa.CheckConstraint('holds <= holds_limit', name=op.f('ck_subscription_window_cap')),
    sa.CheckConstraint('holds >= 0', name=op.f('ck_subscription_window_holds')),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_subscription_window_bounds')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_subscription_window_subscription_id')),
    sa.PrimaryKeyConstraint('subscription_id', 'kind', 'starts_at', name=op.f('pk_subscription_window'))
    )
    op.create_table('transaction',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('public_id', sa.Uuid(), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=False),
    sa.Column('subscription_id', sa.BigInteger(), nullable=False),
    sa.Column('vendor_id', sa.BigInteger(), nullable=True),
    sa.Column('price_cents', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('commission_bp', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('held', 'captured', 'released', 'refunded', name='transactionstatus', native_enum=False, create_constraint=True, length=20), server_default='held', nullable=False),
    sa.Column('refunded_cents', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('slot_burnt', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('stakes', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('held_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('captured_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("refunded_cents = 0 OR status IN ('captured', 'refunded')", name=op.f('ck_transaction_refund_after_capture')),
    sa.CheckConstraint("status <> 'refunded' OR refunded_cents = price_cents", name=op.f('ck_transaction_refunded_status')),
    sa.CheckConstraint('commission_bp BETWEEN 0 AND 10000', name=op.f('ck_transaction_commission')),
    sa.CheckConstraint('price_cents >= 0', name=op.f('ck_transaction_price')),
    sa.CheckConstraint('refunded_cents BETWEEN 0 AND price_cents', name=op.f('ck_transaction_refunded')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_transaction_campaign_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_transaction_lead_id')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_transaction_partner_id')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_transaction_subscription_id')),
    sa.ForeignKeyConstraint(['vendor_id'], ['vendor.id'], name=op.f('fk_transaction_vendor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transaction')),
    sa.UniqueConstraint('public_id', name=op.f('uq_transaction_public_id'))
    )
    op.create_index(op.f('ix_transaction_campaign_id'), 'transaction', ['campaign_id', sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_transaction_captured_at'), 'transaction', ['captured_at'], unique=False)
    op.create_index(op.f('ix_transaction_lead_id'), 'transaction', ['lead_id'], unique=False)
    op.create_index(op.f('ix_transaction_partner_id'), 'transaction', ['partner_id', sa.literal_column('id DESC')], unique=False)
    op.create_index(op.f('ix_transaction_vendor_id'), 'transaction', ['vendor_id', sa.literal_column('id DESC')], unique=False)
    op.create_index('uq_transaction_lead_partner', 'transaction', ['lead_id', 'partner_id'], unique=True, postgresql_where=sa.text("status <> 'released' OR slot_burnt"))
    op.create_table('work',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('stage', sa.Enum('validation', 'routing', 'delivery', name='stage', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger(), nullable=False),
    sa.Column('group_id', sa.BigInteger(), nullable=False),
    sa.Column('is_bulk', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('run_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_token', sa.Uuid(), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('set_aside_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_work_campaign_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_work_lead_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_work')),
    sa.UniqueConstraint('lead_id', name=op.f('uq_work_lead_id'))
    )
    op.create_index('ix_work_oldest', 'work', ['stage', 'run_at'], unique=False, postgresql_where=sa.text('set_aside_at IS NULL'))
    op.create_index('ix_work_due', 'work', ['stage', 'is_bulk', 'group_id', 'run_at', 'id'], unique=False, postgresql_where=sa.text('set_aside_at IS NULL'))
    op.create_table('delivery',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('transaction_id', sa.BigInteger(), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('partner_id', sa.BigInteger(), nullable=False),
    sa.Column('endpoint_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('pending', 'sending', 'retrying', 'unknown', 'accepted', 'rejected', 'undeliverable', name='deliverystatus', native_enum=False, create_constraint=True, length=20), server_default='pending', nullable=False),
    sa.Column('is_bulk', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('tries', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('definite_failures', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('server_errors', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('maybe_taken', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('held_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('breached_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('run_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_token', sa.Uuid(), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('set_aside_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(ended_at IS NOT NULL) = (status IN ('accepted', 'rejected', 'undeliverable'))", name=op.f('ck_delivery_ended')),
    sa.ForeignKeyConstraint(['endpoint_id'], ['endpoint.id'], name=op.f('fk_delivery_endpoint_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_delivery_lead_id')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_delivery_partner_id')),
    sa.ForeignKeyConstraint(['transaction_id'], ['transaction.id'], name=op.f('fk_delivery_transaction_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('transaction_id', name=op.f('uq_delivery_transaction_id'))
    )
    op.create_index('ix_delivery_due', 'delivery', ['is_bulk', 'partner_id', 'run_at', 'id'], unique=False, postgresql_where=sa.text('set_aside_at IS NULL AND ended_at IS NULL'))
    op.create_index(op.f('ix_delivery_lead_id'), 'delivery', ['lead_id'], unique=False)
    op.create_index('ix_delivery_open', 'delivery', ['due_at'], unique=False, postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_delivery_oldest', 'delivery', ['run_at'], unique=False, postgresql_where=sa.text('set_aside_at IS NULL AND ended_at IS NULL'))
    op.create_index('ix_delivery_leased', 'delivery', ['partner_id', 'lease_until'], unique=False, postgresql_where=sa.text('lease_until IS NOT NULL'))
    op.create_index(op.f('ix_delivery_partner_id'), 'delivery', ['partner_id', sa.literal_column('id DESC')], unique=False)
    op.create_table('entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('kind', sa.Enum('credit', 'hold', 'capture', 'release', 'refund', name='entrykind', native_enum=False, create_constraint=True, length=20), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('transaction_id', sa.BigInteger(), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=True),
    sa.Column('actor', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['transaction_id'], ['transaction.id'], name=op.f('fk_entry_transaction_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry')),
    sa.UniqueConstraint('id', 'currency', name=op.f('uq_entry_id_currency'))
    )
    op.create_index(op.f('ix_entry_transaction_id'), 'entry', ['transaction_id'], unique=False)
    op.create_index('uq_entry_transaction_once', 'entry', ['transaction_id', 'kind'], unique=True, postgresql_where=sa.text("kind IN ('hold', 'capture', 'release')"))
    op.create_table('attempt',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('delivery_id', sa.BigInteger(), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('elapsed_ms', sa.BigInteger(), nullable=True),
    sa.Column('verdict', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=True),
    sa.Column('status_code', sa.BigInteger(), nullable=True),
    sa.Column('failure', sa.String(length=12), nullable=True),
    sa.Column('address', sa.String(length=64), nullable=True),
    sa.Column('request_body', sa.Text(), nullable=True),
    sa.Column('reply_body', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_attempt_delivery_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_attempt_lead_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempt')),
    sa.UniqueConstraint('delivery_id', 'number', name=op.f('uq_attempt_delivery_id_number'))
    )
    op.create_index(op.f('ix_attempt_lead_id'), 'attempt', ['lead_id'], unique=False)
    op.create_table('breach',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('delivery_id', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_breach_delivery_id')),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], name=op.f('fk_breach_lead_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_breach')),
    sa.UniqueConstraint('delivery_id', name=op.f('uq_breach_delivery_id'))
    )
    op.create_table('posting',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount_cents', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_cents <> 0', name=op.f('ck_posting_amount')),
    sa.ForeignKeyConstraint(['account_id', 'currency'], ['account.id', 'account.currency'], name=op.f('fk_posting_account_id_currency')),
    sa.ForeignKeyConstraint(['entry_id', 'currency'], ['entry.id', 'entry.currency'], name=op.f('fk_posting_entry_id_currency')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posting'))
    )
    op.create_index(op.f('ix_posting_account_id_id'), 'posting', ['account_id', 'id'], unique=False)
    op.create_index(op.f('ix_posting_entry_id'), 'posting', ['entry_id'], unique=False)
    op.execute(BOOKS)


def downgrade() -> None:
    op.drop_index(op.f('ix_posting_entry_id'), table_name='posting')
    op.drop_index(op.f('ix_posting_account_id_id'), table_name='posting')
    op.drop_table('posting')
    op.drop_table('breach')
    op.drop_index(op.f('ix_attempt_lead_id'), table_name='attempt')
    op.drop_table('attempt')
    op.drop_index('uq_entry_transaction_once', table_name='entry', postgresql_where=sa.text("kind IN ('hold', 'capture', 'release')"))
    op.drop_index(op.f('ix_entry_transaction_id'), table_name='entry')
    op.drop_table('entry')
    op.drop_index(op.f('ix_delivery_partner_id'), table_name='delivery')
    op.drop_index('ix_delivery_leased', table_name='delivery', postgresql_where=sa.text('lease_until IS NOT NULL'))
    op.drop_index('ix_delivery_open', table_name='delivery', postgresql_where=sa.text('ended_at IS NULL'))
    op.drop_index(op.f('ix_delivery_lead_id'), table_name='delivery')
    op.drop_index('ix_delivery_due', table_name='delivery', postgresql_where=sa.text('set_aside_at IS NULL AND ended_at IS NULL'))
    op.drop_table('delivery')
    op.drop_index('ix_work_due', table_name='work', postgresql_where=sa.text('set_aside_at IS NULL'))
    op.drop_table('work')
    op.drop_index('uq_transaction_lead_partner', table_name='transaction', postgresql_where=sa.text("status <> 'released' OR slot_burnt"))
    op.drop_index(op.f('ix_transaction_vendor_id'), table_name='transaction')
    op.drop_index(op.f('ix_transaction_partner_id'), table_name='transaction')
    op.drop_index(op.f('ix_transaction_lead_id'), table_name='transaction')
    op.drop_index(op.f('ix_transaction_captured_at'), table_name='transaction')
    op.drop_index(op.f('ix_transaction_campaign_id'), table_name='transaction')
    op.drop_table('transaction')
    op.drop_table('subscription_window')
    op.drop_index(op.f('ix_sandbox_message_lead_id'), table_name='sandbox_message')
    op.drop_index(op.f('ix_sandbox_message_inbox'), table_name='sandbox_message')
    op.drop_table('sandbox_message')
    op.drop_index(op.f('ix_routing_run_lead_id_id'), table_name='routing_run')
    op.drop_index(op.f('ix_routing_run_at'), table_name='routing_run')
    op.drop_table('routing_run')
    op.drop_index(op.f('ix_lead_event_lead_id_id'), table_name='lead_event')
    op.drop_table('lead_event')
    op.drop_table('lead_contact')
    op.drop_index(op.f('ix_subscription_partner_id'), table_name='subscription')
    op.drop_index(op.f('ix_subscription_campaign_id_status'), table_name='subscription')
    op.drop_table('subscription')
    op.drop_index(op.f('ix_refusal_source_id'), table_name='refusal')
    op.drop_table('refusal')
    op.drop_index(op.f('ix_refresh_token_family_id'), table_name='refresh_token')
    op.drop_table('refresh_token')
    op.drop_index(op.f('ix_lead_vendor_id'), table_name='lead')
    op.drop_index(op.f('ix_lead_status'), table_name='lead')
    op.drop_index(op.f('ix_lead_source_id'), table_name='lead')
    op.drop_index(op.f('ix_lead_received_at'), table_name='lead')
    op.drop_index(op.f('ix_lead_campaign_id_status'), table_name='lead')
    op.drop_index(op.f('ix_lead_phone_hash_campaign_id_received_at'), table_name='lead')
    op.drop_index(op.f('ix_lead_email_hash_campaign_id_received_at'), table_name='lead')
    op.drop_table('lead')
    op.drop_table('landing_page')
    op.drop_index('idx_role_id', table_name='ab_permission_view_role')
    op.drop_index('idx_permission_view_id', table_name='ab_permission_view_role')
    op.drop_table('ab_permission_view_role')
    op.drop_table('source')
    op.drop_index(op.f('ix_membership_vendor_id'), table_name='membership')
    op.drop_index(op.f('ix_membership_partner_id'), table_name='membership')
    op.drop_table('membership')
    op.drop_index(op.f('ix_login_family_user_id'), table_name='login_family')
    op.drop_table('login_family')
    op.drop_table('endpoint')
    op.drop_table('campaign_routing')
    op.drop_index('uq_account_vendor', table_name='account', postgresql_where=sa.text('vendor_id IS NOT NULL'))
    op.drop_index('uq_account_platform', table_name='account', postgresql_where=sa.text('partner_id IS NULL AND vendor_id IS NULL'))
    op.drop_index('uq_account_partner', table_name='account', postgresql_where=sa.text('partner_id IS NOT NULL'))
    op.drop_table('account')
    op.drop_table('ab_user_role')
    op.drop_index('idx_user_id', table_name='ab_user_group')
    op.drop_index('idx_user_group_id', table_name='ab_user_group')
    op.drop_table('ab_user_group')
    op.drop_index('idx_view_menu_id', table_name='ab_permission_view')
    op.drop_index('idx_permission_id', table_name='ab_permission_view')
    op.drop_table('ab_permission_view')
    op.drop_index('idx_group_role_id', table_name='ab_group_role')
    op.drop_index('idx_group_id', table_name='ab_group_role')
    op.drop_table('ab_group_role')
    op.drop_index('idx_api_key_user_id', table_name='ab_api_key')
    op.drop_index('idx_api_key_prefix', table_name='ab_api_key')
    op.drop_index('idx_api_key_lookup_hash', table_name='ab_api_key')
    op.drop_table('ab_api_key')
    op.drop_table('vendor')
    op.drop_table('tick')
    op.drop_table('metric')
    op.drop_table('audit_result')
    op.drop_table('provider')
    op.drop_table('partner')
    op.drop_index(op.f('ix_idempotency_key_expires_at'), table_name='idempotency_key')
    op.drop_table('idempotency_key')
    op.drop_table('campaign')
    op.drop_table('ab_view_menu')
    op.drop_table('ab_user')
    op.drop_table('ab_role')
    op.drop_table('ab_register_user')
    op.drop_table('ab_permission')
    op.drop_table('ab_group')
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
