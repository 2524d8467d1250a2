"""The books: credits, refunds, keys, and what the database itself refuses."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.db import db, transaction
from app.domain.errors import Conflict, InvalidInput, KeyReused, NotAllowed
from app.domain.people import Actor, Role
from app.domain.states import AccountKind, EntryKind
from app.jobs import delivery, routing, validation
from app.services.accounts import set_credit_limit
from app.services.idempotency import answer_once
from app.services.integrity import run_checks
from app.services.ledger import Booking, book
from app.services.refunds import refund_transaction
from app.services.wallet import credit_partner, wallet_of
from tests.factories import (
    STAFF,
    count,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer

pytestmark = pytest.mark.usefixtures("database")


def sold_transaction(partner: PartnerServer, price_cents: int = 999) -> tuple[int, int]:
    """Sell one lead of a vendor; return the transaction's and the partner's id."""
    campaign = make_campaign(price_cents=price_cents)
    buyer = make_partner(10_000)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    take(make_source(campaign, make_vendor(commission_bp=3333)))
    for drain in (validation.drain, routing.drain, delivery.drain):
        drain()
    found = db.session.execute(text("SELECT id FROM transaction")).scalar_one()
    return int(found), buyer.id


def payable_cents() -> int:
    query = text("SELECT balance_cents FROM account WHERE kind = 'payable'")
    return int(db.session.execute(query).scalar_one())


def test_credit_by_hand_is_booked_with_reason_and_person() -> None:
    partner = make_partner(0)

    answer = credit_partner(partner.id, 5000, "bank transfer", STAFF)

    assert answer["balance_cents"] == answer["available_cents"] == 5000
    assert count("entry", "reason = 'bank transfer' AND actor = 'user:1'") == 1
    assert run_checks()["ok"]


@pytest.mark.parametrize("amount", [0, -1, 1.5, "5", True, None, 10**16])
def test_credit_of_a_bad_amount_books_nothing(amount: object) -> None:
    partner = make_partner(0)

    with pytest.raises(InvalidInput):
        credit_partner(partner.id, amount, "why", STAFF)

    assert count("entry") == 0


def test_only_staff_credits() -> None:
    partner = make_partner(0)

    with pytest.raises(NotAllowed):
        credit_partner(partner.id, 1, "why", Actor(Role.client, 7, partner.id))


def test_refund_gives_the_price_back_and_takes_the_share_back(
    partner: PartnerServer,
) -> None:
    sale, buyer = sold_transaction(partner)
    before = payable_cents()

    answer = refund_transaction(sale, None, "wrong number", STAFF)

    assert (before, payable_cents()) == (667, 0)
    assert answer["status"] == "refunded"
    assert wallet_of(buyer)["balance_cents"] == 10_000
    with pytest.raises(Conflict):
        refund_transaction(sale, None, "again", STAFF)
    assert run_checks()["ok"]


def test_partial_refunds_add_up_to_the_cent(
    partner: PartnerServer,
) -> None:
    sale, buyer = sold_transaction(partner)

    for amount in (1, 332, 333, 333):
        refund_transaction(sale, amount, "part", STAFF)

    assert payable_cents() == 0
    assert wallet_of(buyer)["balance_cents"] == 10_000
    with pytest.raises(Conflict):
        refund_transaction(sale, 1, "more", STAFF)
    assert run_checks()["ok"]


def test_refund_above_what_is_left_is_refused(
    partner: PartnerServer,
) -> None:
    sale, _ = sold_transaction(partner)
    refund_transaction(sale, 900, "part", STAFF)

    with pytest.raises(InvalidInput):
        refund_transaction(sale, 100, "too much", STAFF)


def test_key_answers_once_and_refuses_another_body() -> None:
    partner = make_partner(0)

    def credit() -> tuple[int, dict[str, object]]:
        return 201, credit_partner(partner.id, 100, "once", STAFF)

    first = answer_once("user:1", "k", b"body", credit)
    second = answer_once("user:1", "k", b"body", credit)

    assert first == second
    assert wallet_of(partner.id)["balance_cents"] == 100
    with pytest.raises(KeyReused):
        answer_once("user:1", "k", b"other", credit)


def accounts_of(partner_id: int) -> tuple[int, int]:
    rows = db.session.execute(
        text("SELECT kind, id FROM account WHERE partner_id = :id ORDER BY kind"),
        {"id": partner_id},
    ).all()
    found = dict(tuple(row) for row in rows)
    return found[AccountKind.wallet.value], found[AccountKind.holds.value]


def test_database_refuses_an_entry_that_does_not_sum_to_zero() -> None:
    wallet, holds = accounts_of(make_partner().id)

    with pytest.raises(IntegrityError), transaction() as session:
        lines = ((wallet, -5), (holds, 4))
        book(session, [Booking(EntryKind.hold, "USD", lines)])


def test_database_refuses_postings_added_to_an_old_entry() -> None:
    wallet, holds = accounts_of(make_partner().id)
    old = db.session.execute(text("SELECT id FROM entry")).scalar_one()

    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(
            text(
                "INSERT INTO posting (entry_id, account_id, currency, amount_cents)"
                " VALUES (:entry, :a, 'USD', 5), (:entry, :b, 'USD', -5)"
            ),
            {"entry": old, "a": wallet, "b": holds},
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE posting SET amount_cents = 1",
        "DELETE FROM posting",
        "UPDATE entry SET reason = 'x'",
        "DELETE FROM entry",
        "TRUNCATE posting",
    ],
)
def test_database_never_changes_what_was_booked(statement: str) -> None:
    make_partner()

    with pytest.raises(DatabaseError), transaction() as session:
        session.execute(text(statement))


def test_database_refuses_a_wallet_below_its_credit_limit() -> None:
    partner = make_partner(100, credit_limit_cents=50)
    wallet, holds = accounts_of(partner.id)

    with transaction() as session:
        lines = ((wallet, -150), (holds, 150))
        book(session, [Booking(EntryKind.hold, "USD", lines)])
    with pytest.raises(IntegrityError), transaction() as session:
        book(session, [Booking(EntryKind.hold, "USD", ((wallet, -1), (holds, 1)))])


def test_credit_limit_is_not_lowered_below_what_is_owed() -> None:
    partner = make_partner(100, credit_limit_cents=50)
    wallet, holds = accounts_of(partner.id)
    with transaction() as session:
        lines = ((wallet, -150), (holds, 150))
        book(session, [Booking(EntryKind.hold, "USD", lines)])

    partner.credit_limit_cents = 49
    with pytest.raises(Conflict):
        set_credit_limit(partner)
