"""Refunds and keys under many threads: each takes effect once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.db import db, transaction
from app.domain.delivery import Step, StepKind
from app.domain.errors import Conflict, KeyReused, LeadNexusError, StillRunning
from app.domain.states import DeliveryStatus
from app.services.idempotency import answer_once
from app.services.integrity import run_checks
from app.services.refunds import refund_transaction
from app.services.settlement import settle
from app.services.wallet import credit_partner, wallet_of
from tests.factories import STAFF, make_partner
from tests.shop import PRICE, Shop

pytestmark = pytest.mark.usefixtures("committed")
THREADS, TIMES = 32, 4
FEW, MANY = 100, 5_000
CALLERS, ROUNDS, MANY_ROUNDS = 64, 1, 100
# More than the pool has would wait for a connection as long as the others work.
AT_ONCE = 8


def at_once(app: Flask, jobs: list[Callable[[], Any]], threads: int) -> list[Any]:
    """Run the jobs in threads; return results or refusals."""

    def run(job: Callable[[], Any]) -> Any:
        with app.app_context():
            while True:
                try:
                    return job()
                except LeadNexusError as refused:
                    return refused
                except PoolTimeout:
                    # More threads than connections: it never began, so it comes again.
                    db.session.remove()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, jobs))


def captured(shop: Shop, count: int) -> list[int]:
    """Sell and capture so many leads."""
    shop.credit(0, PRICE * count)
    sales = []
    for _ in range(count):
        shop.sell(0)
        sales.append(max(shop.paper.sales))
    with transaction() as session:
        rows = session.execute(
            text(
                "UPDATE delivery SET status = 'accepted', ended_at = now()"
                " WHERE ended_at IS NULL RETURNING id"
            )
        )
        step = Step(StepKind.capture, None, DeliveryStatus.accepted, "test")
        settle(session, {row.id: step for row in rows})
    return sales


def revert_all(app: Flask, count: int) -> None:
    """Revert each sale four times from 32 threads."""
    shop = Shop()
    before = wallet_of(shop.partner_ids[0])["balance_cents"] + PRICE * count
    sales = captured(shop, count) * TIMES
    Random(3).shuffle(sales)  # noqa: S311

    answers = at_once(
        app,
        [lambda id_=id_: refund_transaction(id_, None, "why", STAFF) for id_ in sales],
        THREADS,
    )

    kinds = Counter(type(answer).__name__ for answer in answers)
    assert kinds == {"dict": count, "Conflict": count * (TIMES - 1)}
    assert wallet_of(shop.partner_ids[0])["balance_cents"] == before
    earned = "SELECT sum(amount_cents) FROM posting p JOIN account a"
    query = f"{earned} ON a.id = p.account_id WHERE a.kind IN ('revenue', 'payable')"
    assert db.session.scalar(text(query)) == 0
    assert run_checks()["ok"]


def test_each_sale_is_reverted_once(committed: Flask) -> None:
    revert_all(committed, FEW)


@pytest.mark.soak
def test_each_of_many_sales_is_reverted_once(committed: Flask) -> None:
    revert_all(committed, MANY)


def call_together(app: Flask, rounds: int) -> None:
    """Send one command from 64 callers with one key, and again with another body."""
    partner_id = make_partner(0).id

    def credit(key: str, body: bytes) -> Any:
        return answer_once(
            "user:1",
            key,
            body,
            lambda: (201, credit_partner(partner_id, 100, "once", STAFF)),
        )

    for number in range(rounds):
        key = f"k{number}"
        calls = [lambda key=key: credit(key, b"body")] * CALLERS
        answers = at_once(app, calls, CALLERS)
        given = [one for one in answers if isinstance(one, tuple)]
        assert given
        assert all(one == given[0] for one in given)
        rest = [one for one in answers if not isinstance(one, tuple)]
        assert all(isinstance(one, StillRunning) for one in rest)
        with pytest.raises(KeyReused):
            credit(key, b"other")
        assert wallet_of(partner_id)["balance_cents"] == 100 * (number + 1)


def test_one_key_of_many_callers_credits_once(committed: Flask) -> None:
    call_together(committed, ROUNDS)


@pytest.mark.soak
def test_every_key_of_many_callers_credits_once(committed: Flask) -> None:
    call_together(committed, MANY_ROUNDS)


def test_parts_refunded_together_never_pass_the_price(committed: Flask) -> None:
    [sale] = captured(Shop(), 1)

    answers = at_once(
        committed,
        [lambda: refund_transaction(sale, 300, "part", STAFF)] * AT_ONCE,
        AT_ONCE,
    )

    assert sum(isinstance(answer, dict) for answer in answers) == PRICE // 300
    refused = [one for one in answers if not isinstance(one, dict)]
    assert not any(isinstance(one, Conflict) for one in refused)
    assert run_checks()["ok"]
