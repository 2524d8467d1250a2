"""The audit log: append-only, numbered, dated and chained by the database."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "audit"
down_revision = "1b9096771ec5"
branch_labels = None
depends_on = None

# The application's role may insert into `audit` alone: the function runs as its owner,
# so that nobody but the database moves the head or chooses number, time and hash.
CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE last bytea;
BEGIN
  INSERT INTO audit_head (one, id, hash) VALUES (true, 1, '')
    ON CONFLICT (one) DO UPDATE SET id = audit_head.id + 1
    RETURNING audit_head.id, audit_head.hash INTO NEW.id, last;
  NEW.at := clock_timestamp();
  NEW.hash := sha256(last || convert_to(jsonb_build_array(
    NEW.id, (extract(epoch FROM NEW.at) * 1000000)::bigint, NEW.user_id, NEW.key_id,
    NEW.role, NEW.action, NEW.subject, NEW.before, NEW.after, NEW.address,
    NEW.request_id)::text, 'UTF8'));
  UPDATE audit_head SET hash = NEW.hash;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_chain BEFORE INSERT ON audit
  FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER audit_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION written_once();
CREATE TRIGGER audit_anchor_written_once
  BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_anchor
  FOR EACH STATEMENT EXECUTE FUNCTION written_once();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("key_id", sa.BigInteger()),
        sa.Column("role", sa.String(20)),
        sa.Column("action", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("before", postgresql.JSONB()),
        sa.Column("after", postgresql.JSONB()),
        sa.Column("address", sa.String(45)),
        sa.Column("request_id", sa.String(64)),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "jsonb_typeof(before) = 'object'", name=op.f("ck_audit_before")
        ),
        sa.CheckConstraint(
            "jsonb_typeof(after) = 'object'", name=op.f("ck_audit_after")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    for column in ("subject", "user_id", "action"):
        op.create_index(
            op.f(f"ix_audit_{column}"), "audit", [column, sa.text("id DESC")]
        )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_audit_head_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_anchor",
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit_anchor")),
    )
    op.execute(CHAIN)


def downgrade() -> None:
    op.drop_table("audit_anchor")
    op.drop_table("audit")
    op.drop_table("audit_head")
    op.execute("DROP FUNCTION audit_chain()")
