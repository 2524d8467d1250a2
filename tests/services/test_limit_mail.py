"""Mail about limits: once for each window and mark, to the owners who want it."""

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.domain.people import SYSTEM, Actor, Role
from app.domain.schedule import DAYS
from app.domain.states import MemberRole
from app.domain.windows import Window
from app.models.mail import OutgoingMail
from app.models.partner import Partner
from app.models.source import Source
from app.services.limit_mail import choose_limit_mail, tell_limits, wants_limit_mail
from app.services.user_changes import change_user
from app.services.users import create_user
from tests.conftest import PASSWORD
from tests.factories import make_campaign, make_partner, make_source, make_subscription
from tests.services.test_limits import change, pass_by, sell

OWNER, BUYER = "owner@example.com", "buyer@example.com"


@pytest.fixture
def buyer(database: Flask) -> Partner:
    partner = make_partner()
    create_user(OWNER, PASSWORD, "client", SYSTEM, partner_id=partner.id)
    second = create_user(BUYER, PASSWORD, "client", SYSTEM, partner_id=partner.id)
    change_user(second.id, {"member_role": "buyer"}, SYSTEM)
    return partner


@pytest.fixture
def source(buyer: Partner) -> Source:
    return make_source(make_campaign(name="Roofs", price_cents=1_000))


def owner_of(partner: Partner, role: MemberRole = MemberRole.owner) -> Actor:
    number = db.session.scalar(text(f"SELECT id FROM ab_user WHERE email = '{OWNER}'"))
    return Actor(Role.client, number, partner.id, member=role)


def told() -> list[tuple[str, str, str]]:
    """Let the clock look; return each new mail: to whom, its subject, first line."""
    before = db.session.query(OutgoingMail).count()
    tell_limits()
    mails = db.session.query(OutgoingMail).order_by(OutgoingMail.id).offset(before)
    return [(one.recipient, one.subject, one.body.split("\n")[0]) for one in mails]


def test_each_mark_is_told_once_to_the_owners(buyer: Partner, source: Source) -> None:
    make_subscription(source.campaign, buyer, daily_cap=5)
    sell(source, 3)
    assert told() == []

    sell(source)
    near = told()
    again = told()
    sell(source)
    full = told()

    assert near == [
        (
            OWNER,
            "Limits of your subscriptions: 1 at 80 %",
            "* Roofs: 4 of 5 leads today",
        )
    ]
    assert again == []
    assert full == [
        (
            OWNER,
            "Limits of your subscriptions: 1 reached",
            "* Roofs: 5 of 5 leads today, the limit is reached",
        )
    ]
    assert told() == []


def test_a_budget_is_used_up_when_it_pays_for_no_more(
    buyer: Partner, source: Source
) -> None:
    make_subscription(source.campaign, buyer, weekly_budget_cents=2_500)
    sell(source)
    assert told() == []

    sell(source)

    [(_, subject, line)] = told()
    assert subject == "Limits of your subscriptions: 1 reached"
    assert line == "* Roofs: 20.00 of 25.00 USD this week, the limit is reached"


def test_one_mail_tells_of_all_that_came_together(
    buyer: Partner, source: Source
) -> None:
    make_subscription(
        source.campaign, buyer, hourly_cap=2, total_cap=2, monthly_budget_cents=2_200
    )
    make_subscription(make_campaign(), buyer, daily_cap=1)

    sell(source, 2)

    [(_, subject, _)] = told()
    assert subject == "Limits of your subscriptions: 3 reached"


def test_the_next_window_tells_anew(buyer: Partner, source: Source) -> None:
    make_subscription(source.campaign, buyer, hourly_cap=1)
    sell(source)
    assert len(told()) == 1

    pass_by(Window.hour)
    assert told() == []
    sell(source)

    assert len(told()) == 1


def test_another_limit_is_another_question(buyer: Partner, source: Source) -> None:
    order = make_subscription(source.campaign, buyer, daily_cap=2)
    sell(source, 2)
    assert len(told()) == 1

    change(order, daily_cap=10)
    assert told() == []
    change(order, weekday_caps=dict.fromkeys(DAYS, 2))

    assert len(told()) == 1


def test_up_and_down_in_a_window_is_told_once(buyer: Partner, source: Source) -> None:
    make_subscription(source.campaign, buyer, daily_cap=1)
    sell(source)
    assert len(told()) == 1

    for holds in (0, 1):
        with transaction() as session:
            session.execute(text(f"UPDATE subscription_window SET holds = {holds}"))
        assert told() == []


def test_who_turned_it_off_gets_none(buyer: Partner, source: Source) -> None:
    make_subscription(source.campaign, buyer, daily_cap=1)
    owner = owner_of(buyer)
    assert wants_limit_mail(owner) is True
    choose_limit_mail(owner, wanted=False)

    sell(source)

    assert told() == []
    assert wants_limit_mail(owner) is False
    assert wants_limit_mail(owner_of(buyer, MemberRole.buyer)) is None


def test_nothing_is_said_of_a_limit_of_nothing_or_a_paused_order(
    buyer: Partner, source: Source
) -> None:
    make_subscription(source.campaign, buyer, daily_cap=0)
    order = make_subscription(source.campaign, buyer, hourly_cap=1)
    sell(source)
    change(order, status="paused")

    assert told() == []
