"""Whoever tampers with the audit log is found by the auditor, whatever they do."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.services import audit_chain
from app.services.audit import record
from app.services.audit_chain import SLICE, audit_newest, broken_links, ranges_of
from app.services.integrity import audit, run_checks
from tests.factories import STAFF, count

pytestmark = pytest.mark.usefixtures("committed")
ROWS, CASES = 12, 1000
# The formula as somebody knows it who holds the whole database, but not our keys.
FORGE = text(
    "DO $$ DECLARE r audit; last bytea := ''; BEGIN"
    " FOR r IN SELECT * FROM audit ORDER BY id LOOP"
    "  last := sha256(last || convert_to(jsonb_build_array(r.id,"
    "   (extract(epoch FROM r.at) * 1000000)::bigint, r.user_id, r.key_id, r.role,"
    "   r.action, r.subject, r.before, r.after, r.address, r.request_id)::text,"
    "   'UTF8'));"
    "  UPDATE audit SET hash = last WHERE id = r.id;"
    " END LOOP;"
    " UPDATE audit_head SET hash = last, id = (SELECT max(id) FROM audit); END $$"
)
EDITS = (
    "user_id = coalesce(user_id, 0) + 1",
    "user_id = NULL",
    "key_id = 5",
    "role = 'operator'",
    "action = action || 'x'",
    "subject = 'partner:999'",
    'before = \'{"status": "paused"}\'',
    "before = NULL",
    "after = after || '{\"n\": -1}'",
    "address = '192.0.2.77'",
    "request_id = 'another-one'",
    "at = at + interval '1 microsecond'",
)
Tamper = Callable[[Session, random.Random], object]


def fill(number: int = ROWS) -> None:
    for n in range(number):
        with transaction() as session:
            facts = {"status": "active"}, {"n": n}
            record(session, STAFF, "partner.changed", f"partner:{n % 5}", *facts)


@pytest.fixture
def owner(committed: Flask, servers: dict[str, str]) -> Iterator[Session]:
    """The tables' owner, with the triggers out of the way; rolled back at the end."""
    fill(ROWS // 2)
    audit()
    fill(ROWS // 2)
    audit()
    db.session.remove()
    engine = create_engine(servers["DATABASE_ADMIN_URL"])
    with engine.connect() as connection:
        for table in ("audit", "audit_anchor"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        yield Session(connection, join_transaction_mode="create_savepoint")
        connection.rollback()
    engine.dispose()


def edit(session: Session, dice: random.Random) -> object:
    where, what = dice.randint(1, ROWS), dice.choice(EDITS)
    return session.execute(text(f"UPDATE audit SET {what} WHERE id = {where}"))


def unhinge(session: Session, dice: random.Random) -> object:
    where = dice.randint(1, ROWS)
    new = f"UPDATE audit SET hash = sha256(hash) WHERE id = {where}"
    return session.execute(text(new))


def delete(session: Session, dice: random.Random) -> object:
    first = dice.randint(1, ROWS)
    last = dice.randint(first, min(first + 3, ROWS))
    return session.execute(
        text(f"DELETE FROM audit WHERE id BETWEEN {first} AND {last}")
    )


def swap(session: Session, dice: random.Random) -> object:
    one, other = dice.sample(range(1, ROWS + 1), 2)
    for old, new in ((one, 0), (other, one), (0, other)):
        session.execute(text(f"UPDATE audit SET id = {new} WHERE id = {old}"))
    return None


def truncate(session: Session, dice: random.Random) -> object:
    keep = dice.randint(0, ROWS - 1)
    session.execute(text(f"DELETE FROM audit WHERE id > {keep}"))
    if dice.random() < 0.5:  # and set the head back, so that the rest looks whole
        session.execute(
            text(
                f"UPDATE audit_head SET id = {keep},"
                f" hash = coalesce((SELECT hash FROM audit WHERE id = {keep}), '')"
            )
        )
    return None


def forge(session: Session, dice: random.Random) -> object:
    dice.choice((edit, delete))(session, dice)
    session.execute(text("UPDATE audit SET id = -id"))
    session.execute(
        text(
            "UPDATE audit SET id = n FROM (SELECT id AS old,"
            " row_number() OVER (ORDER BY id DESC) AS n FROM audit) AS o WHERE id = old"
        )
    )
    return session.execute(FORGE)


def append(session: Session, dice: random.Random) -> object:
    return session.execute(
        text(
            "INSERT INTO audit SELECT id + 1, at, user_id, key_id, role, action,"
            " subject, before, after, address, request_id, hash"
            " FROM audit ORDER BY id DESC LIMIT 1"
        )
    )


def test_a_thousand_random_tamperings_are_all_found(owner: Session) -> None:
    kinds: list[Tamper] = [edit, unhinge, delete, swap, truncate, forge, append]
    dice = random.Random(4)  # noqa: S311 - dice, no secret
    missed = []

    for case in range(CASES):
        kind = kinds[case % len(kinds)]
        kind(owner, dice)
        if not broken_links(owner):
            missed.append((case, kind.__name__))
        owner.rollback()

    assert missed == []
    assert broken_links(owner) == []


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET after = '{}' WHERE id = 7", "audit 7 was changed"),
        ("DELETE FROM audit WHERE id = 7", "audit 7 is missing before 8"),
        ("DELETE FROM audit WHERE id = 1", "audit 1 is missing before 2"),
        ("DELETE FROM audit WHERE id > 10", "audit 12 is not what was anchored"),
        ("DELETE FROM audit_anchor WHERE audit_id < 10", "audit 12 is not what was"),
        ("DELETE FROM audit_head", "audit 12 is not the head"),
    ],
)
def test_the_first_bad_row_is_named(owner: Session, statement: str, first: str) -> None:
    owner.execute(text(statement))

    assert broken_links(owner)[0].startswith(first)
    assert audit_newest(owner)[0].startswith(first)


def test_a_sound_log_passes_and_is_anchored_once(committed: Flask) -> None:
    fill(3)

    for _ in range(2):
        audit()

    found = next(c for c in run_checks()["checks"] if c["name"] == "audit_chain")
    assert found["ok"], found
    assert count("audit_anchor") == 1


def test_an_old_row_is_gone_over_again_in_its_turn(
    owner: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_chain, "SLICE", 10)
    owner.execute(text("UPDATE audit SET after = '{}' WHERE id = 7"))

    found = [
        bool(audit_chain._wrong(owner, owner.execute(audit_chain.ENDS).one(), due))
        for due in (ranges_of(ROWS, minute) for minute in range(2))
    ]

    assert found == [True, False]


def test_every_row_has_its_turn() -> None:
    anchored = 3 * SLICE + 5
    covered = {ranges_of(anchored, minute)[0] for minute in range(4)}

    ends = sorted(covered)
    assert ends[0][0] < 1
    assert ends[-1][1] == anchored
    assert all(a[1] + 1 == b[0] for a, b in pairwise(ends))


def test_writers_at_once_leave_one_whole_chain(committed: Flask) -> None:
    def write(_n: int) -> None:
        with committed.app_context():
            fill(25)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    assert count("audit") == 200
    with transaction() as session:
        assert broken_links(session) == []


def test_rows_and_anchors_are_written_once_even_by_their_owner(
    committed: Flask, servers: dict[str, str]
) -> None:
    fill(1)
    engine = create_engine(servers["DATABASE_ADMIN_URL"])

    for statement in (
        "UPDATE audit SET role = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_anchor SET at = now()",
        "DELETE FROM audit_anchor",
        "TRUNCATE audit_anchor",
    ):
        with (
            engine.connect() as connection,
            pytest.raises(Exception, match="written once"),
        ):
            connection.execute(text(statement))
    engine.dispose()
