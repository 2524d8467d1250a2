"""Let the books' own trigger alone move balances: it runs as its owner."""

from alembic import op

revision = "guardedbalance"
down_revision = "listorder"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER FUNCTION posting_books() SECURITY DEFINER SET search_path FROM CURRENT"
    )


def downgrade() -> None:
    op.execute("ALTER FUNCTION posting_books() SECURITY INVOKER RESET search_path")
