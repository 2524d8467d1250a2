"""Returns on the screens: asked for from a purchase, answered, decided, set."""

import re

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from app.domain.states import MemberRole
from app.models.campaign import Campaign
from app.models.lead_return import LeadReturn
from app.models.partner import Partner
from app.services.return_decisions import deny_return
from tests.factories import STAFF, count, make_partner
from tests.partner import PartnerServer
from tests.web.market import Market, sales_of
from tests.web.portal import person_of, staff

LIST = "/returns/list/"


@pytest.fixture
def market(database: Flask, partner: PartnerServer) -> Market:
    return Market(partner)


@pytest.fixture
def buyer(market: Market) -> Partner:
    buyer = market.buyer()
    market.sell(2, first_name="Ada")
    return buyer


def asked(app: Flask, buyer: Partner, number: int = 0) -> int:
    """Let the partner ask for a return; return its id."""
    url = f"/portal/leads/return/{sales_of(buyer)[number].id}"
    person = person_of(app, buyer, list(MemberRole)[number])
    answer = person.post(url, data={"reason_code": "fraud", "note": "Not Ada."})
    assert answer.status_code == 302, answer.text
    return int(db.session.execute(text("SELECT max(id) FROM lead_return")).scalar_one())


def test_lead_is_returned_from_its_page_and_answered(
    database: Flask, buyer: Partner
) -> None:
    person = person_of(database, buyer, MemberRole.buyer)
    sale = sales_of(buyer)[0].id
    before = person.get(f"/portal/leads/show/{sale}").text
    form = person.get(f"/portal/leads/return/{sale}").text
    body = {"reason_code": "other", "note": ""}

    refused = person.post(f"/portal/leads/return/{sale}", data=body)
    sent = person.post(
        f"/portal/leads/return/{sale}", data={**body, "note": "Wrong house."}
    )
    again = person.post(f"/portal/leads/return/{sale}", data={"reason_code": "fraud"})
    after = person.get(f"/portal/leads/show/{sale}").text
    found = db.session.query(LeadReturn).one()
    number = found.id
    listed = person.get("/portal/returns/list/").text
    url = f"/portal/returns/answer/{number}"
    answered = person.post(url, data={"text": "See the photo."})
    shown = person.get(f"/portal/returns/show/{number}").text

    assert "Return this lead" in before
    assert "It can be returned until" in form
    assert (refused.status_code, "Say what is wrong" in refused.text) == (200, True)
    assert sent.status_code == answered.status_code == 302
    assert "being returned already" in again.text
    assert "Return: Open" in after
    assert "Return this lead" not in after
    assert "Something else" in listed
    assert "Wrong house." in shown
    assert "See the photo." in shown


def test_viewer_reads_returns_and_others_see_none(
    database: Flask, buyer: Partner
) -> None:
    number = asked(database, buyer)
    viewer = person_of(database, buyer, MemberRole.viewer)
    stranger = person_of(database, make_partner())
    sale = sales_of(buyer)[1].id

    assert viewer.get(f"/portal/returns/show/{number}").status_code == 200
    assert "Return this lead" not in viewer.get(f"/portal/leads/show/{sale}").text
    assert viewer.get(f"/portal/leads/return/{sale}").status_code == 403
    assert stranger.get(f"/portal/returns/show/{number}").status_code == 404
    assert stranger.get(f"/portal/leads/return/{sale}").status_code == 404


def test_staff_asks_denies_and_approves(database: Flask, buyer: Partner) -> None:
    first = asked(database, buyer)
    admin = staff(database)
    shown = admin.get(f"/returns/show/{first}").text

    asking = admin.post(f"/returns/question/{first}", data={"text": "Whom?"})
    approved = admin.post(
        f"/returns/approve/{first}", data={"afterwards": "market", "reason": ""}
    )
    late = admin.post(f"/returns/deny/{first}", data={"reason": "No."})
    after = admin.get(f"/returns/show/{first}").text

    for words in ("Not Ada.", "I agree to be called.", "We know nothing about it"):
        assert words in shown
    assert asking.status_code == approved.status_code == 302
    assert "already" in late.text
    assert "Back on sale" in after
    assert "Whom?" in after
    assert count("entry", "kind = 'refund'") == 1


def test_queue_holds_what_waits_and_decides_many(
    database: Flask, buyer: Partner
) -> None:
    first = asked(database, buyer)
    deny_return(first, "no", STAFF)
    number = asked(database, buyer, 1)
    admin = staff(database)

    waiting = admin.get(LIST).text
    home = admin.get("/").text
    denied = admin.get(f"{LIST}?status=denied").text
    body = {"action": "approve", "rowid": [first, number], "sure": "1"}
    done = admin.post("/returns/bulk", data=body, follow_redirects=True).text

    assert f"/returns/show/{number}" in waiting
    assert re.search(r"<strong>1</strong>\s*<span>Returns waiting", home)
    assert f"/returns/show/{first}" not in waiting
    assert f"/returns/show/{first}" in denied
    assert "1 approved." in done
    assert "1 skipped" in done


def test_policy_is_set_by_inputs(database: Flask, market: Market) -> None:
    admin = staff(database)
    url = f"/campaigns/edit/{market.campaign.id}"
    campaign = db.session.get_one(Campaign, market.campaign.id)
    body = {
        "name": campaign.name,
        "slug": campaign.slug,
        "status": "active",
        "price_cents": "9.99",
        "currency": "USD",
        "max_sales": "2",
        "method": "priority",
        "percentage_window": "day",
        "delivery_minutes": "30",
        "dedupe_days": "30",
        "sell_days": "30",
        "fields-as": "standard",
        "checks-as": "standard",
        "return_policy-as": "own",
        "return_policy-own-window_hours": "48",
        "return_policy-own-cycle": "week",
        "return_policy-own-weekdays": ["mon", "tue"],
        "return_policy-own-0-reasons": "duplicate, fraud",
        "return_policy-own-0-max_cents": "5.00",
        "return_policy-own-0-confirmed": "1",
    }

    saved = admin.post(url, data=body)
    wrong = admin.post(url, data={**body, "return_policy-own-window_hours": "0"})
    db.session.expire_all()
    shown = admin.get(url).text

    assert saved.status_code == 302, saved.text
    assert db.session.get_one(Campaign, market.campaign.id).return_policy == {
        "window_hours": 48,
        "cycle": "week",
        "weekdays": ["mon", "tue"],
        "auto_approve": [
            {"reasons": ["duplicate", "fraud"], "max_cents": 500, "confirmed": True}
        ],
    }
    assert "Window hours: Send a whole number" in wrong.text
    assert 'value="48"' in shown
