"""A campaign's groups as rows of its form, in words on its page, and over REST."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.domain.states import Method
from app.models.campaign import Campaign
from tests.factories import make_campaign, make_subscription
from tests.web.screens import logged_in
from tests.web.test_screens import CAMPAIGN

GOLD = {"name": "gold", "method": "price", "limit": 1, "if_sold": "stop"}
REST = {"name": "rest", "method": "weighted", "limit": None, "if_sold": "go_on"}
ROWS = {
    "method": "groups",
    "groups-as": "rows",
    "groups-rows-0-name": "gold",
    "groups-rows-0-method": "price",
    "groups-rows-0-limit": "1",
    "groups-rows-0-if_sold": "stop",
    "groups-rows-1-name": "",
    "groups-rows-1-method": "priority",
    "groups-rows-2-name": "rest",
    "groups-rows-2-method": "weighted",
    "groups-rows-2-limit": "",
    "groups-rows-2-if_sold": "go_on",
}


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


def test_groups_are_typed_as_rows_and_told_in_words(admin: FlaskClient) -> None:
    campaign = make_campaign()

    answer = admin.post(
        f"/campaigns/edit/{campaign.id}", data={**CAMPAIGN, "slug": "tiers", **ROWS}
    )

    assert answer.status_code == 302, answer.text
    assert db.session.get_one(Campaign, campaign.id).groups == [GOLD, REST]
    page = admin.get(f"/campaigns/show/{campaign.id}").text
    assert (
        "gold: price, at most 1 sale of a lead, no other group once it bought" in page
    )
    form = admin.get(f"/campaigns/edit/{campaign.id}").text
    assert 'value="gold"' in form


def test_wrong_limit_stands_at_its_row(admin: FlaskClient) -> None:
    campaign = make_campaign()

    page = admin.post(
        f"/campaigns/edit/{campaign.id}",
        data={**CAMPAIGN, **ROWS, "groups-rows-2-limit": "many"},
    ).text

    assert "Row 3, limit: Enter a number from 1 to 100" in page
    assert 'value="many"' in page


def test_group_of_an_order_is_not_taken_away(admin: FlaskClient) -> None:
    campaign = make_campaign(method=Method.groups, groups=[GOLD, REST])
    make_subscription(campaign, group="gold")
    fewer = {key: value for key, value in ROWS.items() if "rows-0" not in key}

    page = admin.post(f"/campaigns/edit/{campaign.id}", data={**CAMPAIGN, **fewer}).text

    assert "Active subscriptions are in gold; move them first." in page


def test_rest_takes_and_tells_groups_and_shares(
    client: FlaskClient, admin_headers: dict[str, str]
) -> None:
    campaign = make_campaign()
    order = make_subscription(campaign)
    path, mine = f"/api/v1/campaigns/{campaign.id}", f"/api/v1/subscriptions/{order.id}"
    body = {"method": "groups", "groups": [GOLD, REST], "percentage_window": "hour"}
    terms = {
        "group": "gold",
        "percent": 40,
        "sale_type": "hybrid",
        "exclusive_price_cents": 9000,
    }

    assert client.put(path, json=body, headers=admin_headers).status_code == 200
    assert client.put(mine, json=terms, headers=admin_headers).status_code == 200

    told = client.get(path, headers=admin_headers).json["result"]
    assert {name: told[name] for name in body} == body
    told = client.get(mine, headers=admin_headers).json["result"]
    assert {name: told[name] for name in terms} == terms
    wrong = client.put(mine, json={"group": "silver"}, headers=admin_headers)
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "group")
