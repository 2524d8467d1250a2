"""Lists at any size: an index for every filter that a list shows."""

import sqlalchemy as sa
from alembic import op

revision = "lists"
down_revision = "killswitch"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_lead_of_campaign", "lead", ("campaign_id", "received_at DESC"), None),
    ("ix_lead_status_received", "lead", ("status", "received_at DESC"), None),
    ("ix_refusal_campaign_id", "refusal", ("campaign_id", "id DESC"), None),
    ("ix_refusal_at", "refusal", ("at",), None),
    (
        "ix_transaction_of_status",
        "transaction",
        ("status", "id DESC"),
        "status <> 'captured'",
    ),
    ("ix_delivery_held_at", "delivery", ("held_at",), None),
    ("ix_delivery_endpoint_id", "delivery", ("endpoint_id", "id DESC"), None),
    (
        "ix_delivery_of_status",
        "delivery",
        ("status", "id DESC"),
        "status <> 'accepted'",
    ),
)


def upgrade() -> None:
    op.drop_index("ix_lead_received_at", table_name="lead")
    op.create_index(
        "ix_lead_received_at",
        "lead",
        ["received_at"],
        postgresql_include=["status", "campaign_id"],
    )
    for name, table, columns, where in INDEXES:
        keys = [sa.text(one) if " " in one else one for one in columns]
        condition = sa.text(where) if where else None
        op.create_index(name, table, keys, postgresql_where=condition)


def downgrade() -> None:
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
    op.drop_index("ix_lead_received_at", table_name="lead")
    op.create_index("ix_lead_received_at", "lead", ["received_at"])
