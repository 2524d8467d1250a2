"""Returns, their policies, the slots they free and the rates they leave."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "returns"
down_revision = "platformsetting"
branch_labels = None
depends_on = None

REASONS = (
    "invalid_phone",
    "invalid_email",
    "invalid_contact",
    "duplicate",
    "out_of_filter",
    "never_requested",
    "no_consent",
    "fraud",
    "other",
)
OWNERS = ("transaction", "lead", "campaign", "subscription", "partner", "vendor")


def upgrade() -> None:
    op.add_column("campaign", sa.Column("return_policy", JSONB(none_as_null=True)))
    op.add_column("partner", sa.Column("return_policy", JSONB(none_as_null=True)))
    rate: sa.Column[int] = sa.Column("return_rate_bp", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    op.add_column("subscription", rate)
    op.create_check_constraint(op.f("ck_subscription_return_rate"), "subscription", "return_rate_bp BETWEEN 0 AND 10000")
    freed: sa.Column[bool] = sa.Column("slot_freed", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    op.add_column("transaction", freed)
    op.create_check_constraint(op.f("ck_transaction_slot_freed"), "transaction", "NOT slot_freed OR status = 'refunded'")
    op.create_table(
        "lead_return",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("public_id", sa.Uuid(), nullable=False),
        *(sa.Column(f"{owner}_id", sa.BigInteger(), nullable=owner == "vendor") for owner in OWNERS),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason_code", sa.Enum(*REASONS, name="returnreason", native_enum=False, create_constraint=True, length=20), nullable=False),
        sa.Column("note", sa.String(2000)),
        sa.Column("evidence", JSONB(none_as_null=True), nullable=False),
        sa.Column("status", sa.Enum("open", "needs_info", "approved", "denied", name="returnstatus", native_enum=False, create_constraint=True, length=20), server_default="open", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("asked_by", sa.String(60), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.String(60)),
        sa.Column("decision_reason", sa.String(500)),
        sa.Column("afterwards", sa.Enum("market", "withdrawn", name="afterwards", native_enum=False, create_constraint=True, length=20)),
        sa.Column("entry_id", sa.BigInteger()),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_lead_return_amount")),
        sa.CheckConstraint(
            "(status IN ('approved', 'denied')) = (decided_at IS NOT NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_lead_return_decided"),
        ),
        sa.CheckConstraint(
            "(status = 'approved') = (entry_id IS NOT NULL) AND (entry_id IS NULL) = (afterwards IS NULL)",
            name=op.f("ck_lead_return_approved"),
        ),
        *(
            sa.ForeignKeyConstraint([f"{owner}_id"], [f"{owner}.id"], name=op.f(f"fk_lead_return_{owner}_id"))
            for owner in (*OWNERS, "entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_return")),
        sa.UniqueConstraint("public_id", name=op.f("uq_lead_return_public_id")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_lead_return_entry_id")),
    )
    for name in ("transaction_id", "lead_id", "subscription_id"):
        op.create_index(op.f(f"ix_lead_return_{name}"), "lead_return", [name])
    for name in ("partner_id", "campaign_id", "vendor_id"):
        op.create_index(op.f(f"ix_lead_return_{name}"), "lead_return", [name, sa.literal_column("id DESC")])
    op.create_index("uq_lead_return_transaction", "lead_return", ["transaction_id"], unique=True, postgresql_where=sa.text("status <> 'denied'"))
    op.create_index("ix_lead_return_undecided", "lead_return", ["id"], postgresql_where=sa.text("status IN ('open', 'needs_info')"))
    op.create_table(
        "return_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("return_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("is_partners", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(60), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.CheckConstraint("btrim(text) <> ''", name=op.f("ck_return_message_text")),
        sa.ForeignKeyConstraint(["return_id"], ["lead_return.id"], name=op.f("fk_return_message_return_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_message")),
    )
    op.create_index(op.f("ix_return_message_return_id_id"), "return_message", ["return_id", "id"])


def downgrade() -> None:
    op.drop_table("return_message")
    op.drop_table("lead_return")
    op.drop_constraint(op.f("ck_transaction_slot_freed"), "transaction")
    op.drop_column("transaction", "slot_freed")
    op.drop_constraint(op.f("ck_subscription_return_rate"), "subscription")
    op.drop_column("subscription", "return_rate_bp")
    op.drop_column("partner", "return_policy")
    op.drop_column("campaign", "return_policy")
