"""The auditor names each of more than fifty faults that somebody plants in the books by hand.

The planter is the owner of the tables, who takes constraints and triggers away first.
"""

# ruff: noqa: E501 - one fault, one line

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from app.db import db
from app.domain.windows import Window
from app.services.audit_scope import Scope, newest
from app.services.integrity import find_wrong
from app.services.order_limits import LIMITS as ALL_LIMITS
from tests.shop import Shop

LIMITS = {window: (cap, budget) for window, cap, budget in ALL_LIMITS}
LOOSEN = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
     WHERE conrelid IN ('account'::regclass, 'entry'::regclass, 'posting'::regclass,
       'transaction'::regclass, 'money_order'::regclass, 'delivery'::regclass,
       'subscription_window'::regclass)
       AND contype IN ('c', 'f', 'u') LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE',
                   found.place, found.conname);
  END LOOP;
  FOR found IN SELECT indexrelid::regclass AS name FROM pg_index
     WHERE indrelid IN ('account'::regclass, 'entry'::regclass, 'transaction'::regclass)
       AND indisunique AND NOT indisprimary LOOP
    EXECUTE format('DROP INDEX IF EXISTS %s', found.name);
  END LOOP;
  FOR found IN SELECT unnest(ARRAY['entry', 'posting', 'transaction', 'delivery'])
      AS name LOOP
    EXECUTE format('ALTER TABLE %I DISABLE TRIGGER USER', found.name);
  END LOOP;
