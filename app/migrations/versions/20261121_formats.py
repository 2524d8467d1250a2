"""Let endpoints take leads as forms and as ADF."""

from alembic import op

revision = "formats"
down_revision = "groups"
branch_labels = None
depends_on = None

FORMATS = "format IN ('json', 'xml'{more})"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _allow(", 'form', 'adf'")


def downgrade() -> None:
    op.execute("UPDATE endpoint SET format = 'json' WHERE format IN ('form', 'adf')")
    _allow("")


def _allow(more: str) -> None:
    op.drop_constraint(op.f("ck_endpoint_endpointformat"), "endpoint")
    op.create_check_constraint(
        op.f("ck_endpoint_endpointformat"), "endpoint", FORMATS.format(more=more)
    )
