"""Mail about returns: few of them, to who wants them, without a word that was said."""

import pytest
from flask import Flask

from app.db import db, transaction
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import MemberRole
from app.models.mail import OutgoingMail
from app.services.policy import change_policy
from app.services.return_decisions import approve_return, ask_partner, deny_return
from app.services.return_mail import (
    choose_return_mail,
    tell_partners_of_returns,
    tell_staff_of_returns,
    wants_return_mail,
)
from app.services.returns import answer_question, request_return
from app.services.user_changes import change_user
from app.services.users import create_user
from tests.conftest import ADMIN, PASSWORD
from tests.factories import STAFF
from tests.partner import PartnerServer
from tests.services.test_money_orders import person
from tests.services.test_returns import Bought, make_bought

OWNER, BUYER, VIEWER = "owner@theirs.test", "buyer@theirs.test", "viewer@theirs.test"


class Told(Bought):
    """A buyer with an owner, a buyer and a viewer, and an operator of the platform."""

    people: dict[str, int]

    def who(self, email: str, role: MemberRole) -> Actor:
        return Actor(Role.client, self.people[email], self.buyer.id, member=role)


@pytest.fixture
def bought(database: Flask, partner: PartnerServer) -> Told:
    made = make_bought(partner, leads=2)
    told = Told(made.market, made.buyer)
    told.people = {}
    for email, role in ((OWNER, "owner"), (BUYER, "buyer"), (VIEWER, "viewer")):
        side = {"partner_id": made.buyer.id}
        user = create_user(email, PASSWORD, "client", SYSTEM, **side)
        change_user(user.id, {"member_role": role}, SYSTEM)
        told.people[email] = user.id
    create_user("operator@ours.test", PASSWORD, "operator", SYSTEM)
    clear()
    return told


def clear() -> None:
    with transaction() as session:
        session.query(OutgoingMail).delete()


def mails(*, staff: bool = False) -> dict[str, tuple[str, str]]:
    """Let the clock look; return what went to whom since the last time."""
    (tell_staff_of_returns if staff else tell_partners_of_returns)()
    sent = db.session.query(OutgoingMail).all()
    found = {mail.recipient: (mail.subject, mail.body or "") for mail in sent}
    assert len(found) == len(sent)
    clear()
    return found


def test_a_partner_is_told_once_of_all_that_was_decided(bought: Told) -> None:
    first, second = bought.returned(), bought.returned("invalid_phone", 1)
    assert mails() == {}
    approve_return(first.id, STAFF)
    deny_return(second.id, "Ada Byron answered the phone.", STAFF)

    [(recipient, (subject, body))] = mails().items()

    assert recipient == OWNER
    assert subject == "Your returns: 1 approved, 1 denied"
    assert f"* {bought.market.campaign.name}, 9.99 USD, fraud: approved" in body
    assert "invalid phone: denied" in body
    assert "/portal/returns/list/" in body
    assert "Ada" not in body
    assert mails() == {}


def test_who_asked_is_told_besides_the_owners(bought: Told) -> None:
    actor = bought.who(BUYER, MemberRole.buyer)
    found = request_return(actor, bought.reference(), "fraud", "Nobody.")
    ask_partner(found.id, "When did you call?", STAFF)

    asked = mails()

    assert set(asked) == {OWNER, BUYER}
    assert asked[BUYER][0] == "Your returns: 1 waiting for your answer"
    answer_question(actor, str(found.public_id), "On Monday.")
    assert mails() == {}
    approve_return(found.id, STAFF)
    assert set(mails()) == {OWNER, BUYER}


def test_what_a_rule_approves_needs_no_mail(bought: Told) -> None:
    bought.policy(auto_approve=[{"confirmed": False}])
    bought.returned()

    assert mails() == {}
    assert mails(staff=True) == {}


def test_staff_is_told_how_many_wait(bought: Told) -> None:
    person("operator")
    clear()
    found, _ = bought.returned(), bought.returned(number=1)

    first = mails(staff=True)

    assert len(first) == 2
    subject, body = first["operator@ours.test"]
    assert subject == "2 returns wait for you"
    assert "2 wait for a decision in all" in body
    assert mails(staff=True) == {}
    ask_partner(found.id, "When?", STAFF)
    answer_question(bought.actor, str(found.public_id), "On Monday.")
    assert mails(staff=True)["operator@ours.test"][0] == "1 return waits for you"


def test_the_second_person_is_called_for(bought: Told) -> None:
    change_policy({"second_person_above_cents": 0}, ADMIN)
    found = bought.returned()
    mails(staff=True)

    approve_return(found.id, STAFF)

    assert len(mails(staff=True)) == 1


def test_who_wants_none_gets_none(bought: Told) -> None:
    owner = bought.who(OWNER, MemberRole.owner)
    choose_return_mail(owner, wanted=False)
    choose_return_mail(owner, wanted=False)
    deny_return(bought.returned().id, "No.", STAFF)

    assert mails() == {}
    assert wants_return_mail(owner) is False
    choose_return_mail(owner, wanted=True)
    deny_return(bought.returned(number=1).id, "No.", STAFF)
    assert set(mails()) == {OWNER}


def test_nobody_else_is_asked(bought: Told) -> None:
    viewer = bought.who(VIEWER, MemberRole.viewer)
    choose_return_mail(viewer, wanted=False)

    assert wants_return_mail(viewer) is None
    assert wants_return_mail(SYSTEM) is None
