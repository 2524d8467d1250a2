"""A partner's own screens: what it orders and where its leads go, and nobody else's."""

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.domain.errors import NotFound
from app.domain.people import Actor, Role
from app.domain.states import CampaignStatus, MemberRole, SubscriptionStatus
from app.models.partner import Endpoint, Partner
from app.models.sale import Transaction
from app.models.subscription import Subscription
from app.services.trial import try_endpoint
from app.views.portal import MENU
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_subscription,
    make_vendor,
)
from tests.partner import Says, partner_server
from tests.web.portal import menu_of, person_of, staff, stranger

OWNER = MemberRole.owner
URL = "http://127.0.0.1:8999/leads"
LISTS = [f"{s.route_base}/list/" for side, _, s, _ in MENU if side != "Selling"]
THEIRS = [
    path for path in LISTS if path not in ("/portal/keys/list/", "/portal/team/list/")
]


@pytest.fixture
def partner(database: Flask) -> Partner:
    return make_partner()


@pytest.fixture
def owner(database: Flask, partner: Partner) -> FlaskClient:
    return person_of(database, partner)


@pytest.mark.parametrize("path", ["/", *LISTS])
def test_every_page_has_one_heading_and_says_what_it_is(
    owner: FlaskClient, path: str
) -> None:
    answer = owner.get(path)

    assert answer.status_code == 200
    [heading] = re.findall(r"<h1>(.+?)</h1>", answer.text)
    assert f"<title>{heading} · Lead Nexus</title>" in answer.text


def test_the_menu_holds_what_is_theirs_and_nothing_else(
    database: Flask, owner: FlaskClient
) -> None:
    admin = staff(database)

    theirs = owner.get("/").text
    admins = admin.get("/").text

    assert menu_of(theirs) == sorted(LISTS)
    assert "/portal/" not in admins
    assert {admin.get(path).status_code for path in LISTS} == {403}


def test_a_vendor_and_a_stranger_open_none_of_it(database: Flask) -> None:
    vendor = person_of(database, make_vendor())
    order = make_subscription(make_campaign())
    paths = [*THEIRS, f"/portal/subscriptions/show/{order.id}"]

    assert {vendor.get(path).status_code for path in paths} == {403}
    for path in paths:
        answer = stranger(database).get(path)
        assert answer.status_code == 302
        assert "/login/" in answer.headers["Location"]


def test_what_is_on_sale_is_active_and_in_the_partners_currency(
    owner: FlaskClient,
) -> None:
    shown = make_campaign(name="Roofs")
    hidden = [
        make_campaign(name="Draft", status=CampaignStatus.draft),
        make_campaign(name="Euros", currency="EUR"),
    ]
    hidden_ids = [campaign.id for campaign in hidden]

    listed = owner.get("/portal/campaigns/list/").text
    choices = owner.get("/portal/subscriptions/add").text

    for page in (listed, choices):
        assert "Roofs" in page
        assert "Draft" not in page
        assert "Euros" not in page
    assert owner.get(f"/portal/campaigns/show/{shown.id}").status_code == 200
    for number in hidden_ids:
        assert owner.get(f"/portal/campaigns/show/{number}").status_code == 404


def test_a_partner_subscribes_and_the_order_is_its_own(
    owner: FlaskClient, partner: Partner
) -> None:
    campaign, endpoint = make_campaign(), make_endpoint(partner)
    number = partner.id
    data = {
        "campaign_id": campaign.id,
        "endpoint_id": endpoint.id,
        "mode": "auto",
        "pacing": "asap",
        "at_cap": "skip",
        "daily_cap": "5",
        "backfill_days": "0",
        # What is no field of this form changes nothing.
        "partner_id": make_partner().id,
        "priority": "9",
    }

    answer = owner.post("/portal/subscriptions/add", data=data)

    assert answer.status_code == 302, answer.text
    order = db.session.query(Subscription).one()
    assert (order.partner_id, order.daily_cap, order.priority) == (number, 5, 0)


def test_the_campaign_one_comes_from_is_chosen_already(owner: FlaskClient) -> None:
    campaign = make_campaign()

    page = owner.get(f"/portal/subscriptions/add?campaign_id={campaign.id}").text

    assert f'<option selected value="{campaign.id}">' in page
    assert owner.get("/portal/subscriptions/add?campaign_id=x").status_code == 200


@pytest.mark.parametrize("field", ["endpoint_id", "campaign_id"])
def test_a_forged_choice_is_refused(
    owner: FlaskClient, partner: Partner, field: str
) -> None:
    theirs = make_endpoint(make_partner())
    draft = make_campaign(status=CampaignStatus.draft)
    data = {
        "campaign_id": make_campaign().id,
        "endpoint_id": make_endpoint(partner).id,
        "mode": "auto",
        "pacing": "asap",
        "at_cap": "skip",
    }
    forged = {"endpoint_id": theirs.id, "campaign_id": draft.id}[field]

    answer = owner.post("/portal/subscriptions/add", data={**data, field: forged})

    assert answer.status_code == 200
    assert f'id="{field}-error"' in answer.text
    assert theirs.name not in answer.text
    assert db.session.query(Subscription).count() == 0


