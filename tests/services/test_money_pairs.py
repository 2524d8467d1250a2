"""Every command on money beside every other one, many at once, on the same few sales.

After Warszawski and Bailis, "ACIDRain" (SIGMOD 2017): what shops lost, they lost
between two commands that are sound alone. None may fail but by a refusal, each that is
told as done is booked once, and the auditor finds nothing.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import combinations_with_replacement, cycle, islice
from random import Random
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update

from app.db import db, transaction
from app.domain.delivery import Step, StepKind
from app.domain.people import Actor, Role
from app.domain.states import DeliveryStatus, MemberRole, MoneyOrderKind
from app.models.campaign import Campaign
from app.models.partner import Partner
from app.services.adjustments import adjust_partner, adjust_vendor
from app.services.booked_days import count_booked_days
from app.services.integrity import run_checks
from app.services.money_orders import (
    approve_order,
    order_money,
    order_override,
    order_refund,
    reject_order,
)
from app.services.partners import save_partner
from app.services.return_decisions import approve_return, ask_partner, deny_return
from app.services.returns import answer_question, request_return
from app.services.routing import sell_lead
from app.services.settlement import settle
from app.services.wallet import credit_partner
from tests.factories import count
from tests.services.test_reverting import AT_ONCE, at_once, captured
from tests.shop import LIMIT, PRICE, SECOND_PERSON_ABOVE, Shop

pytestmark = pytest.mark.usefixtures("committed")
CALLS, SALES = 32, 2
ROUNDS = int(os.environ.get("PAIR_ROUNDS", "20"))
RULES = {
    "auto_approve": [{"reasons": ["duplicate"], "confirmed": False}],
    "vendor_max_share_bp": 10_000,
}
BY_HAND = "kind IN ('credit', 'adjustment', 'refund', 'override')"
HELD = text(
    "SELECT t.id, t.lead_id FROM transaction t"
    " JOIN delivery d ON d.transaction_id = t.id WHERE t.status = 'held'"
    " AND d.ended_at IS NULL ORDER BY t.id LIMIT 1"
)
LOCK_LEAD = text("SELECT 1 FROM lead WHERE id = :lead FOR NO KEY UPDATE")
END = text(
    "UPDATE delivery SET status = :status, ended_at = now()"
    " WHERE transaction_id = :sale AND ended_at IS NULL RETURNING id"
)


@dataclass(frozen=True)
class Field:
    """A sale in the shop, and who may do something about it."""

    shop: Shop
    sale: int

    def one(self, query: str) -> Any:
        """Return a value that is asked for the sale, None without a row."""
        with transaction() as session:
            return session.execute(text(query), {"sale": self.sale}).scalar()

    @property
    def partner_id(self) -> int:
        return self.shop.partner_ids[0]

    @property
    def buyer(self) -> Actor:
        return Actor(Role.client, 7, self.partner_id, member=MemberRole.buyer)

    def refund(self, amount: int | None) -> Any:
        return order_refund(self.sale, amount, "why", self.shop.asks)

    def charge(self, price: int) -> Any:
        return order_override(self.sale, price, "why", self.shop.asks)

    def give_back(self, reason: str = "fraud") -> Any:
        public_id = self.one("SELECT public_id FROM transaction WHERE id = :sale")
        return request_return(self.buyer, str(public_id), reason, "why")

    def on_return(self, decide: Callable[[int], Any]) -> Any:
        found = self.one("SELECT max(id) FROM lead_return WHERE transaction_id = :sale")
        return decide(found) if found else None

    def answer(self) -> Any:
        found = self.one(
            "SELECT public_id FROM lead_return WHERE transaction_id = :sale LIMIT 1"
        )
        return answer_question(self.buyer, str(found), "so") if found else None

    def ask(self) -> Any:
        amount, asks = SECOND_PERSON_ABOVE + 1, self.shop.asks
        return order_money(MoneyOrderKind.credit, self.partner_id, amount, "why", asks)

    def on_order(self, decide: Callable[[int, Actor], Any]) -> Any:
        found = self.one("SELECT min(id) FROM money_order WHERE status = 'pending'")
        return decide(found, self.shop.agrees) if found else None

    def limit(self, cents: int) -> None:
        partner = db.session.get_one(Partner, self.partner_id)
        partner.credit_limit_cents = cents
        save_partner(partner, self.shop.asks)

    def sell(self) -> None:
        [lead] = self.shop._new_leads([1], due=False)
        sell_lead(lead, self.shop.order_ids[0], self.shop.asks)

    def end(self, kind: StepKind, status: DeliveryStatus) -> None:
        """End the oldest sale that is held, as the sender does."""
        with transaction() as session:
            held = session.execute(HELD).first()
            if held is None:
                return
            session.execute(LOCK_LEAD, {"lead": held.lead_id})
            values = {"status": status.value, "sale": held.id}
            ids = session.scalars(END, values).all()
            settle(session, {id_: Step(kind, None, status, "test") for id_ in ids})


COMMANDS: dict[str, Callable[[Field], Any]] = {
    "refund": lambda on: on.refund(None),
    "refund a part": lambda on: on.refund(100),
    "charge more": lambda on: on.charge(PRICE + 50),
    "charge less": lambda on: on.charge(PRICE - 50),
    "give back": Field.give_back,
    "give back by rule": lambda on: on.give_back("duplicate"),
    "approve": lambda on: on.on_return(partial(approve_return, actor=on.shop.asks)),
    "deny": lambda on: on.on_return(lambda id_: deny_return(id_, "no", on.shop.asks)),
    "question": lambda on: on.on_return(
        lambda id_: ask_partner(id_, "why", on.shop.asks)
    ),
    "answer": Field.answer,
    "ask": Field.ask,
    "agree": lambda on: on.on_order(approve_order),
    "reject": lambda on: on.on_order(reject_order),
    "credit": lambda on: credit_partner(on.partner_id, 30, "why", on.shop.asks),
    "take": lambda on: adjust_partner(on.partner_id, -300, "why", on.shop.asks),
    "vendor": lambda on: adjust_vendor(on.shop.vendor_id, -20, "why", on.shop.asks),
    "limit": lambda on: on.limit(LIMIT // 2),
    "no limit": lambda on: on.limit(LIMIT * 2),
    "sell": Field.sell,
    "capture": lambda on: on.end(StepKind.capture, DeliveryStatus.accepted),
    "release": lambda on: on.end(StepKind.release, DeliveryStatus.rejected),
}


def booked_by(answers: list[Any]) -> list[int]:
    """Return the entries that were told as booked."""
    told = [one[1] if isinstance(one, tuple) else one for one in answers]
    booked = [one for one in told if isinstance(one, dict) and "asked" not in one]
    return [one["id"] for one in booked if one.get("status") != "pending_approval"]


def open_shop() -> Shop:
    """Open a shop whose policy approves some returns at once."""
    shop = Shop()
    with transaction() as session:
        session.execute(update(Campaign).values(return_policy=RULES))
    return shop


def run_together(app: Flask, shop: Shop, names: list[str]) -> None:
    """Run commands on new sales at once; each that is done is booked once."""
    sales = captured(shop, SALES)
    # What rules bound by a vendor's share is counted by the day.
    count_booked_days()
    fields = [Field(shop, sale) for sale in sales]
    shop.credit(0, PRICE * CALLS)
    # So that there is something to decide.
    fields[0].give_back()
    fields[0].ask()
    entries, returned = count("entry", BY_HAND), count("lead_return", "entry_id > 0")
    # Two of each command go to the same sale before the next one's turn.
    jobs = [
        partial(COMMANDS[name], fields[n // 4 % SALES]) for n, name in enumerate(names)
    ]

    answers = at_once(app, jobs, AT_ONCE)

    booked = booked_by(answers)
    by_returns = count("lead_return", "entry_id > 0") - returned
    assert len(set(booked)) == len(booked)
    assert count("entry", BY_HAND) - entries == len(booked) + by_returns


def check_books() -> None:
    found = run_checks()
    assert [one for one in found["checks"] if not one["ok"]] == []


def test_all_commands_together_leave_sound_books(committed: Flask) -> None:
    shop, names = open_shop(), [*COMMANDS] * 3
    Random(11).shuffle(names)  # noqa: S311

    run_together(committed, shop, names)

    check_books()


@pytest.mark.soak
@pytest.mark.parametrize(
    "pair", [*combinations_with_replacement(COMMANDS, 2)], ids=" and ".join
)
def test_two_commands_together_leave_sound_books(
    committed: Flask, pair: tuple[str, str]
) -> None:
    shop = open_shop()

    for _ in range(ROUNDS):
        run_together(committed, shop, [*islice(cycle(pair), CALLS)])

    check_books()
