"""Tell partners and staff of returns by mail, unless they chose not to be told."""

import sqlalchemy as sa
from alembic import op

revision = "returnmail"
down_revision = "payments"
branch_labels = None
depends_on = None

TOLD = ("staff_told_at", "partner_told_at")


def upgrade() -> None:
    for name in TOLD:
        op.add_column("lead_return", sa.Column(name, sa.DateTime(timezone=True)))
    # Nobody is told of what happened before there were mails.
    op.execute("UPDATE lead_return SET staff_told_at = now(), partner_told_at = now()")
    op.create_index(
        "ix_lead_return_untold",
        "lead_return",
        ["id"],
        postgresql_where=sa.text("partner_told_at IS NULL AND status <> 'open'"),
    )
    op.create_table(
        "mail_choice",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("returns", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_mail_choice_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mail_choice")),
    )


def downgrade() -> None:
    op.drop_table("mail_choice")
    op.drop_index("ix_lead_return_untold", table_name="lead_return")
    for name in TOLD:
        op.drop_column("lead_return", name)
