"""Find releases among the many entries, as all that not every sale brings."""

import sqlalchemy as sa
from alembic import op

revision = "entryreleases"
down_revision = "setaside"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _replace("kind NOT IN ('hold', 'capture')")


def downgrade() -> None:
    _replace("kind NOT IN ('hold', 'capture', 'release')")


def _replace(where: str) -> None:
    op.drop_index("ix_entry_rare", table_name="entry")
    rare = sa.text(where)
    op.create_index("ix_entry_rare", "entry", ["kind", "id"], postgresql_where=rare)
