"""Let caps and budgets hold for an hour, for all time, and by weekday."""

import sqlalchemy as sa
from alembic import op

revision = "limitwindows"
down_revision = "percentage"
branch_labels = None
depends_on = None

NUMBERS = ("hourly_cap", "total_cap", "hourly_budget_cents", "total_budget_cents")
OBJECTS = ("weekday_caps", "weekday_budgets_cents")
BY_WEEKDAY = (
    "jsonb_typeof({0}) = 'object' AND NOT jsonb_path_exists({0},"
    " '$.* ? (@.type() != \"number\" || @ < 0)')"
)
# What was sold until now counts in the new windows, too.
COUNTED = """
INSERT INTO subscription_window (subscription_id, kind, starts_at, ends_at, holds, cents)
SELECT t.subscription_id, {columns}, count(*), sum(t.price_cents)
  FROM transaction t JOIN lead l ON l.id = t.lead_id AND NOT l.is_test
  JOIN subscription s ON s.id = t.subscription_id
  JOIN partner p ON p.id = s.partner_id
  CROSS JOIN LATERAL (
    SELECT date_trunc('hour', t.held_at, coalesce(s.timezone, p.timezone)) AS hour) h
 WHERE (t.status <> 'released' OR t.slot_burnt) AND {since}
 GROUP BY 1, 2, 3, 4
"""
TOTAL = "'total', timestamptz '1970-01-01 00:00Z', timestamptz '9999-01-01 00:00Z'"
HOURS = "'hour', hour, hour + interval '1 hour'"
WINDOWS = (
    (TOTAL, "true"),
    # Whole hours: the auditor compares each with all that was sold in it.
    (HOURS, "hour > now() - interval '2 hours'"),
)


def upgrade() -> None:
    """Add the limits and their windows."""
    for name in NUMBERS:
        op.add_column("subscription", sa.Column(name, sa.BigInteger()))
    for name in OBJECTS:
        op.add_column("subscription", sa.Column(name, sa.dialects.postgresql.JSONB()))
    _constrain(
        "least(hourly_cap, daily_cap, weekly_cap, monthly_cap, total_cap) >= 0",
        "least(hourly_budget_cents, daily_budget_cents, weekly_budget_cents,"
        " monthly_budget_cents, total_budget_cents) >= 0",
        "'hour', 'day', 'week', 'month', 'total'",
    )
    for name, column in zip(("weekday_caps", "weekday_budgets"), OBJECTS, strict=True):
        op.create_check_constraint(
            op.f(f"ck_subscription_{name}"), "subscription", BY_WEEKDAY.format(column)
        )
    for columns, since in WINDOWS:
        op.execute(COUNTED.format(columns=columns, since=since))


def downgrade() -> None:
    """Take them away."""
    op.execute("DELETE FROM subscription_window WHERE kind IN ('hour', 'total')")
    for name in ("weekday_caps", "weekday_budgets"):
        op.drop_constraint(op.f(f"ck_subscription_{name}"), "subscription")
    _constrain(
        "least(daily_cap, weekly_cap, monthly_cap) >= 0",
        "least(daily_budget_cents, weekly_budget_cents, monthly_budget_cents) >= 0",
        "'day', 'week', 'month'",
    )
    for name in (*OBJECTS, *NUMBERS):
        op.drop_column("subscription", name)


def _constrain(caps: str, budgets: str, kinds: str) -> None:
    for table, name, condition in (
        ("subscription", "caps", caps),
        ("subscription", "budgets", budgets),
        ("subscription_window", "kind", f"kind IN ({kinds})"),
    ):
        constraint = op.f(f"ck_{table}_{name}")
        op.drop_constraint(constraint, table)
        op.create_check_constraint(constraint, table, condition)
