"""A partner's own orders and endpoints over `/api`."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.models.partner import Partner
from tests.factories import (
    count,
    make_campaign,
    make_endpoint,
    make_partner,
    make_subscription,
    make_vendor,
)
from tests.partner import PartnerServer
from tests.web.callers import member, program
from tests.web.rest import Headers, fields_refused

ORDERS = "/api/subscriptions"
TARGETS = "/api/endpoints"
URL = "http://127.0.0.1:8999/leads"
CAPS = {"daily_cap": 5, "monthly_budget_cents": 90_000}
FILTER = {"all": [{"field": "state", "op": "eq", "value": "CA"}]}


@pytest.fixture
def partner_row(database: Flask) -> Partner:
    return make_partner()


def _order(client: FlaskClient, headers: Headers, **body: Any) -> Any:
    return client.post(ORDERS, json=body, headers=headers)


def test_buyer_orders_changes_and_pauses(
    client: FlaskClient, app: Flask, partner_row: Partner
) -> None:
    buyer, campaign = member(app, partner_row, "buyer"), make_campaign()
    body = {
        "campaign_id": campaign.id,
        "endpoint_id": make_endpoint(partner_row).id,
        "filters": FILTER,
        "schedule": [{"days": ["mon"], "from": "09:00", "to": "17:00"}],
        **CAPS,
    }

    made = _order(client, buyer, **body)
    path = f"{ORDERS}/{made.json['id']}"
    paused = client.patch(path, json={"status": "paused"}, headers=buyer)
    told = client.get(path, headers=program(partner_row, "read"))
    listed = client.get(f"{ORDERS}?status=paused", headers=buyer)

    assert made.status_code == 201
    assert {name: made.json[name] for name in body} == body
    assert made.json["campaign"] == campaign.slug
    assert paused.json["status"] == "paused"
    assert paused.json["daily_cap"] == 5
    assert told.json == paused.json == listed.json["items"][0]
    assert listed.json["total"] == 1
    assert "priority" not in told.json


RULE = {"when": {"field": "state", "op": "eq", "value": "CA"}, "price_cents": 2600}
REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"priority": 0}, "priority"),
    ({"weight": 100}, "weight"),
    ({"partner_id": 1}, "partner_id"),
    ({"price_cents": 2499}, "price_cents"),
    ({"price_cents": "2600"}, "price_cents"),
    ({"price_rules": []}, "price_rules"),
    ({"price_rules": [{**RULE, "price_cents": 2499}]}, "price_rules[0].price_cents"),
    ({"price_rules": [{**RULE, "price_cents": 2600.5}]}, "price_rules[0].price_cents"),
    ({"price_rules": [RULE, {"price_cents": 2600}]}, "price_rules[1].when"),
    ({"daily_cap": 2.7}, "daily_cap"),
    ({"daily_cap": -1}, "daily_cap"),
    ({"daily_cap": 2**63}, "daily_cap"),
    ({"hourly_cap": -1}, "hourly_cap"),
    ({"hourly_cap": 10**9 + 1}, "hourly_cap"),
    ({"total_cap": "5"}, "total_cap"),
    ({"hourly_budget_cents": 0.5}, "hourly_budget_cents"),
    ({"total_budget_cents": -(2**63) - 1}, "total_budget_cents"),
    ({"weekday_caps": []}, "weekday_caps"),
    ({"weekday_caps": {}}, "weekday_caps"),
    ({"weekday_caps": {"someday": 1}}, "weekday_caps.someday"),
    ({"weekday_caps": {"mon": -1}}, "weekday_caps.mon"),
    ({"weekday_caps": {"mon": 2**64}}, "weekday_caps.mon"),
    ({"weekday_budgets_cents": {"sat": 1.5}}, "weekday_budgets_cents.sat"),
    ({"weekday_budgets_cents": 7}, "weekday_budgets_cents"),
    ({"pacing": "slow"}, "pacing"),
    ({"pacing": None}, "pacing"),
    ({"at_cap": "wait"}, "at_cap"),
    ({"status": "archived"}, "status"),
    ({"status": "gone"}, "status"),
    ({"mode": None}, "mode"),
    ({"filters": {"all": 5}}, "filters.all"),
    ({"schedule": "always"}, "schedule"),
    ({"timezone": "Mars/Base"}, "timezone"),
    ({"endpoint_id": 2**62}, "endpoint_id"),
    ({"campaign_id": 2**62}, "campaign_id"),
    ({"version": 9}, "version"),
    ({"unknown": 1}, "unknown"),
)


def test_what_a_partner_may_not_set_is_422(
    client: FlaskClient, partner_row: Partner
) -> None:
    order = make_subscription(make_campaign(), partner_row)
    headers = program(partner_row, "buy")

    for body, field in REFUSED:
        answer = client.patch(f"{ORDERS}/{order.id}", json=body, headers=headers)
        assert fields_refused(answer) == {field}, body


def test_every_bad_field_is_told_at_once(
    client: FlaskClient, partner_row: Partner
) -> None:
    answer = _order(
        client,
        program(partner_row, "buy"),
        campaign_id=make_campaign(currency="EUR").id,
        endpoint_id=make_endpoint(make_partner()).id,
        daily_cap="5",
        timezone="Mars/Base",
    )

    assert fields_refused(answer) == {
        "campaign_id",
        "endpoint_id",
        "daily_cap",
        "timezone",
    }
    assert count("subscription") == 0


def test_another_partner_and_nobody_find_nothing(
    client: FlaskClient, app: Flask, partner_row: Partner
) -> None:
    order = make_subscription(make_campaign(), partner_row)
    stranger = member(app, make_partner())

    answers = [
        client.open(f"{place}/{pk}", method=method, json={}, headers=stranger)
        for place, row in ((ORDERS, order.id), (TARGETS, order.endpoint_id))
        for pk in (row, 0, -1, 2**63, "9" * 40, "x", "1.0")
        for method in ("GET", "PATCH")
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_data() for answer in answers}) == 1
    for place in (ORDERS, TARGETS):
        assert client.get(place, headers=stranger).json["items"] == []
        assert client.get(place).status_code == 401
        assert client.post(place, json={}).status_code == 401


def test_right_decides_who_writes(
    client: FlaskClient, app: Flask, partner_row: Partner
) -> None:
    target = make_endpoint(partner_row, url=URL)
    order = make_subscription(make_campaign(), partner_row, endpoint_id=target.id)
    callers = {
        "owner": member(app, partner_row),
        "buyer": member(app, partner_row, "buyer"),
        "viewer": member(app, partner_row, "viewer"),
        "reads": program(partner_row, "read"),
        "buys": program(partner_row, "buy"),
        "manages": program(partner_row, "manage"),
        "vendor": member(app, make_vendor()),
    }

    def allowed(path: str) -> set[str]:
        return {
            name
            for name, headers in callers.items()
            if client.patch(path, json={}, headers=headers).status_code == 200
        }

    assert allowed(f"{ORDERS}/{order.id}") == {"owner", "buyer", "buys"}
    assert allowed(f"{TARGETS}/{target.id}") == {"owner", "manages"}


def test_owner_makes_an_endpoint_whose_secret_is_shown_once(
    client: FlaskClient, partner_row: Partner
) -> None:
    headers = program(partner_row, "manage", "read")
    auth = {"type": "bearer", "token": "open-sesame"}

    made = client.post(
        TARGETS, json={"name": "CRM", "url": URL, "auth": auth}, headers=headers
    )
    path = f"{TARGETS}/{made.json['id']}"
    changed = client.patch(path, json={"name": "CRM 2"}, headers=headers)
    listed = client.get(TARGETS, headers=headers)
    unreachable = client.patch(path, json={"url": "http://10.0.0.1/"}, headers=headers)

    assert made.status_code == 201
    assert made.json["signing_secret"].startswith("whsec_")
    assert made.json["auth"] == {"type": "bearer"}
    assert changed.json["name"] == "CRM 2"
    assert [item["id"] for item in listed.json["items"]] == [made.json["id"]]
    assert fields_refused(unreachable) == {"url"}
    for answer in (made, changed, listed):
        assert "sesame" not in answer.get_data(as_text=True)
    for answer in (changed, listed):
        assert "whsec_" not in answer.get_data(as_text=True)


def test_a_change_that_cannot_be_stored_names_its_field(
    client: FlaskClient, partner_row: Partner
) -> None:
    path = f"{TARGETS}/{make_endpoint(partner_row, url=URL).id}"
    headers = program(partner_row, "manage")

    answer = client.patch(path, json={"name": "x" * 300}, headers=headers)

    assert fields_refused(answer) == {"name"}


def test_endpoint_is_tried_by_who_manages_it(
    client: FlaskClient, app: Flask, partner_row: Partner, partner: PartnerServer
) -> None:
    path = f"{TARGETS}/{make_endpoint(partner_row, url=partner.url).id}/test"
    manager = program(partner_row, "manage")

    tried = client.post(path, headers=manager)
    refused = [
        client.post(path, headers=headers).status_code
        for headers in (program(partner_row, "buy"), program(make_partner(), "manage"))
    ]
    later = [client.post(path, headers=manager).status_code for _ in range(6)]

    assert tried.json["verdict"] == "accepted"
    assert tried.json["status"] == 200
    assert len(partner.received) == 6
    assert refused == [403, 404]
    assert later == [200] * 5 + [429]


def test_campaigns_to_choose_from_are_on_sale_in_ones_currency(
    client: FlaskClient, partner_row: Partner
) -> None:
    offered = make_campaign(industry="solar", max_sales=3)
    make_campaign(status="draft")
    make_campaign(status="paused")
    make_campaign(currency="EUR")
    headers = program(partner_row)

    told = client.get("/api/campaigns", headers=headers).json
    none = client.get("/api/campaigns?industry=roofs", headers=headers).json

    [item] = told["items"]
    assert item["slug"] == offered.slug
    assert (item["price_cents"], item["max_sales"]) == (2500, 3)
    assert item["fields"][0]["name"] == "first_name"
    assert not {"method", "checks", "requires_approval", "version"} & set(item)
    assert none["total"] == 0


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "campaign_id",
        "endpoint_id",
        "mode",
        "status",
        "price_cents",
        "filters",
        "url",
        "daily_cap",
        "weekday_caps",
        "weekday_budgets_cents",
        "schedule",
        "timezone",
        "name",
        "format",
        "auth",
        "mapping",
        "reply_rules",
        "timeout_s",
        "id",
        "partner_id",
    ]
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=JSON | st.dictionaries(NAMES, JSON, max_size=5))
def test_no_body_is_answered_5xx(
    client: FlaskClient, database: Flask, body: Any
) -> None:
    partner = make_partner(0)
    order = make_subscription(make_campaign(), partner)
    headers = program(partner, "read", "buy", "manage")
    paths = (f"{ORDERS}/{order.id}", f"{TARGETS}/{order.endpoint_id}")

    for path in (ORDERS, TARGETS):
        answer = client.post(path, json=body, headers=headers)
        assert answer.status_code in {201, 400, 415, 422}, (path, body)
    for path in paths:
        answer = client.patch(path, json=body, headers=headers)
        assert answer.status_code in {200, 400, 415, 422}, (path, body)
