"""Ask the groups of a campaign for a lead one after the other."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "groups"
down_revision = "atcap"
branch_labels = None
depends_on = None

METHODS = (
    "method IN ('priority', 'weighted', 'round_robin', 'percentage', 'price'{more})"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _allow(", 'groups'")
    op.add_column("campaign", sa.Column("groups", postgresql.JSONB()))
    op.create_check_constraint(
        op.f("ck_campaign_groups"),
        "campaign",
        "method <> 'groups' OR coalesce(jsonb_typeof(groups) = 'array', false)",
    )
    op.add_column("subscription", sa.Column("group", sa.String(64)))


def downgrade() -> None:
    op.execute("UPDATE campaign SET method = 'priority' WHERE method = 'groups'")
    op.drop_column("subscription", "group")
    op.drop_column("campaign", "groups")
    _allow("")


def _allow(more: str) -> None:
    op.drop_constraint(op.f("ck_campaign_method"), "campaign")
    op.create_check_constraint(
        op.f("ck_campaign_method"), "campaign", METHODS.format(more=more)
    )
