"""Large returns: who agreed first, before another administrator approves."""

import sqlalchemy as sa
from alembic import op

revision = "returnagreed"
down_revision = "guardedbalance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead_return", sa.Column("agreed_by", sa.String(60)))
    op.create_check_constraint(
        op.f("ck_lead_return_two"), "lead_return", "agreed_by <> decided_by OR status = 'denied'"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_lead_return_two"), "lead_return")
    op.drop_column("lead_return", "agreed_by")
