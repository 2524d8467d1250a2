"""Price leads by field and by age, and ask for a least margin of each sale."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "prices"
down_revision = "entryreleases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("campaign", sa.Column("age_prices", JSONB(none_as_null=True)))
    op.add_column("campaign", sa.Column("min_margin_cents", sa.BigInteger()))
    op.add_column("subscription", sa.Column("price_rules", JSONB(none_as_null=True)))
    op.create_check_constraint("min_margin", "campaign", "min_margin_cents >= 0")
    op.create_check_constraint(
        "age_prices",
        "campaign",
        "NOT jsonb_path_exists(age_prices, '$[*].percent ? (@ < 0 || @ > 100)')",
    )
    op.create_check_constraint(
        "price_rules",
        "subscription",
        "NOT jsonb_path_exists(price_rules, '$[*].price_cents ? (@ < 0)')",
    )


def downgrade() -> None:
    op.drop_column("subscription", "price_rules")
    op.drop_column("campaign", "min_margin_cents")
    op.drop_column("campaign", "age_prices")
