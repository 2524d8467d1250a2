"""Let a partner's owners be told when a limit is near or reached."""

import sqlalchemy as sa
from alembic import op

revision = "limitmail"
down_revision = "formats"
branch_labels = None
depends_on = None

TOLD = ("holds_told", "cents_told")


def upgrade() -> None:
    """Add what was told of a window, and who wants to be told."""
    for name in TOLD:
        op.add_column(
            "subscription_window",
            sa.Column(name, sa.BigInteger(), server_default="0", nullable=False),
        )
    op.alter_column("mail_choice", "returns", server_default=sa.true())
    op.add_column(
        "mail_choice",
        sa.Column("limits", sa.Boolean(), server_default=sa.true(), nullable=False),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("mail_choice", "limits")
    op.alter_column("mail_choice", "returns", server_default=None)
    for name in TOLD:
        op.drop_column("subscription_window", name)
