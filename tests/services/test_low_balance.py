"""The notice that a wallet is low: once each time it falls, to the owners alone."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import InvalidInput, NotAllowed
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import MemberRole
from app.models.mail import OutgoingMail
from app.models.partner import Partner
from app.services.low_balance import set_own_mark, tell_low_balances
from app.services.user_changes import change_user
from app.services.users import create_user
from app.services.wallet import credit_partner
from tests.conftest import PASSWORD
from tests.factories import STAFF, make_partner

OWNER, BUYER = "owner@example.com", "buyer@example.com"


@pytest.fixture
def partner(database: Flask) -> Partner:
    """A partner with 100.00 that wants to be told below 40.00."""
    partner = make_partner(10_000)
    create_user(OWNER, PASSWORD, "client", SYSTEM, partner_id=partner.id)
    buyer = create_user(BUYER, PASSWORD, "client", SYSTEM, partner_id=partner.id)
    change_user(buyer.id, {"member_role": "buyer"}, SYSTEM)
    set_own_mark(member(partner), 4_000)
    return partner


def member(partner: Partner, role: MemberRole = MemberRole.owner) -> Actor:
    return Actor(role=Role.client, user_id=1, partner_id=partner.id, member=role)


def told() -> list[tuple[str, str]]:
    """Let the clock look; return who was ever told, and what."""
    tell_low_balances()
    mails = db.session.query(OutgoingMail).order_by(OutgoingMail.id)
    return [(mail.recipient, mail.subject) for mail in mails]


def spend(partner: Partner, cents: int) -> None:
    """Move money to what is held, as a sale does."""
    moved = text(
        "WITH e AS (INSERT INTO entry (kind, currency, actor)"
        "  VALUES ('hold', 'USD', 'test') RETURNING id)"
        " INSERT INTO posting (entry_id, account_id, currency, amount_cents)"
        " SELECT e.id, a.id, 'USD', CASE a.kind WHEN 'holds' THEN :n ELSE -:n END"
        " FROM e, account a WHERE a.partner_id = :partner"
    )
    with transaction() as session:
        session.execute(moved, {"n": cents, "partner": partner.id})


def an_hour_later() -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE partner SET low_told_at = low_told_at - interval '2 hours'")
        )


def test_owners_are_told_once_each_time_it_falls(partner: Partner) -> None:
    assert told() == []
    spend(partner, 6_001)

    [first] = told()
    assert first == (OWNER, "Your wallet is low: 39.99 USD")
    an_hour_later()
    assert len(told()) == 1

    credit_partner(partner.id, 5_000, "more", STAFF)
    assert len(told()) == 1
    spend(partner, 6_000)
    assert len(told()) == 2


def test_at_the_mark_it_is_not_low(partner: Partner) -> None:
    spend(partner, 6_000)

    assert told() == []


def test_credit_counts_as_available(partner: Partner) -> None:
    with transaction():
        partner.credit_limit_cents = 1_000
    spend(partner, 6_500)

    assert told() == []


def test_up_and_down_within_the_hour_is_told_once(partner: Partner) -> None:
    spend(partner, 7_000)
    assert len(told()) == 1
    credit_partner(partner.id, 5_000, "more", STAFF)
    assert len(told()) == 1
    spend(partner, 5_000)

    assert len(told()) == 1


@pytest.mark.parametrize("cents", [0, -1, 2**63])
def test_mark_is_an_amount(partner: Partner, cents: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_own_mark(member(partner), cents)

    assert [error.field for error in refused.value.errors] == ["low_balance_cents"]


def test_only_who_spends_sets_it(partner: Partner) -> None:
    with pytest.raises(NotAllowed):
        set_own_mark(member(partner, MemberRole.viewer), None)

    set_own_mark(member(partner, MemberRole.buyer), None)
    spend(partner, 9_000)
    assert told() == []
