"""Money by hand: corrections, and the second person above the limit."""

import pytest
from sqlalchemy import text

from app.db import db
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import MoneyOrderKind
from app.services.adjustments import adjust_partner, adjust_vendor, payable_of
from app.services.integrity import run_checks
from app.services.money_orders import (
    approve_order,
    order_money,
    order_refund,
    reject_order,
)
from app.services.policy import change_policy
from app.services.users import create_user
from app.services.wallet import wallet_of
from tests.conftest import ADMIN, PASSWORD
from tests.factories import count, make_partner, make_vendor
from tests.partner import PartnerServer
from tests.web.market import Market, sales_of

pytestmark = pytest.mark.usefixtures("database")
CREDIT, WALLET = MoneyOrderKind.credit, MoneyOrderKind.wallet


def person(role: str = "admin") -> Actor:
    number = count("ab_user")
    user = create_user(f"p{number}@example.com", PASSWORD, role, SYSTEM)
    return Actor(Role[role], user.id)


def limit(cents: int) -> None:
    """Set above how much a second person is needed."""
    change_policy({"second_person_above_cents": cents}, ADMIN)


def test_a_wallet_is_corrected_up_and_down() -> None:
    partner, who = make_partner(1000), person()

    adjust_partner(partner.id, 50, "goodwill", who)
    answer = adjust_partner(partner.id, -550, "booked twice", who)

    assert answer["balance_cents"] == 500
    assert count("entry", f"kind = 'adjustment' AND actor = '{who.label}'") == 2
    assert count("audit", "action = 'partner.adjusted'") == 2
    assert run_checks()["ok"]


def test_a_payable_may_be_corrected_below_zero() -> None:
    vendor = make_vendor()

    adjust_vendor(vendor.id, -300, "paid too much", person())

    assert payable_of(vendor.id)["payable_cents"] == -300
    assert run_checks()["ok"]


def test_a_wallet_is_not_corrected_below_its_credit_limit() -> None:
    partner = make_partner(100, credit_limit_cents=50)

    with pytest.raises(Conflict):
        adjust_partner(partner.id, -151, "too much", person())
    adjust_partner(partner.id, -150, "all of it", person())

    assert wallet_of(partner.id)["available_cents"] == 0


@pytest.mark.parametrize("amount", [0, 1.5, "5", True, None, 10**16, -(10**16), 2**70])
def test_an_amount_that_is_none_moves_nothing(amount: object) -> None:
    partner, vendor, who = make_partner(0), make_vendor(), person()

    for adjust, one in ((adjust_partner, partner), (adjust_vendor, vendor)):
        with pytest.raises(InvalidInput):
            adjust(one.id, amount, "why", who)

    assert count("entry") == 0


def test_only_staff_corrects() -> None:
    partner = make_partner(0)

    with pytest.raises(NotAllowed):
        adjust_partner(partner.id, 1, "why", Actor(Role.client, 7, partner.id))


def test_above_the_limit_another_person_books() -> None:
    partner, asks, agrees = make_partner(0), person("operator"), person()
    limit(1000)

    small, _ = order_money(CREDIT, partner.id, 1000, "cheque", asks)
    large, waits = order_money(CREDIT, partner.id, 1001, "cheque", asks)

    assert (small, large, waits["status"]) == (201, 202, "pending_approval")
    assert wallet_of(partner.id)["balance_cents"] == 1000
    approve_order(waits["id"], agrees)
    assert wallet_of(partner.id)["balance_cents"] == 2001
    with pytest.raises(Conflict):
        approve_order(waits["id"], agrees)
    actions = db.session.scalars(
        text("SELECT action FROM audit WHERE subject LIKE 'money_order:%' ORDER BY id")
    ).all()
    assert actions == ["money_order.asked", "money_order.booked"]
    assert run_checks()["ok"]


def test_nobody_agrees_to_their_own() -> None:
    partner, asks = make_partner(0), person()
    limit(0)
    _, waits = order_money(CREDIT, partner.id, 5, "mine", asks)

    for actor in (asks, person("operator"), SYSTEM):
        with pytest.raises(NotAllowed):
            approve_order(waits["id"], actor)

    assert wallet_of(partner.id)["balance_cents"] == 0


def test_the_database_refuses_one_person_for_both() -> None:
    partner, asks = make_partner(100), person()
    limit(0)
    order_money(CREDIT, partner.id, 5, "mine", asks)

    with pytest.raises(Exception, match="ck_money_order_two"):
        db.session.execute(
            text(
                "UPDATE money_order SET status = 'booked', decided_at = now(),"
                " decided_by_id = asked_by_id, entry_id = (SELECT min(id) FROM entry)"
            )
        )
    db.session.rollback()


def test_what_is_rejected_is_never_booked() -> None:
    partner, asks = make_partner(0), person()
    limit(0)
    _, waits = order_money(CREDIT, partner.id, 5, "mine", asks)

    reject_order(waits["id"], asks)

    with pytest.raises(Conflict):
        approve_order(waits["id"], person())
    assert wallet_of(partner.id)["balance_cents"] == 0


def test_what_the_books_refuse_by_then_keeps_waiting() -> None:
    partner, asks, agrees = make_partner(10), person(), person()
    limit(5)
    _, waits = order_money(WALLET, partner.id, -10, "back", asks)
    order_money(WALLET, partner.id, -5, "back", asks)

    with pytest.raises(Conflict):
        approve_order(waits["id"], agrees)

    assert wallet_of(partner.id)["balance_cents"] == 5
    assert count("money_order", "status = 'pending'") == 1


def test_a_large_refund_waits_once(partner: PartnerServer) -> None:
    market = Market(partner)
    buyer = market.buyer(10_000)
    market.sell()
    [sale] = sales_of(buyer)
    asks, agrees = person(), person()
    limit(998)

    status, waits = order_refund(sale.id, None, "wrong number", asks)
    with pytest.raises(Conflict):
        order_refund(sale.id, None, "wrong number", asks)
    approve_order(waits["id"], agrees)

    assert (status, waits["amount_cents"]) == (202, 999)
    assert wallet_of(buyer.id)["balance_cents"] == 10_000
    assert run_checks()["ok"]


def test_nothing_waits_for_who_is_not_there() -> None:
    limit(0)

    with pytest.raises(NotFound):
        order_money(CREDIT, 10**9, 5, "nobody", person())
