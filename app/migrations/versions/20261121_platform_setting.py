"""Business policy that administrators set."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "platformsetting"
down_revision = "lowbalance"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'platform_setting',
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_platform_setting')),
    )


def downgrade() -> None:
    op.drop_table('platform_setting')
