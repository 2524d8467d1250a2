"""The order and size that each user chose last for each list."""

import sqlalchemy as sa
from alembic import op

revision = "listorder"
down_revision = "vendordays"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "list_order",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(60), nullable=False),
        sa.Column("order_column", sa.String(60), nullable=False),
        sa.Column("direction", sa.String(4), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name=op.f("fk_list_order_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "list", name=op.f("pk_list_order")),
    )


def downgrade() -> None:
    op.drop_table("list_order")
