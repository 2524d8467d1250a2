"""Sales that wait for a card, and which state of a sale may follow which."""

import sqlalchemy as sa
from alembic import op

revision = "waitingforcard"
down_revision = "returnmail"
branch_labels = None
depends_on = None

STATES = "held", "captured", "released", "refunded"
WAITING = "paying", "funding"
PAY_BY = """
CASE WHEN pay_by IS NULL THEN status NOT IN ('paying', 'funding')
 ELSE pay_by > held_at AND pay_by <= held_at + CASE status
 WHEN 'funding' THEN interval '60 seconds' ELSE interval '30 minutes' END END
"""
# What is allowed never calls the function.
MOVES = """
CREATE FUNCTION sale_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a sale never goes from % to %', OLD.status, NEW.status
    USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_transaction_moves';
END $$;
CREATE TRIGGER sale_moves BEFORE UPDATE OF status ON transaction
  FOR EACH ROW WHEN (OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
    ('paying', 'held'), ('paying', 'released'),
    ('funding', 'held'), ('funding', 'released'),
    ('held', 'captured'), ('held', 'released'), ('captured', 'refunded')))
  EXECUTE FUNCTION sale_moves();
"""


def upgrade() -> None:
    op.add_column("transaction", sa.Column("pay_by", sa.DateTime(timezone=True)))
    _allow(*WAITING, *STATES)
    op.create_check_constraint(op.f("ck_transaction_pay_by"), "transaction", PAY_BY)
    op.execute(MOVES)


def downgrade() -> None:
    op.execute("DROP TRIGGER sale_moves ON transaction; DROP FUNCTION sale_moves()")
    op.drop_constraint(op.f("ck_transaction_pay_by"), "transaction")
    _allow(*STATES)
    op.drop_column("transaction", "pay_by")


def _allow(*states: str) -> None:
    name = op.f("ck_transaction_transactionstatus")
    op.drop_constraint(name, "transaction")
    op.create_check_constraint(name, "transaction", f"status IN {states}")