def test_another_partners_row_is_as_one_that_is_not_there(
    database: Flask, owner: FlaskClient
) -> None:
    order = make_subscription(make_campaign())
    number, endpoint, name = order.id, order.endpoint_id, order.partner.name
    paths = {
        "get": ["subscriptions/show", "subscriptions/edit"],
        "post": ["subscriptions/edit", "subscriptions/pause", "subscriptions/resume"],
    }

    for method, bases in paths.items():
        for base in bases:
            for pk in (number, 10**9):
                answer = owner.open(f"/portal/{base}/{pk}", method=method)
                assert answer.status_code == 404, (base, pk)
    for verb in ("show", "edit"):
        assert owner.get(f"/portal/endpoints/{verb}/{endpoint}").status_code == 404
    assert name not in owner.get("/portal/subscriptions/list/").text
    db.session.expire_all()
    assert db.session.get_one(Subscription, number).status.name == "active"


def test_an_order_is_paused_and_resumed_by_a_button_alone(
    owner: FlaskClient, partner: Partner
) -> None:
    order = make_subscription(make_campaign(), partner)
    path = f"/portal/subscriptions/pause/{order.id}"

    assert owner.get(path).status_code == 405
    owner.post(path)
    db.session.expire_all()
    paused = order.status
    owner.post(f"/portal/subscriptions/resume/{order.id}")
    db.session.expire_all()

    assert paused is SubscriptionStatus.paused
    assert order.status is SubscriptionStatus.active


def test_a_viewer_reads_and_a_buyer_orders(database: Flask, partner: Partner) -> None:
    order = make_subscription(make_campaign(), partner)
    number, endpoint = order.id, order.endpoint_id
    viewer = person_of(database, partner, MemberRole.viewer)
    buyer = person_of(database, partner, MemberRole.buyer)
    show = f"/portal/subscriptions/show/{number}"

    assert "Pause" not in viewer.get(show).text
    assert "Edit" not in viewer.get(show).text
    assert viewer.post(f"/portal/subscriptions/pause/{number}").status_code == 403
    assert viewer.get("/portal/subscriptions/add").status_code == 403
    assert "Pause" in buyer.get(show).text
    assert buyer.post(f"/portal/subscriptions/pause/{number}").status_code == 302
    assert buyer.get(f"/portal/endpoints/edit/{endpoint}").status_code == 403


def test_a_new_endpoint_is_the_partners_own_and_shows_its_secret_once(
    owner: FlaskClient, partner: Partner
) -> None:
    number = partner.id
    data = {"name": "Ours", "url": URL, "format": "json", "timeout_s": "10"}

    shown = owner.post("/portal/endpoints/add", data=data, follow_redirects=True).text
    endpoint = db.session.query(Endpoint).one()
    again = owner.get(f"/portal/endpoints/made/{endpoint.id}", follow_redirects=True)

    [secret] = re.findall(r"<code>(whsec_[^<]+)</code>", shown)
    assert endpoint.partner_id == number
    assert secret not in again.text


def test_forms_and_buttons_need_their_token(database: Flask, partner: Partner) -> None:
    browser = person_of(database, partner)
    order = make_subscription(make_campaign(), partner)
    database.config["WTF_CSRF_ENABLED"] = True

    answer = browser.post(f"/portal/subscriptions/pause/{order.id}")

    assert answer.status_code == 400
    db.session.expire_all()
    assert order.status is SubscriptionStatus.active


def test_a_test_lead_tells_what_the_server_answered_and_sells_nothing(
    database: Flask, partner: Partner, owner: FlaskClient
) -> None:
    with partner_server() as server:
        endpoint = make_endpoint(partner, url=server.url)
        number = endpoint.id
        server.says(Says(status=400, body=b"no such field"))

        page = owner.post(f"/portal/endpoints/test/{number}").text
        [request] = server.received

    sent = json.loads(request.body)
    assert "HTTP 400" in page
    assert "no such field" in page
    assert sent["test"] is True
    assert request.headers["webhook-signature"].startswith("v1,")
    assert db.session.query(Transaction).count() == 0


def test_only_who_manages_it_tries_an_endpoint(
    database: Flask, partner: Partner, owner: FlaskClient
) -> None:
    with partner_server() as server:
        mine = make_endpoint(partner, url=server.url).id
        theirs = make_endpoint(make_partner(), url=server.url).id
        buyer = person_of(database, partner, MemberRole.buyer)

        assert owner.get(f"/portal/endpoints/test/{mine}").status_code == 405
        assert owner.post(f"/portal/endpoints/test/{theirs}").status_code == 404
        assert buyer.post(f"/portal/endpoints/test/{mine}").status_code == 403
        with pytest.raises(NotFound):
            try_endpoint(theirs, Actor(Role.client, 7, partner.id, member=OWNER))
        assert server.received == []
