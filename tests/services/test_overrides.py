"""Another price for a captured sale: the wallet, the shares, and what is refused."""

from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import Conflict, InvalidInput, LeadNexusError, NotAllowed
from app.domain.people import Actor, Role
from app.domain.states import MoneyOrderKind
from app.models.money_order import MoneyOrder
from app.models.sale import Transaction
from app.services.booked_days import count_booked_days
from app.services.integrity import run_checks
from app.services.money_orders import (
    approve_order,
    order_money,
    order_override,
    order_refund,
    reject_order,
)
from app.services.overrides import override_price
from app.services.refunds import refund_transaction
from app.services.wallet import wallet_of
from tests.factories import STAFF, count
from tests.services.test_reverting import AT_ONCE, at_once, captured
from tests.shop import PRICE, SECOND_PERSON_ABOVE, WALLET, Shop


def shares(sale: int) -> list[tuple[str, int]]:
    """Return the lines of a sale's latest entry, by the kind of their account."""
    query = (
        "SELECT a.kind, p.amount_cents FROM posting p"
        " JOIN account a ON a.id = p.account_id WHERE p.entry_id ="
        " (SELECT max(id) FROM entry WHERE transaction_id = :sale) ORDER BY 1"
    )
    return [(k, n) for k, n in db.session.execute(text(query), {"sale": sale})]


@pytest.mark.usefixtures("database")
class TestOnce:
    """One change at a time."""

    def test_a_higher_price_is_shared_like_the_sale(self) -> None:
        [sale] = captured(Shop(), 1)

        _, told = order_override(sale, PRICE + 101, "agreed by phone", STAFF)

        assert (told["amount_cents"], told["charged_cents"]) == (-101, PRICE + 101)
        assert shares(sale) == [("payable", 81), ("revenue", 20), ("wallet", -101)]
        assert db.session.get_one(Transaction, sale).price_cents == PRICE
        assert run_checks()["ok"]

    def test_a_lower_price_gives_the_difference_back(self) -> None:
        shop = Shop()
        shop.share(0, 200)
        [sale] = captured(shop, 1)

        order_override(sale, PRICE - 350, "half of it", STAFF)

        assert shares(sale) == [("payable", -250), ("revenue", -100), ("wallet", 350)]
        assert run_checks()["ok"]

    def test_all_that_was_charged_can_be_refunded(self) -> None:
        [sale] = captured(Shop(), 1)
        refund_transaction(sale, 100, "part", STAFF)
        order_override(sale, 950, "dearer", STAFF)

        answer = refund_transaction(sale, None, "all of it", STAFF)

        assert (answer["amount_cents"], answer["status"]) == (850, "refunded")
        query = "SELECT sum(amount_cents) FROM posting p JOIN account a"
        query += " ON a.id = p.account_id AND a.kind IN ('revenue', 'payable')"
        assert db.session.scalar(text(query)) == 0
        assert run_checks()["ok"]

    @pytest.mark.parametrize("price", [0, -1, 1.5, "5", True, None, 10**13, 2**70])
    def test_a_price_that_is_none_moves_nothing(self, price: object) -> None:
        [sale] = captured(Shop(), 1)
        entries = count("entry")

        with pytest.raises(InvalidInput) as refused:
            order_override(sale, price, " ", STAFF)

        fields = [error.field for error in refused.value.errors]
        assert fields == ["price_cents", "reason"]
        assert count("entry") == entries

    def test_what_went_back_is_the_least_price(self) -> None:
        [sale] = captured(Shop(), 1)
        refund_transaction(sale, 300, "part", STAFF)

        with pytest.raises(InvalidInput, match=r"more than the 3\.00"):
            order_override(sale, 300, "less", STAFF)
        order_override(sale, 301, "less", STAFF)

    def test_the_same_price_and_a_refunded_sale_are_refused(self) -> None:
        shop = Shop()
        first, second = captured(shop, 2)
        refund_transaction(first, None, "back", STAFF)
        shop.sell(0)

        for sale, price in ((first, 900), (second, PRICE), (second + 1, 900)):
            with pytest.raises(Conflict):
                order_override(sale, price, "why", STAFF)

    def test_a_wallet_pays_no_more_than_it_has(self) -> None:
        shop = Shop()
        [sale] = captured(shop, 1)
        most = WALLET + shop.paper.limit[0] + PRICE
        shop.agrees = Actor(Role.admin, 2)

        with pytest.raises(Conflict) as refused:
            override_price(sale, PRICE - most - 1, "too dear", STAFF)
        override_price(sale, PRICE - most, "just so", STAFF)

        assert refused.value.code == "insufficient_funds"
        assert run_checks()["ok"]

    def test_only_staff_changes_a_price(self) -> None:
        [sale] = captured(Shop(), 1)

        for change in (order_override, override_price):
            with pytest.raises(NotAllowed):
                change(sale, 900, "why", Actor(Role.client, 7, 1))

    def test_much_more_waits_for_another_and_lets_nothing_between(self) -> None:
        shop = Shop()
        [sale] = captured(shop, 1)
        dear = PRICE + SECOND_PERSON_ABOVE + 1

        status, waits = order_override(sale, dear, "agreed", shop.asks)

        assert (status, waits["amount_cents"]) == (202, PRICE - dear)
        for again in (dear, PRICE + 1):
            with pytest.raises(Conflict):
                order_override(sale, again, "once more", shop.agrees)
        with pytest.raises(NotAllowed):
            approve_order(waits["id"], shop.asks)
        assert approve_order(waits["id"], shop.agrees)["charged_cents"] == dear
        assert run_checks()["ok"]

    def test_what_is_rejected_lets_the_next_one_wait(self) -> None:
        shop = Shop()
        [sale] = captured(shop, 1)
        dear = PRICE + SECOND_PERSON_ABOVE + 1
        _, waits = order_override(sale, dear, "agreed", shop.asks)
        reject_order(waits["id"], shop.agrees)

        assert order_override(sale, PRICE + 1, "a little", shop.asks)[0] == 200

    def test_reports_count_what_is_charged(self) -> None:
        [sale] = captured(Shop(), 1)
        order_override(sale, 1000, "dearer", STAFF)

        count_booked_days()

        day = db.session.execute(text("SELECT * FROM money_day")).mappings().one()
        assert (day["sales"], day["captured_cents"], day["vendor_cents"]) == (
            1,
            1000,
            800,
        )
        net = db.session.scalar(text("SELECT net_cents FROM report_sale"))
        assert net == 1000
        assert run_checks()["ok"]


