"""Processes that route and people who sell by hand, all for the same few slots."""

import logging
import multiprocessing
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

import config
from app import create_core
from app.db import db
from app.direct import fetch
from app.domain.errors import Conflict
from app.domain.states import Method, Mode
from app.jobs import validation
from app.services import orders, routing, routing_reads
from app.services.integrity import run_checks
from app.services.routing import route_due, sell_lead
from tests.factories import (
    STAFF,
    count,
    lead_of,
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.shop_rows import COPY

WORKERS, BUYERS, LEADS, CAMPAIGNS, PARTNERS = 8, 8, 2_000, 4, 8
PRICE, CAP, BUDGET, WALLET, SLOTS = 700, 60, 35_000, 110_000, 2
IDLE_ROUNDS, IDLE_S, TRIES = 20, 0.05, 400
BREACHES = {
    "share limit": (
        "SELECT lead_id FROM transaction JOIN lead ON lead.id = lead_id"
        " GROUP BY lead_id, lead.max_sales, slots_taken"
        " HAVING count(*) > lead.max_sales OR count(*) <> slots_taken"
    ),
    "one partner twice": (
        "SELECT lead_id FROM transaction GROUP BY lead_id, partner_id"
        " HAVING count(*) > 1"
    ),
    "cap or budget": (
        "SELECT subscription_id FROM transaction t"
        " JOIN subscription s ON s.id = subscription_id"
        " GROUP BY subscription_id, daily_cap, daily_budget_cents"
        " HAVING count(*) > daily_cap OR sum(t.price_cents) > daily_budget_cents"
    ),
    "wallet": (
        "SELECT partner_id FROM transaction GROUP BY partner_id"
        f" HAVING sum(price_cents) > {WALLET}"
    ),
}

_gate: Any = None


@pytest.mark.soak
def test_workers_and_buyers_breach_no_limit(
    servers: dict[str, str], race: list[int]
) -> None:
    wrongs = _run(servers, race, locked=True)

    assert wrongs == Counter()
    assert _breaches() == []
    # Nobody sends here, so that deliveries are left lying.
    broken = {one["name"] for one in run_checks()["checks"] if not one["ok"]}
    assert broken <= {"no_stage_is_forgotten"}
    # Each bought until its money was gone, however many asked for it at once.
    assert count("transaction") == PARTNERS * (WALLET // PRICE)


@pytest.mark.soak
def test_without_its_locks_the_race_is_lost(
    servers: dict[str, str], race: list[int]
) -> None:
    wrongs = _run(servers, race, locked=False)

    # The database itself refuses what the router, by then, believes it may do.
    assert wrongs or _breaches()


@pytest.fixture
def race(committed: Flask) -> list[int]:
    """Leads of campaigns on which few partners have orders, with tight limits."""
    partners = [make_partner(WALLET) for _ in range(PARTNERS)]
    leads: list[int] = []
    for _ in range(CAMPAIGNS):
        campaign = make_campaign(
            price_cents=PRICE, max_sales=SLOTS, method=Method.weighted
        )
        first = lead_of(take(make_source(campaign)).public_id).id
        for drain in (validation.drain, routing.route_due):
            drain()
        for number, partner in enumerate(partners):
            mode = Mode.auto if number % 2 else Mode.manual
            limits = {"daily_cap": CAP, "daily_budget_cents": BUDGET, "mode": mode}
            make_subscription(campaign, partner, **limits)
        slots = [SLOTS] * (LEADS // CAMPAIGNS)
        made = fetch(COPY, {"lead": first, "slots": slots, "due": True})
        leads += [row.id for row in made]
    db.session.remove()
    return leads


def _run(servers: dict[str, str], leads: list[int], *, locked: bool) -> Counter[str]:
    """Let all processes start together; return what failed, and how often."""
    context = multiprocessing.get_context("spawn")
    several = range(WORKERS + BUYERS)
    given = servers, context.Barrier(len(several)), locked
    with ProcessPoolExecutor(len(several), context, _begin, given) as pool:
        parts = pool.map(_take_part, several, [leads] * len(several))
        return sum(parts, Counter())


def _breaches() -> list[str]:
    return [name for name, query in BREACHES.items() if fetch(query, {})]


def _begin(servers: dict[str, str], gate: Any, locked: bool) -> None:
    """Be a process of its own, which takes no locks unless it is told to."""
    global _gate  # noqa: PLW0603 - what a process is given as it starts
    _gate = gate
    create_core(config.from_environment(servers), by_keys=True).app_context().push()
    if not locked:
        routing_reads.LOCK_ROUTING = text("SELECT CAST(:campaign AS bigint)")
        routing_reads.LOCKED = routing_reads.PLAIN
        held = str(routing_reads.LOCKED_UNDER_TOKEN).partition(" FOR NO KEY")[0]
        routing_reads.LOCKED_UNDER_TOKEN = text(held)
        orders.LOCKING = orders.PLAIN


def _take_part(number: int, leads: list[int]) -> Counter[str]:
    failed: Counter[str] = Counter()
    told = logging.Handler(logging.ERROR)
    told.emit = lambda record: failed.update([_what(record)])  # type: ignore[method-assign]
    logging.getLogger().handlers = [told]
    _gate.wait()
    try:
        _route() if number < WORKERS else _buy(Random(number), leads)  # noqa: S311
    except Exception as error:  # noqa: BLE001 - the race has to be told of it
        failed.update([type(error).__name__])
    return failed


def _what(record: logging.LogRecord) -> str:
    return record.exc_info[0].__name__ if record.exc_info else record.msg  # type: ignore[union-attr]


def _route() -> None:
    idle = 0
    while idle < IDLE_ROUNDS:
        idle = 0 if route_due() else idle + 1
        time.sleep(IDLE_S if idle else 0)


def _buy(dice: Random, leads: list[int]) -> None:
    by_hand = fetch(
        "SELECT l.id AS lead, s.id AS order FROM lead l"
        " JOIN subscription s ON s.campaign_id = l.campaign_id"
        " WHERE s.mode = 'manual' AND l.id = ANY(%(leads)s) ORDER BY 1, 2",
        {"leads": leads},
    )
    for row in dice.sample(by_hand, TRIES):
        with suppress(Conflict):
            sell_lead(row.lead, row.order, STAFF)
