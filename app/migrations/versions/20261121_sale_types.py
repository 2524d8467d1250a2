"""Sell a lead to one alone: it takes all the slots, at a price of its own."""

import sqlalchemy as sa
from alembic import op

revision = "saletypes"
down_revision = "pacing"
branch_labels = None
depends_on = None

TYPES = "sale_type IN ('shared', 'exclusive', 'hybrid')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "subscription",
        sa.Column("sale_type", sa.String(20), server_default="shared", nullable=False),
    )
    op.add_column("subscription", sa.Column("exclusive_price_cents", sa.BigInteger()))
    _check("subscription", "saletype", TYPES)
    _check("subscription", "exclusive_price", "exclusive_price_cents >= 0")
    _add_count("transaction", "slots", "1")
    _add_count("lead", "slots_sold", "0")
    _check("transaction", "slots", "slots BETWEEN 1 AND 100")
    op.execute("UPDATE lead SET slots_sold = sold_count WHERE sold_count > 0")
    _drop_checks()
    _check("lead", "sold", "slots_sold BETWEEN sold_count AND slots_taken")
    _check("lead", "sold_count", "sold_count >= 0")
    _check("lead", "sold_status", "status <> 'sold' OR slots_sold = max_sales")


def downgrade() -> None:
    _drop_checks()
    op.drop_constraint(op.f("ck_lead_sold_count"), "lead")
    # One sale alone is told as so many shared ones: as much of the lead is gone.
    op.execute("UPDATE lead SET sold_count = slots_sold WHERE sold_count <> slots_sold")
    _check("lead", "sold", "sold_count BETWEEN 0 AND slots_taken")
    _check("lead", "sold_status", "status <> 'sold' OR sold_count = max_sales")
    op.drop_column("lead", "slots_sold")
    op.drop_column("transaction", "slots")
    op.drop_column("subscription", "exclusive_price_cents")
    op.drop_column("subscription", "sale_type")


def _add_count(table: str, name: str, default: str) -> None:
    op.add_column(
        table, sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)
    )


def _drop_checks() -> None:
    for name in ("sold", "sold_status"):
        op.drop_constraint(op.f(f"ck_lead_{name}"), "lead")


def _check(table: str, name: str, rule: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
