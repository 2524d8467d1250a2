"""Keep fewer and narrower indexes of leads and their events."""

import sqlalchemy as sa
from alembic import op

revision = "leadindexes"
down_revision = "outoffunds"
branch_labels = None
depends_on = None

HASHES = ("email_hash", "phone_hash")


def upgrade() -> None:
    """Drop what another index serves as well."""
    for name in ("ix_lead_of_campaign", "ix_lead_status_received"):
        op.drop_index(name, table_name="lead")
    for column in HASHES:
        op.create_index(f"ix_lead_{column}", "lead", [column])
        op.drop_index(f"ix_lead_{column}_campaign_id_received_at", table_name="lead")
    op.drop_index("ix_lead_received_at", table_name="lead")
    op.create_index("ix_lead_received_at", "lead", ["received_at"])
    op.drop_constraint("pk_lead_event", "lead_event")
    op.create_primary_key("pk_lead_event", "lead_event", ["lead_id", "id"])
    op.drop_index("ix_lead_event_lead_id_id", table_name="lead_event")


def downgrade() -> None:
    """Make them again."""
    op.create_index("ix_lead_event_lead_id_id", "lead_event", ["lead_id", "id"])
    op.drop_constraint("pk_lead_event", "lead_event")
    op.create_primary_key("pk_lead_event", "lead_event", ["id"])
    op.drop_index("ix_lead_received_at", table_name="lead")
    op.create_index(
        "ix_lead_received_at",
        "lead",
        ["received_at"],
        postgresql_include=["status", "campaign_id"],
    )
    for column in HASHES:
        wide = [column, "campaign_id", "received_at"]
        op.create_index(f"ix_lead_{column}_campaign_id_received_at", "lead", wide)
        op.drop_index(f"ix_lead_{column}", table_name="lead")
    for column, name in (
        ("campaign_id", "ix_lead_of_campaign"),
        ("status", "ix_lead_status_received"),
    ):
        op.create_index(name, "lead", [column, sa.text("received_at DESC")])
