"""Which state of a sale may follow which, as the database sees it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import db
from app.domain.not_yet import in_use
from app.domain.states import BillingMode, TransactionStatus
from app.services.integrity import run_checks
from tests.shop import Shop

pytestmark = pytest.mark.usefixtures("database")
STATES = [*TransactionStatus.__members__]
# From where, and the steps that lead there.
WAYS = {
    "paying": ["paying"],
    "funding": ["funding"],
    "held": ["held"],
    "captured": ["held", "captured"],
    "released": ["held", "released"],
    "refunded": ["held", "captured", "refunded"],
}
MOVES = {
    ("paying", "held"),
    ("paying", "released"),
    ("funding", "held"),
    ("funding", "released"),
    ("held", "captured"),
    ("held", "released"),
    ("captured", "refunded"),
}
BEGIN = text(
    "INSERT INTO transaction (public_id, lead_id, campaign_id, partner_id,"
    " subscription_id, price_cents, currency, commission_bp, stakes, status, pay_by)"
    " SELECT gen_random_uuid(), lead_id, campaign_id, :partner, subscription_id,"
    " price_cents, currency, commission_bp, stakes, CAST(:status AS varchar),"
    " now() + CAST(:pay_within AS interval)"
    " FROM transaction LIMIT 1 RETURNING id"
)
ACCEPT = text(
    "INSERT INTO delivery (transaction_id, lead_id, partner_id, endpoint_id, status,"
    " ended_at, due_at) SELECT t.id, t.lead_id, t.partner_id, s.endpoint_id,"
    " 'accepted', now(), now() FROM transaction t JOIN subscription s"
    " ON s.id = t.subscription_id WHERE t.id = :sale AND t.status = 'held'"
    " ON CONFLICT DO NOTHING"
)
MOVE = text(
    "UPDATE transaction SET status = CAST(:status AS varchar), refunded_cents ="
    " CASE :status WHEN 'refunded' THEN price_cents ELSE refunded_cents END"
    " WHERE id = :sale"
)
WAITS = {"paying": "30 minutes", "funding": "60 seconds"}


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.sell(0)
    return shop


@contextmanager
def undone() -> Iterator[None]:
    point = db.session.begin_nested()
    try:
        yield
    finally:
        point.rollback()


def begin(shop: Shop, status: str, pay_within: str | None = None) -> int:
    """Begin a sale of the same lead to another partner."""
    values = {"partner": shop.partner_ids[1], "status": status}
    values["pay_within"] = pay_within or WAITS.get(status)
    return int(db.session.execute(BEGIN, values).scalar_one())


def move(sale: int, status: str) -> None:
    db.session.execute(ACCEPT, {"sale": sale})
    db.session.execute(MOVE, {"sale": sale, "status": status})


@pytest.mark.parametrize("before", STATES)
def test_no_state_follows_but_those_that_may(shop: Shop, before: str) -> None:
    followed = set()
    for after in STATES:
        with undone():
            sale = begin(shop, WAYS[before][0])
            for status in WAYS[before][1:]:
                move(sale, status)
            try:
                move(sale, after)
            except IntegrityError:
                continue
            followed.add((before, after))

    assert followed == {one for one in MOVES if one[0] == before} | {(before, before)}


@pytest.mark.parametrize(
    ("status", "pay_within"),
    [
        ("paying", "31 minutes"),
        ("funding", "61 seconds"),
        ("funding", "-1 second"),
        ("held", "31 minutes"),
    ],
)
def test_a_card_has_so_long_and_no_longer(
    shop: Shop, status: str, pay_within: str
) -> None:
    with pytest.raises(IntegrityError, match="ck_transaction_pay_by"), undone():
        begin(shop, status, pay_within)


@pytest.mark.parametrize("status", ["paying", "funding"])
def test_what_waits_for_a_card_says_until_when(shop: Shop, status: str) -> None:
    values = {"partner": shop.partner_ids[1], "status": status, "pay_within": None}

    with pytest.raises(IntegrityError, match="ck_transaction_pay_by"), undone():
        db.session.execute(BEGIN, values)


@pytest.mark.parametrize("status", ["paying", "funding"])
def test_what_waits_for_a_card_has_its_slot_and_no_entry(
    shop: Shop, status: str
) -> None:
    sale = begin(shop, status)
    slot = "UPDATE lead SET max_sales = 2, slots_taken = {} WHERE id = :lead"
    lead = {"lead": shop.paper.sales[min(shop.paper.sales)].lead}
    db.session.execute(text(slot.format(2)), lead)
    assert failing() == ["windows_equal_transactions"]

    db.session.execute(MOVE, {"sale": sale, "status": "held"})
    assert "transactions_are_booked" in failing()

    db.session.execute(
        text("UPDATE transaction SET released_at = now() WHERE id = :sale"),
        {"sale": sale},
    )
    db.session.execute(MOVE, {"sale": sale, "status": "released"})
    db.session.execute(text(slot.format(1)), lead)
    assert failing() == []


def test_cards_are_not_told_of_yet() -> None:
    assert [*in_use(TransactionStatus)] == ["held", "captured", "released", "refunded"]
    assert [*in_use(BillingMode)] == ["prepaid", "per_lead", "invoice"]


def failing() -> list[str]:
    return [one["name"] for one in run_checks()["checks"] if not one["ok"]]