END $$
"""
# Of what is old a run goes over one slice: all of them together miss nothing.
SLICES = 3
SALES = ("held", "captured", "part", "refunded", "released", "fixed", "dearer")


def lines(entry: str, account: str, change: str) -> str:
    """Change one line of an entry, and the balance with it, so that no sum tells."""
    return (
        f"UPDATE posting SET amount_cents = amount_cents {change}"
        f" WHERE entry_id = {{{entry}}} AND account_id = {{{account}}};"
        f" UPDATE account SET balance_cents = balance_cents {change}"
        f" WHERE id = {{{account}}};"
    )


def copied(table: str, where: str, **values: str) -> str:
    """Write a row once more, with other values."""
    return f"copy:{table}:{where}:" + ",".join(f"{k}={v}" for k, v in values.items())


# What is planted, and the row that must be named.
FAULTS = [
    # Entries and lines that are missing.
    ("DELETE FROM posting WHERE entry_id = {hold_held}", "entry {hold_held}"),
    ("DELETE FROM posting WHERE entry_id = {capture_captured}", "entry {capture_captured}"),
    ("DELETE FROM posting WHERE entry_id = {refund_refunded}", "entry {refund_refunded}"),
    ("DELETE FROM posting WHERE entry_id = {credit}", "entry {credit}"),
    ("DELETE FROM posting WHERE entry_id = {hold_held} AND amount_cents > 0", "entry {hold_held}"),
    ("DELETE FROM posting WHERE entry_id = {adjustment} AND amount_cents < 0", "entry {adjustment}"),
    ("DELETE FROM entry WHERE id = {hold_held}", "transaction {held}"),
    ("DELETE FROM entry WHERE id = {capture_captured}", "transaction {captured}"),
    ("DELETE FROM entry WHERE id = {release_released}", "transaction {released}"),
    ("DELETE FROM entry WHERE id = {refund_part}", "transaction {part}"),
    ("DELETE FROM posting WHERE entry_id = {refund_refunded}; DELETE FROM entry WHERE id = {refund_refunded}", "transaction {refunded}"),
    ("DELETE FROM posting WHERE entry_id = {credit}; DELETE FROM entry WHERE id = {credit}", "account {wallet}"),
    # Entries and lines that came twice.
    (copied("posting", "entry_id = {hold_held}"), "entry {hold_held}"),
    (copied("posting", "entry_id = {capture_captured}"), "entry {capture_captured}"),
    (copied("posting", "entry_id = {credit}"), "entry {credit}"),
    (copied("entry", "id = {hold_held}"), "transaction {held}"),
    (copied("entry", "id = {capture_captured}"), "transaction {captured}"),
    (copied("entry", "id = {refund_part}"), "entry {next_entry}"),
    (copied("entry", "id = {credit}"), "entry {next_entry}"),
    # Amounts that were edited, with and without their balances.
    ("UPDATE posting SET amount_cents = amount_cents + 1 WHERE entry_id = {credit} AND amount_cents > 0", "entry {credit}"),
    ("UPDATE posting SET amount_cents = amount_cents * 2 WHERE entry_id = {credit}", "account {wallet}"),
    ("UPDATE posting SET amount_cents = amount_cents * 2 WHERE entry_id = {hold_held}", "entry {hold_held}"),
    (lines("hold_held", "wallet", "- 1") + lines("hold_held", "holds", "+ 1"), "entry {hold_held}"),
    (lines("release_released", "wallet", "- 1") + lines("release_released", "holds", "+ 1"), "entry {release_released}"),
    (lines("refund_part", "wallet", "+ 1") + lines("refund_part", "payable", "- 1"), "transaction {part}"),
    ("UPDATE posting SET amount_cents = 0 WHERE entry_id = {hold_held} AND amount_cents > 0", "posting {line}"),
    # The platform's share off by a cent.
    (lines("capture_captured", "payable", "+ 1") + lines("capture_captured", "revenue", "- 1"), "entry {capture_captured}"),
    (lines("capture_fixed", "payable", "- 1") + lines("capture_fixed", "revenue", "+ 1"), "entry {capture_fixed}"),
    (lines("refund_part", "payable", "+ 1") + lines("refund_part", "revenue", "- 1"), "entry {refund_part}"),
    ("UPDATE transaction SET commission_bp = commission_bp + 100 WHERE id = {captured}", "entry {capture_captured}"),
    ("UPDATE transaction SET commission_cents = commission_cents + 1 WHERE id = {fixed}", "entry {capture_fixed}"),
    # Prices that were changed by hand.
    ("UPDATE transaction SET override_cents = override_cents + 1 WHERE id = {dearer}", "transaction {dearer}"),
    ("DELETE FROM posting WHERE entry_id = {override_dearer}; DELETE FROM entry WHERE id = {override_dearer}", "transaction {dearer}"),
    (lines("override_dearer", "payable", "+ 1") + lines("override_dearer", "revenue", "- 1"), "entry {override_dearer}"),
    (lines("override_dearer", "wallet", "- 1") + lines("override_dearer", "payable", "+ 1"), "transaction {dearer}"),
    ("UPDATE entry SET kind = 'refund' WHERE id = {override_dearer}", "transaction {dearer}"),
    # Lines on somebody else's account.
    ("UPDATE posting SET account_id = {other_wallet} WHERE entry_id = {hold_held} AND account_id = {wallet}", "entry {hold_held}"),
    ("UPDATE posting SET account_id = {bank} WHERE entry_id = {capture_captured} AND account_id = {revenue}", "entry {capture_captured}"),
    ("UPDATE posting SET account_id = 999999 WHERE entry_id = {credit} AND account_id = {wallet}", "posting {credit_line}"),
    ("UPDATE posting SET currency = 'EUR' WHERE entry_id = {credit}", "posting {credit_line}"),
    ("UPDATE entry SET currency = 'EUR' WHERE id = {credit}", "posting {credit_line}"),
    ("UPDATE entry SET kind = 'adjustment' WHERE id = {credit}", "entry {credit}"),
    ("UPDATE entry SET transaction_id = NULL WHERE id = {hold_held}", "entry {hold_held}"),
    ("UPDATE entry SET transaction_id = 999999 WHERE id = {refund_refunded}", "entry {refund_refunded}"),
    # Balances that drifted.
    ("UPDATE account SET balance_cents = balance_cents + 1 WHERE id = {wallet}", "account {wallet}"),
    ("UPDATE account SET balance_cents = balance_cents - 1 WHERE id = {payable}", "account {payable}"),
    ("UPDATE account SET floor_cents = -1000000 WHERE id = {wallet}", "account {wallet}"),
    ("UPDATE account SET balance_cents = 0 WHERE id = {revenue}", "account {revenue}"),
    ("INSERT INTO balance_mark VALUES ({wallet}, {credit}, 19999)", "account {wallet}"),
    (copied("account", "id = {wallet}", balance_cents="0"), "account {next_account}"),
    # Sales that the books do not bear.
    (copied("transaction", "id = {captured}", public_id="gen_random_uuid()"), "transaction {next_transaction}"),
    ("UPDATE transaction SET price_cents = price_cents + 1 WHERE id = {captured}", "entry {hold_captured}"),
    ("UPDATE transaction SET refunded_cents = price_cents + 1, status = 'captured' WHERE id = {part}", "transaction {part}"),
    ("UPDATE transaction SET refunded_cents = refunded_cents + 1 WHERE id = {part}", "transaction {part}"),
    ("UPDATE transaction SET status = 'captured' WHERE id = {held}", "transaction {held}"),
    # Caps and budgets that were exceeded, in each kind of window.
    *(
        fault
        for kind in Window
        for fault in (
            (f"UPDATE subscription_window SET holds_limit = holds - 1 WHERE kind = '{kind}'", f"subscription {{buys}} {kind}"),
            (f"UPDATE subscription_window SET cents_limit = cents - 1 WHERE kind = '{kind}'", f"subscription {{buys}} {kind}"),
            (f"UPDATE subscription_window SET holds = holds + 1 WHERE kind = '{kind}'", f"subscription {{buys}} {kind}"),
            (f"UPDATE subscription_window SET cents = cents - 1 WHERE kind = '{kind}'", f"subscription {{buys}} {kind}"),
            (f"UPDATE subscription SET {LIMITS[kind][0]} = 1 WHERE id = {{buys}}", f"subscription {{buys}} {kind}"),
            (f"UPDATE subscription SET {LIMITS[kind][1]} = 1 WHERE id = {{buys}}", f"subscription {{buys}} {kind}"),
        )
    ),
    ("UPDATE subscription SET weekday_caps = '{{\"mon\": 1, \"tue\": 1, \"wed\": 1, \"thu\": 1, \"fri\": 1, \"sat\": 1, \"sun\": 1}}' WHERE id = {buys}", "subscription {buys} day"),
    ("UPDATE subscription_window SET starts_at = starts_at - interval '1 day' WHERE kind = 'hour'; INSERT INTO subscription_window (subscription_id, kind, starts_at, ends_at) SELECT subscription_id, kind, starts_at + interval '1 minute', ends_at FROM subscription_window WHERE kind = 'hour'", "subscription {buys} hour"),
    ("UPDATE money_order SET decided_by_id = asked_by_id WHERE id = {order}", "money_order {order}"),
]  # fmt: skip


@pytest.fixture
def books(
    committed: Flask, servers: dict[str, str]
) -> Iterator[tuple[Connection, Any]]:
    """A connection of the owner, constraints away, and the ids to plant in."""
    names = ids_of(Shop())
    db.session.remove()
    engine = create_engine(servers["DATABASE_ADMIN_URL"])
    with engine.connect() as connection:
        outer = connection.begin()
        connection.execute(text(LOOSEN))
        yield connection, names
        outer.rollback()
    engine.dispose()


def ids_of(shop: Shop) -> dict[str, int]:
    """Let one sale of each kind happen; return its rows by name."""
    shop.credit(0, 20_000)
    shop.adjust(0, -100)
    sold = []
    for name in SALES:
        shop.share(3333, 100 if name == "fixed" else None)
        shop.sell(0)
        sold.append(max(shop.paper.sales))
    sales = dict(zip(SALES, sold, strict=True))
    for name in ("captured", "part", "refunded", "fixed", "dearer"):
        shop.end((sales[name], "captured"))
    shop.end((sales["released"], "released"))
    shop.refund(sales["part"], 333)
    shop.refund(sales["refunded"], None)
    shop.override(sales["dearer"], 1_000)
    shop.ask(0, 5_000)
    shop.decide(agrees=True)
    shop.check_all()

    def one(query: str, **values: Any) -> int:
        return int(db.session.execute(text(query), values).scalar_one())

    account = (
        "SELECT id FROM account WHERE kind = :kind AND coalesce(partner_id, 0) = :p"
    )
    entry = "SELECT max(id) FROM entry WHERE kind = :kind AND transaction_id = :sale"
    first, second = shop.partner_ids[:2]
    names = sales | {
        "wallet": one(account, kind="wallet", p=first),
        "holds": one(account, kind="holds", p=first),
        "other_wallet": one(account, kind="wallet", p=second),
        "payable": one(account, kind="payable", p=0),
        "revenue": one(account, kind="revenue", p=0),
        "bank": one(account, kind="bank", p=0),
        "credit": one("SELECT entry_id FROM posting WHERE amount_cents = 20000"),
        "adjustment": one("SELECT id FROM entry WHERE kind = 'adjustment'"),
        "order": one("SELECT id FROM money_order"),
        "buys": shop.order_ids[0],
    }
    for name, sale in sales.items():
        for kind in ("hold", "capture", "release", "refund", "override"):
            found = db.session.scalar(text(entry), {"kind": kind, "sale": sale})
            if found:
                names[f"{kind}_{name}"] = found
    in_entry = "SELECT max(id) FROM posting WHERE entry_id = :e AND amount_cents > 0"
    names["line"] = one(in_entry, e=names["hold_held"])
    names["credit_line"] = one(in_entry, e=names["credit"])
    return names


def plant(connection: Connection, fault: str, names: dict[str, int]) -> None:
    """Run what is planted; a copy takes the next id of its table."""
    if not fault.startswith("copy:"):
        for statement in fault.format(**names).strip("; ").split(";"):
            connection.execute(text(statement))
        return
    _, table, where, changes = fault.split(":", 3)
    changed = dict(pair.split("=", 1) for pair in changes.split(",") if pair)
    rows = connection.execute(
        text(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = :table AND column_name <> 'id'"
        ),
        {"table": table},
    )
    columns = [row.column_name for row in rows]
    taken = [changed.get(name, name) for name in columns]
    connection.execute(
        text(
            f"INSERT INTO {table} (id, {', '.join(columns)})"
            f" SELECT (SELECT max(id) FROM {table}) + row_number() OVER (),"
            f" {', '.join(taken)} FROM {table} WHERE {where.format(**names)}"
        )
    )
    names[f"next_{table}"] = int(
        connection.execute(text(f"SELECT max(id) FROM {table}")).scalar_one()
    )


def named(findings: list[dict[str, Any]]) -> set[str]:
    """Return the rows that are named."""
    return {label for one in findings for label in str(one["detail"]).split(", ")}


def one_of(slices: int, turn: int, session: Session) -> Scope:
    """Return one of so many slices, with nothing that is new."""
    entries = session.scalar(text("SELECT max(id) FROM entry"))
    return newest(session, -(-(entries or 0) // slices), turn, "infinity")


def test_the_auditor_names_every_planted_fault(
    books: tuple[Connection, dict[str, int]],
) -> None:
    connection, names = books
    missed = []
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        assert [one for one in find_wrong(session) if not one["ok"]] == []
    for fault, row in FAULTS:
        point = connection.begin_nested()
        known = dict(names)
        plant(connection, fault, known)
        wanted = row.format(**known)
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            as_a_whole = named(find_wrong(session))
            slice_by_slice = {
                label
                for turn in range(SLICES)
                for label in named(find_wrong(session, one_of(SLICES, turn, session)))
            }
        missed += [
            (fault.format(**known), wanted, sorted(labels))
            for labels in (as_a_whole, slice_by_slice)
            if wanted not in labels
        ]
        point.rollback()

    assert len(FAULTS) >= 50
    assert missed == []
