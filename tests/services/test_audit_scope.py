"""The auditor's rounds: what is new in each, what is old in its turn."""

from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.services import integrity
from app.services.audit_scope import EVERYTHING, Scope, newest
from app.services.integrity import CHECKS, audit, last_results
from tests.shop import Shop

CHECK = "leads_within_their_share_limit"
SLICE = 5


@pytest.fixture
def shop(database: Flask) -> Shop:
    shop = Shop()
    shop.credit(0, 20_000)
    for _ in range(6):
        shop.sell(0)
    return shop


def spoil(lead: int, by: int) -> None:
    with transaction() as session:
        query = text("UPDATE lead SET slots_taken = slots_taken + :by WHERE id = :id")
        session.execute(query, {"by": by, "id": lead})


def scope_of(turn: int, since: str) -> Scope:
    return newest(db.session(), SLICE, turn, since)


def round_of(monkeypatch: pytest.MonkeyPatch, turn: int) -> bool:
    """Let the auditor come when nothing is new; return whether all was well."""
    settled = partial(newest, slice_size=SLICE, turn=turn, since="infinity")
    monkeypatch.setattr(integrity, "newest", settled)
    audit()
    return {one.name: one.ok for one in last_results()}[CHECK]


def found_in(scope: Scope) -> bool:
    found = integrity.find_wrong(db.session(), scope)
    return not {one["name"]: one["ok"] for one in found}[CHECK]


def test_few_entries_are_gone_over_as_a_whole(shop: Shop) -> None:
    assert newest(db.session()) == EVERYTHING


def old_found(shop: Shop) -> list[bool]:
    """Spoil a lead; return in which of the turns it is found among what is old."""
    spoil(min(shop.paper.leads), -1)
    slices = scope_of(0, "infinity").bound["slices"]
    return [found_in(scope_of(turn, "infinity")) for turn in range(slices)]


def test_what_is_old_comes_in_its_turns(shop: Shop) -> None:
    found = old_found(shop)

    # Once with the leads, once with the sale.
    assert 1 <= found.count(True) <= 2
    assert len(found) > 2


def test_what_is_new_comes_in_every_turn(shop: Shop) -> None:
    slices = scope_of(0, "infinity").bound["slices"]
    spoil(min(shop.paper.leads), -1)

    found = [found_in(scope_of(turn, "-infinity")) for turn in range(slices)]

    assert found == [True] * slices


def test_what_failed_is_gone_over_until_it_is_mended(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = old_found(shop)
    its_turn, another = found.index(True), found.index(False)

    assert round_of(monkeypatch, another)
    assert not round_of(monkeypatch, its_turn)
    assert not round_of(monkeypatch, another)

    spoil(min(shop.paper.leads), 1)

    assert round_of(monkeypatch, another)


def test_no_check_walks_through_what_grows_without_end() -> None:
    growing = ("transaction", "entry", "posting", "lead", "subscription_window")
    walked = {
        name
        for name, query in CHECKS.items()
        for table in growing
        if f"|| l.id FROM {table} " in query
        or f"|| t.id FROM {table} " in query
        or f"|| e.id FROM {table} " in query
    }

    # Leads that are at no stage yet are few, and have an index.
    assert walked == {"received_leads_are_at_a_stage"}
