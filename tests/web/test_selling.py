"""A lead sold by hand, by REST and on its page."""

import re

from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.domain.states import LeadStatus
from app.jobs import routing, validation
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.subscription import Subscription
from tests.factories import (
    lead_of,
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.web.rest import Headers, fields_refused
from tests.web.screens import logged_in


def available(campaign: Campaign) -> Lead:
    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    routing.drain()
    return lead


def test_rest_sells_to_a_partner(client: FlaskClient, admin_headers: Headers) -> None:
    campaign = make_campaign(price_cents=2_500)
    lead, buyer = available(campaign), make_partner()
    path = f"/api/v1/leads/{lead.id}/sell"

    def post(**body: object) -> tuple[int, str]:
        answer = client.post(path, json=body, headers=admin_headers)
        return answer.status_code, answer.json.get("code", "")

    for body in ({}, {"partner_id": 1, "subscription_id": 1}, {"partner_id": 0}):
        refused = client.post(path, json=body, headers=admin_headers)
        assert fields_refused(refused) <= {"subscription_id", "partner_id"}
    assert post(partner_id=buyer.id) == (404, "not_found")
    one = make_subscription(campaign, buyer)
    two = make_subscription(campaign, buyer)
    assert post(partner_id=buyer.id) == (409, "several_subscriptions")
    db.session.delete(db.session.get(Subscription, two.id))
    db.session.commit()
    assert post(partner_id=buyer.id, price_cents=2_400) == (409, "price_changed")

    sold = client.post(path, json={"partner_id": buyer.id}, headers=admin_headers)

    assert sold.status_code == 201
    assert sold.json["subscription_id"] == one.id
    assert post(partner_id=buyer.id)[0] == 409


def test_page_tells_who_may_have_it_and_sells_at_the_price_it_shows(
    database: Flask,
) -> None:
    admin = logged_in(database)
    campaign = make_campaign()
    lead = available(campaign)
    order = make_subscription(campaign, make_partner(name="Rich"), price_cents=4_050)
    make_subscription(campaign, make_partner(0, name="Poor"), price_cents=5_000)
    path = f"/leads/sell/{lead.id}"

    own = admin.get(f"/leads/show/{lead.id}").text
    page = re.sub(r"\s+", " ", admin.get(path).text)
    found = admin.get(f"{path}?find=poo").text
    wrong = {"subscription_id": order.id, "price_cents": 1}
    dearer = admin.post(path, data=wrong, follow_redirects=True).text
    nobody = admin.post(path, data={}, follow_redirects=True).text
    right = {"subscription_id": order.id, "price_cents": 4_050}
    sold = admin.post(path, data=right, follow_redirects=True).text
    again = admin.post(path, data=right, follow_redirects=True).text

    assert path in own
    assert "Sell for $40.50" in page
    assert "Not enough funds" in page
    assert "Rich" not in found
    assert "The price has changed: it is 40.50 USD now." in dearer
    assert "Choose who is to have it." in nobody
    assert "Sold to Rich for $40.50." in sold
    assert "Not sold. The partner has this lead already." in again
    assert path not in admin.get(f"/leads/show/{lead.id}").text
    lead.status = LeadStatus.rejected
    db.session.commit()
    closed = admin.get(path, follow_redirects=True).text
    assert "Only an available lead can be sold." in closed
