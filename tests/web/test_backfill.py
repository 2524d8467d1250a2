"""Backfill by hand: the button and the call."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from app.jobs import routing, validation
from app.models.campaign import Campaign
from app.services.backfill import put_leads_back
from tests.factories import make_campaign, make_source, make_subscription, take
from tests.web.rest import Headers
from tests.web.screens import logged_in

LATE = text("UPDATE lead SET live_at = live_at - interval '1 day', due_at = live_at")


def campaign_with_unsold(leads: int) -> Campaign:
    campaign = make_campaign()
    source = make_source(campaign)
    for _ in range(leads):
        take(source)
    validation.drain()
    routing.drain()
    db.session.execute(LATE)
    db.session.commit()
    return campaign


def test_call_answers_how_many_leads_are_routed_again(
    client: FlaskClient, admin_headers: Headers
) -> None:
    order = make_subscription(campaign_with_unsold(3), backfill_days=7)
    without = make_subscription(make_campaign())
    path = "/api/v1/subscriptions/{}/backfill"

    asked = client.post(path.format(order.id), headers=admin_headers)
    refused = client.post(path.format(without.id), headers=admin_headers)
    unknown = client.post(path.format(2**40), headers=admin_headers)

    assert (asked.status_code, asked.json) == (202, {"leads": 3})
    assert (refused.status_code, refused.json["code"]) == (409, "no_backfill")
    assert unknown.status_code == 404


def test_button_tells_the_leads_and_the_page_how_far_it_is(database: Flask) -> None:
    admin = logged_in(database)
    order = make_subscription(campaign_with_unsold(2), backfill_days=7)
    page = f"/subscriptions/show/{order.id}"

    asked = admin.post(f"/subscriptions/backfill/{order.id}", follow_redirects=True)
    put_leads_back()
    put_leads_back()
    shown = re.sub(r"<[^>]+>", "", admin.get(page).text)

    assert "2 unsold leads are routed again." in asked.text
    assert "0 unsold leads routed again so far" in asked.text
    assert "2 unsold leads routed again." in shown
