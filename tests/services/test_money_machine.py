"""Every movement of money in any order, against a model of sixty lines."""

import os
import sys
import time
from collections.abc import Iterator
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

from app.db import db
from app.services import orders, policy
from app.services.integrity import run_checks
from tests.shop import ENDS, PARTNERS, Shop

SOAK_OPERATIONS = int(os.environ.get("MONEY_OPERATIONS", "100000"))
# A row that is changed often within one transaction leaves a chain to walk.
PER_SHOP = 200
PARTNER = st.integers(0, PARTNERS - 1)
AMOUNT = st.integers(1, 9_000)
SIGNED = st.integers(-9_000, 9_000)
FEW = st.one_of(st.none(), st.integers(0, 6))
# What is done how often: most of a day is selling.
OPERATIONS = {
    "sell": 40,
    "end": 35,
    "refund": 10,
    "override": 4,
    "credit": 4,
    "adjust": 3,
    "adjust_vendor": 2,
    "ask": 1,
    "decide": 1,
    "limit": 1,
    "cap": 1,
    "budget": 1,
    "price": 1,
    "share": 1,
}


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

    def sales(self) -> list[int]:
        return sorted(self.shop.paper.sales)

    @precondition(sales)
    @rule(data=st.data(), how=st.sampled_from(sorted(ENDS)))
    def end(self, data: st.DataObject, how: str) -> None:
        self.shop.end(data.draw(st.sampled_from(self.sales())), how)

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
            wrong = [one for one in run_checks()["checks"] if not one["ok"]]
            assert wrong == []
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


def test_a_random_day_leaves_the_books_as_on_paper(database: Flask) -> None:
    run_days(Random(5), 250, 250)  # noqa: S311


@pytest.mark.soak
def test_many_operations_leave_the_books_as_on_paper(
    database: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()

    run_days(Random(7), SOAK_OPERATIONS, PER_SHOP)  # noqa: S311

    with capsys.disabled():
        rate = SOAK_OPERATIONS / (time.monotonic() - began)
        sys.stdout.write(f"\n{SOAK_OPERATIONS} operations, {rate:.0f} a second\n")


def run_days(dice: Random, operations: int, each: int) -> None:
    """Do so many operations, in shops that live for some of them."""
    names, weights = [*OPERATIONS], [*OPERATIONS.values()]
    for _ in range(operations // each):
        with undone():
            shop = Shop()
            for name in dice.choices(names, weights, k=each):
                one_of(shop, name, dice)
                shop.check()
            shop.check_all()
            wrong = [one for one in run_checks()["checks"] if not one["ok"]]
            assert wrong == []


def one_of(shop: Shop, name: str, dice: Random) -> None:  # noqa: C901, PLR0912 - a table
    """Do one operation of that name with values that are thrown."""
    n, sales = dice.randrange(PARTNERS), [*shop.paper.sales]
    some = None if dice.random() < 0.5 else dice.randrange(7)
    match name:
        case "sell":
            shop.sell(n)
        case "end" if sales:
            held = [id_ for id_ in sales if shop.paper.sales[id_].status == "held"]
            shop.end(dice.choice(held or sales), dice.choice([*ENDS, "captured"]))
        case "refund" if sales:
            amount = None if dice.random() < 0.3 else dice.randrange(1, 900)
            shop.refund(dice.choice(sales), amount)
        case "override" if sales:
            shop.override(dice.choice(sales), dice.randrange(1, 2_000))
        case "credit" | "ask":
            getattr(shop, name)(n, dice.randrange(1, 9_000))
        case "adjust":
            shop.adjust(n, dice.randrange(-4_000, 4_000))
        case "adjust_vendor":
            shop.adjust_vendor(dice.randrange(-900, 900))
        case "decide":
            shop.decide(agrees=dice.random() < 0.7)
        case "limit":
            shop.limit(n, dice.randrange(3_000))
        case "cap":
            cap = None if some is None else shop.paper.holds[n] + some
            shop.change_order(n, daily_cap=cap)
        case "budget":
            budget = None if some is None else shop.paper.cents[n] + some * 500
            shop.change_order(n, daily_budget_cents=budget)
        case "price":
            shop.change_order(n, price_cents=dice.randrange(1, 2_000))
        case "share":
            fixed = None if some is None else some * 150
            shop.share(dice.randrange(10_001), fixed)


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