def elsewhere(app: Flask, change: object) -> None:
    """Change something in a thread, to its end."""

    def run() -> None:
        with app.app_context():
            change()  # type: ignore[operator]

    thread = Thread(target=run)
    thread.start()
    thread.join()


def test_prices_changed_together_leave_one_and_sound_books(committed: Flask) -> None:
    shop = Shop()
    [sale] = captured(shop, 1)
    prices = range(PRICE + 1, PRICE + 1 + AT_ONCE)

    answers = at_once(
        committed,
        [lambda p=p: order_override(sale, p, "why", STAFF) for p in prices]
        + [lambda: order_refund(sale, 50, "part", STAFF)] * AT_ONCE,
        AT_ONCE,
    )

    assert not [one for one in answers if isinstance(one, LeadNexusError)]
    last = count("entry", "kind = 'override'")
    assert last == AT_ONCE
    assert db.session.get_one(Transaction, sale).refunded_cents == 50 * AT_ONCE
    assert run_checks()["ok"]


def test_a_sale_that_was_read_before_its_lock_is_read_again(committed: Flask) -> None:
    [sale] = captured(Shop(), 1)
    with transaction() as session:
        read = session.get_one(Transaction, sale)
        refund = refund_transaction
        elsewhere(committed, lambda: refund(sale, None, "first", STAFF))

        with pytest.raises(Conflict):
            refund_transaction(read.id, None, "second", STAFF)

    assert count("entry", "kind = 'refund'") == 1


def test_an_approval_that_was_read_before_its_lock_books_once(committed: Flask) -> None:
    shop = Shop()
    credit, id_ = MoneyOrderKind.credit, shop.partner_ids[0]
    dear = SECOND_PERSON_ABOVE + 1
    _, waits = order_money(credit, id_, dear, "cheque", shop.asks)
    with transaction() as session:
        read = session.get_one(MoneyOrder, waits["id"])
        elsewhere(committed, lambda: approve_order(waits["id"], shop.agrees))

        with pytest.raises(Conflict):
            approve_order(read.id, shop.agrees)

    assert wallet_of(id_)["balance_cents"] == WALLET + dear
