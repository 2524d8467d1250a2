"""Balances now and then, and which lines of the books are rare, for statements."""

import sqlalchemy as sa
from alembic import op

revision = "balancemark"
down_revision = "waitingforcard"
branch_labels = None
depends_on = None

BOOKS = """
CREATE OR REPLACE FUNCTION posting_books() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT FROM added GROUP BY entry_id HAVING sum(amount_cents) <> 0) THEN
    RAISE EXCEPTION 'postings of an entry must sum to zero'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_zero_sum';
  END IF;
  IF (SELECT count(*) FROM posting WHERE entry_id IN (SELECT entry_id FROM added))
     <> (SELECT count(*) FROM added) THEN
    RAISE EXCEPTION 'postings of an entry come in one statement'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_posting_complete';
  END IF;
{move}
  RETURN NULL;
END $$
"""
# A mark at every 200th posting: what stands between two is summed in no time.
MARKED = """
  WITH moved AS (
    SELECT account_id, sum(amount_cents)::bigint AS cents, count(*) AS lines,
           max(entry_id) AS entry_id
      FROM added GROUP BY account_id
  ), stood AS (
    UPDATE account SET balance_cents = balance_cents + moved.cents,
                       postings = postings + moved.lines
      FROM moved
     WHERE account.id = moved.account_id AND account.balance_cents IS NOT NULL
    RETURNING account.id, moved.entry_id, account.balance_cents,
              account.postings / 200 > (account.postings - moved.lines) / 200 AS is_due
  )
  INSERT INTO balance_mark (account_id, entry_id, balance_cents)
  SELECT id, entry_id, balance_cents FROM stood WHERE is_due;
"""
UNMARKED = """
  UPDATE account SET balance_cents = balance_cents + moved.cents
    FROM (SELECT account_id, sum(amount_cents)::bigint AS cents
            FROM added GROUP BY account_id) AS moved
   WHERE account.id = moved.account_id AND account.balance_cents IS NOT NULL;
"""
COUNT = """
UPDATE account SET postings = counted.lines
  FROM (SELECT account_id, count(*) AS lines FROM posting GROUP BY account_id) counted
 WHERE account.id = counted.account_id AND account.balance_cents IS NOT NULL
"""
MARK = """
INSERT INTO balance_mark (account_id, entry_id, balance_cents)
SELECT account_id, entry_id, cents FROM (
  SELECT p.account_id, p.entry_id, sum(p.amount_cents) OVER walk AS cents,
         row_number() OVER walk AS number
    FROM posting p JOIN account a ON a.id = p.account_id
   WHERE a.balance_cents IS NOT NULL
  WINDOW walk AS (PARTITION BY p.account_id ORDER BY p.entry_id)) walked
 WHERE number % 200 = 0
"""
RARE = """
UPDATE posting SET is_rare = true FROM entry
 WHERE entry.id = posting.entry_id AND entry.kind NOT IN ('hold', 'capture')
"""


def upgrade() -> None:
    # What is there first: not rare. Code that says nothing of it writes rare lines,
    # which are looked through by their entries' kinds all the same.
    op.add_column(
        "posting",
        sa.Column("is_rare", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute("ALTER TABLE posting DISABLE TRIGGER posting_written_once")
    op.execute(RARE)
    op.execute("ALTER TABLE posting ENABLE TRIGGER posting_written_once")
    op.alter_column("posting", "is_rare", server_default=sa.true())
    op.create_index(
        "ix_posting_rare",
        "posting",
        ["account_id", "entry_id"],
        postgresql_where=sa.text("is_rare"),
    )
    op.add_column(
        "account",
        sa.Column("postings", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.create_table(
        "balance_mark",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_balance_mark_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_balance_mark_entry_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "entry_id", name=op.f("pk_balance_mark")),
    )
    op.execute(COUNT)
    op.execute(MARK)
    op.execute(BOOKS.format(move=MARKED))


def downgrade() -> None:
    op.execute(BOOKS.format(move=UNMARKED))
    op.drop_table("balance_mark")
    op.drop_column("account", "postings")
    op.drop_index("ix_posting_rare", table_name="posting")
    op.drop_column("posting", "is_rare")
