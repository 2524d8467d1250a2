"""Correct wallets and payables by hand, and let a second person agree to much money."""

import sqlalchemy as sa
from alembic import op

revision = "moneyorder"
down_revision = "bookeddays"
branch_labels = None
depends_on = None

ENTRIES = "credit hold capture release refund"
ACCOUNTS = (
    "wallet holds payable revenue tax fees receivable cash_in_transit bank refunds"
    " disputes breach_credits"
)


def state(name: str, *names: str) -> sa.Enum:
    return sa.Enum(*names, name=name, native_enum=False, create_constraint=True, length=20)


def allow(table: str, name: str, names: str) -> None:
    quoted = ", ".join(f"'{one}'" for one in names.split())
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK (kind IN ({quoted}))"
    )


def upgrade() -> None:
    allow("entry", "entrykind", f"{ENTRIES} adjustment")
    allow("account", "accountkind", f"{ACCOUNTS} adjustments")
    op.create_table(
        "money_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            state("moneyorderkind", "credit", "wallet", "payable", "refund"),
            nullable=False,
        ),
        sa.Column("partner_id", sa.BigInteger()),
        sa.Column("vendor_id", sa.BigInteger()),
        sa.Column("transaction_id", sa.BigInteger()),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column(
            "status",
            state("moneyorderstatus", "pending", "booked", "rejected"),
            server_default="pending",
            nullable=False,
        ),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("asked_by_id", sa.Integer()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by_id", sa.Integer()),
        sa.Column("entry_id", sa.BigInteger()),
        sa.CheckConstraint(
            "CASE kind WHEN 'payable' THEN vendor_id WHEN 'refund' THEN transaction_id"
            " ELSE partner_id END IS NOT NULL"
            " AND num_nonnulls(partner_id, vendor_id, transaction_id) = 1",
            name=op.f("ck_money_order_subject"),
        ),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_money_order_amount")),
        sa.CheckConstraint(
            "asked_by_id <> decided_by_id OR status = 'rejected'",
            name=op.f("ck_money_order_two"),
        ),
        sa.CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)",
            name=op.f("ck_money_order_decided"),
        ),
        sa.CheckConstraint(
            "(status = 'booked') = (entry_id IS NOT NULL)",
            name=op.f("ck_money_order_booked"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_money_order_{column}")
            )
            for column, table in (
                ("partner_id", "partner"),
                ("vendor_id", "vendor"),
                ("transaction_id", "transaction"),
                ("asked_by_id", "ab_user"),
                ("decided_by_id", "ab_user"),
                ("entry_id", "entry"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_order")),
    )
    op.create_index(op.f("ix_money_order_partner_id"), "money_order", ["partner_id"])
    op.create_index(op.f("ix_money_order_vendor_id"), "money_order", ["vendor_id"])
    op.create_index(
        "uq_money_order_refund",
        "money_order",
        ["transaction_id"],
        unique=True,
        postgresql_where=sa.text("status = 'pending' AND transaction_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("money_order")
    allow("account", "accountkind", ACCOUNTS)
    allow("entry", "entrykind", ENTRIES)
