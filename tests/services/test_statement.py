"""Statements of accounts with many lines: every balance is what the lines add up to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.domain.people import Actor, Role
from app.domain.states import AccountKind, EntryKind, MemberRole
from app.models.partner import Partner
from app.services.accounts import lock_accounts, platform_account
from app.services.book_checks import BOOK_CHECKS
from app.services.ledger import Booking, book
from app.services.paging import Asked
from app.services.statement import ALL, wallet_statement
from tests.factories import make_partner

# One credit an hour, the first at the beginning of the year, with gaps between ids.
HOURLY = text(
    """
WITH new AS (
  INSERT INTO entry (id, at, kind, currency, actor)
  SELECT n * 3, timestamptz '2026-01-01 UTC' + make_interval(hours => n), 'credit',
         'USD', 'test' FROM generate_series(0, 299) n
  RETURNING id
)
INSERT INTO posting (entry_id, account_id, currency, amount_cents)
SELECT id, account, 'USD', cents FROM new,
       (VALUES (CAST(:wallet AS bigint), 1), (:bank, -1)) line (account, cents)
"""
)
# Enough for several marks, in bookings of several entries as a busy minute brings them.
BATCHES, BATCH = 12, 55


@pytest.fixture
def busy(committed: Flask) -> Partner:
    """A partner with hundreds of credits and corrections, and its other account."""
    partner = make_partner(0)
    for _ in range(BATCHES):
        with transaction() as session:
            bank = platform_account(session, AccountKind.bank, partner.currency)
            wallet, holds = lock_accounts(session, partner.currency, [partner.id])
            lines = [
                (EntryKind.credit, (wallet.account_id, 10 + n), (bank, -10 - n))
                for n in range(BATCH)
            ]
            kind, own = EntryKind.adjustment, (wallet.account_id, -7)
            lines.append((kind, own, (holds.account_id, 7)))
            book(session, [Booking(k, "USD", tuple(both)) for k, *both in lines])
    return partner


def reader_of(partner: Partner) -> Actor:
    return Actor(Role.client, 1, partner.id, None, MemberRole.viewer)


def walked(partner: Partner, **asked: Any) -> Iterator[dict[str, Any]]:
    """Yield the lines page by page."""
    after = None
    while True:
        asked_now = Asked(size=40, after=after)
        page = wallet_statement(reader_of(partner), asked_now, **asked)
        yield from page.items
        if (after := page.next) is None:
            return


def test_balances_of_a_long_statement_add_up_line_by_line(busy: Partner) -> None:
    lines = list(walked(busy))

    balance = held = 0
    for line in reversed(lines):
        balance += line["amount_cents"]
        held += line["held_change_cents"]
        assert (line["balance_cents"], line["held_cents"]) == (balance, held)
    assert len(lines) == BATCHES * (BATCH + 1)
    assert held == 7 * BATCHES


def test_lines_far_apart_have_their_balances_too(busy: Partner) -> None:
    whole = {line["id"]: line for line in walked(busy, kind=ALL)}

    few = list(walked(busy, kind="adjustment"))

    assert len(few) == BATCHES
    assert all(line == whole[line["id"]] for line in few)
    assert list(walked(busy, kind="release")) == []


def test_an_account_is_marked_at_every_two_hundredth_posting(busy: Partner) -> None:
    marks = db.session.execute(
        text(
            "SELECT m.balance_cents, (SELECT sum(amount_cents) FROM posting p WHERE"
            " p.account_id = a.id AND p.entry_id <= m.entry_id) AS summed, a.postings"
            " FROM balance_mark m JOIN account a ON a.id = m.account_id"
            " WHERE a.partner_id = :partner ORDER BY m.entry_id"
        ),
        {"partner": busy.id},
    ).all()

    assert len(marks) == BATCHES * (BATCH + 1) // 200
    assert all(mark.balance_cents == mark.summed for mark in marks)
    assert {mark.postings for mark in marks} == {BATCHES * (BATCH + 1)}
    assert db.session.execute(text(BOOK_CHECKS["marks_equal_postings"])).all() == []


def test_a_period_holds_what_was_booked_in_it(busy: Partner) -> None:
    lines = list(walked(busy))
    oldest, newest = lines[-1]["at"], lines[0]["at"]
    middle = lines[len(lines) // 2]["at"]
    hour = timedelta(hours=1)

    assert list(walked(busy, since=oldest, until=newest + hour)) == lines
    within = [line for line in lines if middle <= line["at"] < newest]
    assert list(walked(busy, since=middle, until=newest)) == within
    assert list(walked(busy, until=oldest)) == []
    assert list(walked(busy, since=newest + hour)) == []


@pytest.mark.parametrize(
    ("first", "last"), [(0, 299), (17, 18), (140, 200), (298, 299)]
)
def test_a_period_long_ago_is_found_among_many_entries(
    committed: Flask, first: int, last: int
) -> None:
    partner = make_partner(0)
    with transaction() as session:
        bank = platform_account(session, AccountKind.bank, partner.currency)
        wallet, _ = lock_accounts(session, partner.currency, [partner.id])
        ids = {"wallet": wallet.account_id, "bank": bank}
        session.execute(HOURLY.bindparams(**ids))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    since, until = (start + timedelta(hours=n) for n in (first, last))

    found = [line["id"] for line in walked(partner, since=since, until=until)]

    assert found == [n * 3 for n in reversed(range(first, last))]
