"""Every movement of money in any order, against a model on paper."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import create_engine, make_url, text

import app.db
import config
from app import create_core
from app.db import db
from app.services import orders, policy
from tests.money_days import A_DAY, audit_books, run_day, run_days
from tests.shop import ENDS, PARTNERS, Shop

SOAK_OPERATIONS = int(os.environ.get("MONEY_OPERATIONS", "1000000"))
# Each day is thrown with a seed of its own, the next one's is higher by one: what was
# interrupted goes on from the seed it had reached.
SOAK_SEED = int(os.environ.get("MONEY_SEED", "1"))
PROCESSES = 2
# A process tells how far it is after so many days.
STRETCH = 25
PARTNER = st.integers(0, PARTNERS - 1)
AMOUNT = st.integers(1, 9_000)
SIGNED = st.integers(-9_000, 9_000)
FEW = st.one_of(st.none(), st.integers(0, 6))


class MoneyMachine(RuleBasedStateMachine):
    """The shop, with everything that may happen to money in it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = undone()
        self.world.__enter__()
        self.shop = Shop()

    @rule(n=PARTNER)
    def sell(self, n: int) -> None:
        self.shop.sell(n)

    @rule(slots=st.lists(st.integers(1, PARTNERS), min_size=1, max_size=4))
    def route(self, slots: list[int]) -> None:
        self.shop.route(slots)

    def sales(self) -> list[int]:
        return sorted(self.shop.paper.sales)

    @precondition(sales)
    @rule(data=st.data(), how=st.sampled_from(sorted(ENDS)))
    def end(self, data: st.DataObject, how: str) -> None:
        several = st.lists(st.sampled_from(self.sales()), min_size=1, unique=True)
        self.shop.end(*((sale, how) for sale in data.draw(several)))

    @precondition(sales)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        self.shop.give_back(data.draw(st.sampled_from(self.sales())))

    @rule()
    def night(self) -> None:
        self.shop.night()

    @precondition(sales)
    @rule(data=st.data(), amount=st.one_of(st.none(), st.integers(1, 900)))
    def refund(self, data: st.DataObject, amount: int | None) -> None:
        self.shop.refund(data.draw(st.sampled_from(self.sales())), amount)

    @precondition(sales)
    @rule(data=st.data(), price=st.integers(1, 2_000))
    def override(self, data: st.DataObject, price: int) -> None:
        self.shop.override(data.draw(st.sampled_from(self.sales())), price)

    @rule(n=PARTNER, amount=AMOUNT)
    def credit(self, n: int, amount: int) -> None:
        self.shop.credit(n, amount)

    @rule(n=PARTNER, amount=SIGNED)
    def adjust(self, n: int, amount: int) -> None:
        self.shop.adjust(n, amount)

    @rule(amount=SIGNED)
    def adjust_vendor(self, amount: int) -> None:
        self.shop.adjust_vendor(amount)

    @rule(n=PARTNER, amount=AMOUNT)
    def ask(self, n: int, amount: int) -> None:
        self.shop.ask(n, amount)

    @rule(agrees=st.booleans())
    def decide(self, agrees: bool) -> None:
        self.shop.decide(agrees=agrees)

    @rule(n=PARTNER, cents=st.integers(0, 3_000))
    def limit(self, n: int, cents: int) -> None:
        self.shop.limit(n, cents)

    @rule(n=PARTNER, cap=FEW, budget=st.one_of(st.none(), st.integers(0, 5_000)))
    def limits(self, n: int, cap: int | None, budget: int | None) -> None:
        self.shop.change_order(n, daily_cap=cap, daily_budget_cents=budget)

    @rule(n=PARTNER, price=st.integers(1, 2_000))
    def price(self, n: int, price: int) -> None:
        self.shop.change_order(n, price_cents=price)

    @rule(bp=st.integers(0, 10_000), fixed=st.one_of(st.none(), st.integers(0, 900)))
    def share(self, bp: int, fixed: int | None) -> None:
        self.shop.share(bp, fixed)

    def teardown(self) -> None:
        try:
            self.shop.check_all()
            audit_books()
        finally:
            self.world.__exit__(None, None, None)


def test_any_order_of_operations_leaves_the_books_as_on_paper(
    database: Flask,
) -> None:
    run_state_machine_as_test(
        MoneyMachine,
        settings=settings(
            max_examples=5,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_random_day_leaves_the_books_as_on_paper(committed: Flask) -> None:
    assert run_day(Random(5), 300) >= 300  # noqa: S311

    audit_books()


def test_who_rejects_a_lead_that_came_back_is_not_asked_again(
    committed: Flask,
) -> None:
    shop = Shop()
    shop.route([2])
    first, second = shop.paper.sales
    shop.end((first, "captured"))
    shop.give_back(first)

    shop.end((second, "released"))
    shop.route([])

    [third] = shop.paper.sales.keys() - {first, second}
    assert shop.paper.sales[third].order == 2
    shop.check()


@pytest.mark.soak
def test_many_operations_leave_the_books_as_on_paper(
    app: Flask, servers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    stretches = -(-SOAK_OPERATIONS // (A_DAY * STRETCH))
    began, done = time.monotonic(), 0
    with app.app_context():
        db.engine.dispose()
    context = multiprocessing.get_context("spawn")
    names = context.SimpleQueue()
    for number in range(PROCESSES):
        names.put(_copied(servers["DATABASE_ADMIN_URL"], f"money_{number}"))

    with ProcessPoolExecutor(PROCESSES, context, _begin, (servers, names)) as pool:
        seeds = range(SOAK_SEED, SOAK_SEED + stretches * STRETCH, STRETCH)
        for seed, number in zip(seeds, pool.map(_run, seeds), strict=True):
            done += number
            rate = done / (time.monotonic() - began)
            with capsys.disabled():
                told = f"\n{done} operations, {rate:.0f} a second, 0 violations;"
                sys.stdout.write(f"{told} next MONEY_SEED={seed + STRETCH}")
                sys.stdout.flush()

    assert done >= SOAK_OPERATIONS


def _copied(admin_url: str, name: str) -> str:
    """Make a database of its own for a process, which claims whatever is due there."""
    admin = make_url(admin_url)
    engine = create_engine(
        admin.set(database="template1"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {admin.database}"))
    engine.dispose()
    return name


def _begin(servers: dict[str, str], names: Any) -> None:
    """Be a process that works on the money of its own database."""
    # A machine that stands still for a while is no fault of the books.
    app.db.CONNECT_OPTIONS = app.db.CONNECT_OPTIONS.replace("=10000", "=300000")
    urls = {
        key: make_url(servers[key])
        .set(database=name)
        .render_as_string(hide_password=False)
        for name in [names.get()]
        for key in ("DATABASE_URL", "DATABASE_ADMIN_URL")
    }
    core = create_core(config.from_environment({**servers, **urls}), by_keys=True)
    core.app_context().push()


def _run(seed: int) -> int:
    return run_days(seed, STRETCH)


@contextmanager
def undone() -> Iterator[None]:
    """Undo what happens within; what was compiled or read of it is forgotten."""
    connection: Any = db.engines[None]
    db.session.remove()
    point = connection.begin_nested()
    try:
        yield
    finally:
        db.session.remove()
        point.rollback()
        orders.forget()
        policy.forget()
