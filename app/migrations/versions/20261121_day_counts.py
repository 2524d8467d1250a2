"""Figures by day, which the clock counts for the reports."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "daycounts"
down_revision = "returns"
branch_labels = None
depends_on = None

TABLES = ("lead_day", "sale_day", "handover_day", "counted_day")


def _table(name: str, keys: dict[str, TypeEngine[Any]], *figures: str) -> None:
    op.create_table(
        name,
        *(sa.Column(key, kind, nullable=False) for key, kind in keys.items()),
        *(sa.Column(figure, sa.BigInteger(), nullable=False) for figure in figures),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
    )


def upgrade() -> None:
    day, number, state = sa.Date(), sa.BigInteger(), sa.String(20)
    op.create_table(
        "counted_day",
        sa.Column("day", day, nullable=False),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("'-infinity'"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_counted_day")),
    )
    leads: dict[str, TypeEngine[Any]] = {"campaign_id": number, "status": state}
    _table("lead_day", {"day": day, **leads}, "leads")
    sides = dict.fromkeys(("campaign_id", "partner_id", "vendor_id"), number)
    sales: dict[str, TypeEngine[Any]] = {**sides, "currency": sa.String(3)}
    _table("sale_day", {"day": day, **sales}, "sales", "net_cents")
    handed: dict[str, TypeEngine[Any]] = {"partner_id": number, "status": state}
    keys = {"day": day, **handed, "bucket": number}
    _table("handover_day", keys, "handovers", "late")


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
