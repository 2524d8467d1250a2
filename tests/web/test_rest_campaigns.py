"""Campaigns, pages and sources by REST: what they take, what they answer."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.rest import (
    CAMPAIGN,
    VENDOR,
    Headers,
    fields_refused,
    make,
)


def test_campaign_is_created_with_the_contracts_defaults(
    client: FlaskClient, admin_headers: Headers
) -> None:
    answer = client.post("/api/v1/campaigns/", json=CAMPAIGN, headers=admin_headers)

    shown = answer.json["result"]
    assert answer.status_code == 201
    assert answer.json["id"] == shown["id"]
    assert shown["status"] == "draft"
    assert shown["method"] == "priority"
    assert (shown["max_sales"], shown["dedupe_days"], shown["sell_days"]) == (1, 30, 30)
    assert shown["delivery_minutes"] == 30
    assert shown["requires_approval"] is False
    assert shown["fields"] is None
    assert shown["version"] == 1


def test_put_changes_what_is_given_and_raises_the_version(
    client: FlaskClient, admin_headers: Headers
) -> None:
    made = make(client, admin_headers, "campaigns", **CAMPAIGN)
    path = f"/api/v1/campaigns/{made['id']}"

    answer = client.put(path, json={"max_sales": 3}, headers=admin_headers)

    shown = answer.json["result"]
    assert answer.status_code == 200
    assert shown["max_sales"] == 3
    assert shown["version"] == 2
    assert {**shown, "max_sales": 1, "version": 1, "updated_at": ""} == {
        **made,
        "updated_at": "",
    }


def test_taken_slug_is_409_with_the_field(
    client: FlaskClient, admin_headers: Headers
) -> None:
    make(client, admin_headers, "campaigns", **CAMPAIGN)

    answer = client.post("/api/v1/campaigns/", json=CAMPAIGN, headers=admin_headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "taken"
    assert answer.json["errors"][0]["field"] == "slug"


def test_all_errors_come_in_one_answer(
    client: FlaskClient, admin_headers: Headers
) -> None:
    body = {
        "name": 5,
        "slug": "Bad Slug",
        "currency": "XXQ",
        "price_cents": "25",
        "max_sales": 0,
        "status": "open",
        "wrong": 1,
    }

    answer = client.post("/api/v1/campaigns/", json=body, headers=admin_headers)

    assert fields_refused(answer) == set(body)


WRONG = [
    ("name", None),
    ("name", ""),
    ("name", "x" * 121),
    ("name", ["a"]),
    ("slug", "a b"),
    ("slug", ""),
    ("price_cents", 2.7),
    ("price_cents", "25"),
    ("price_cents", True),
    ("price_cents", -1),
    ("price_cents", 2**63),
    ("price_cents", 10**30),
    ("price_cents", None),
    ("min_margin_cents", -1),
    ("min_margin_cents", 2**63),
    ("age_prices", []),
    ("age_prices", {"after_hours": 24, "percent": 50}),
    ("max_sales", 1.0),
    ("max_sales", 101),
    ("requires_approval", "true"),
    ("requires_approval", 1),
    ("requires_approval", None),
    ("method", "best"),
    ("method", 1),
    ("method", None),
    ("status", "Active"),
    ("currency", "usd"),
    ("currency", "US"),
    ("delivery_minutes", 0),
    ("fields", {}),
    ("fields", []),
    ("fields", "text"),
    ("checks", {"check": "email"}),
    ("id", 7),
    ("version", 7),
    ("created_at", "2026-01-01T00:00:00Z"),
]


def test_wrong_values_of_a_campaign(
    client: FlaskClient, admin_headers: Headers
) -> None:
    made = make(client, admin_headers, "campaigns", **CAMPAIGN)
    path = f"/api/v1/campaigns/{made['id']}"

    for field, value in WRONG:
        body = {**CAMPAIGN, field: value}
        posted = client.post("/api/v1/campaigns/", json=body, headers=admin_headers)
        put = client.put(path, json={field: value}, headers=admin_headers)

        assert fields_refused(posted) == {field}, value
        assert fields_refused(put) == {field}, value


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ([{"name": "Roof"}], "fields[0].name"),
        ([{"name": "roof"}, {"name": "roof"}], "fields[1].name"),
        ([{"name": "roof", "type": "colour"}], "fields[0].type"),
        ([{"name": "roof", "type": "select"}], "fields[0].options"),
        ([{"name": "roof", "required": "yes"}], "fields[0].required"),
        ([{"name": "roof", "extra": 1}], "fields[0]"),
        ([{"name": "test"}], "fields[0].name"),
        ([{"name": "roof", "label": 5}], "fields[0].label"),
        ([7], "fields[0]"),
    ],
)
def test_wrong_field_of_a_campaign(
    client: FlaskClient, admin_headers: Headers, fields: Any, place: str
) -> None:
    body = {**CAMPAIGN, "fields": fields}

    answer = client.post("/api/v1/campaigns/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {place}


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ([(24, 101)], "age_prices[0].percent"),
        ([(24, 50), (48, 60)], "age_prices[1].percent"),
        ([(24, 50), (12, 40)], "age_prices[1].after_hours"),
        ([(24, 50.5)], "age_prices[0].percent"),
    ],
)
def test_wrong_price_by_age_of_a_campaign(
    client: FlaskClient, admin_headers: Headers, steps: Any, place: str
) -> None:
    prices = [{"after_hours": hours, "percent": share} for hours, share in steps]
    body = {**CAMPAIGN, "age_prices": prices}

    answer = client.post("/api/v1/campaigns/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {place}


@pytest.mark.parametrize(
    ("check", "place"),
    [
        ({"check": "email", "providers": ["nobody"]}, "checks[0].providers"),
        ({"check": "colour"}, "checks[0].check"),
        ({"check": "email", "on": {"risky": "sell"}}, "checks[0].on.risky"),
        ({"check": "email", "on": {"fine": "accept"}}, "checks[0].on"),
        ({"check": "email", "required": 1}, "checks[0].required"),
        ({"check": ["email"]}, "checks[0].check"),
        ({"check": "email", "providers": [["offline"]]}, "checks[0].providers"),
        ({"check": "email", "on": {"risky": ["sell"]}}, "checks[0].on.risky"),
    ],
)
def test_wrong_check_of_a_campaign(
    client: FlaskClient, admin_headers: Headers, check: Any, place: str
) -> None:
    body = {**CAMPAIGN, "checks": [check]}

    answer = client.post("/api/v1/campaigns/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {place}


def test_source_shows_its_key_once_and_takes_foreign_keys_as_integers(
    client: FlaskClient, admin_headers: Headers
) -> None:
    campaign = make(client, admin_headers, "campaigns", **CAMPAIGN)
    vendor = make(client, admin_headers, "vendors", **VENDOR)

    source = make(
        client,
        admin_headers,
        "sources",
        name="Posts",
        campaign_id=campaign["id"],
        vendor_id=vendor["id"],
    )
    path = f"/api/v1/sources/{source['id']}"
    again = client.get(path, headers=admin_headers).json["result"]

    assert source["api_key"].startswith("src_")
    assert source["vendor_id"] == vendor["id"]
    assert source["per_minute"] == 6000
    assert "api_key" not in again
    assert source["api_key"].startswith(again["key_prefix"])


@pytest.mark.parametrize("bad", [10**9, 0, -1, 2**63, "1", 1.0, True, [1]])
def test_bad_foreign_key_is_422_with_the_field(
    client: FlaskClient, admin_headers: Headers, bad: Any
) -> None:
    body = {"name": "Posts", "campaign_id": bad}

    answer = client.post("/api/v1/sources/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {"campaign_id"}


def test_page_gets_a_source_of_its_own(
    client: FlaskClient, admin_headers: Headers
) -> None:
    campaign = make(client, admin_headers, "campaigns", **CAMPAIGN)
    body = {"campaign_id": campaign["id"], "name": "Quote", "slug": "quote"}

    page = make(client, admin_headers, "landing_pages", **body)
    twice = client.post("/api/v1/landing_pages/", json=body, headers=admin_headers)

    path = f"/api/v1/sources/{page['source_id']}"
    source = client.get(path, headers=admin_headers).json["result"]
    assert source["kind"] == "page"
    assert source["campaign_id"] == campaign["id"]
    assert twice.status_code == 409
    assert twice.json["errors"][0]["field"] == "slug"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("text", "content"),
        ({"headline": 5}, "content.headline"),
        ({"headline": "x" * 5001}, "content.headline"),
        ({"<b>": "x"}, "content"),
    ],
)
def test_wrong_content_of_a_page(
    client: FlaskClient, admin_headers: Headers, content: Any, place: str
) -> None:
    campaign = make(client, admin_headers, "campaigns", **CAMPAIGN)
    body = {"campaign_id": campaign["id"], "name": "Q", "slug": "q", "content": content}

    answer = client.post("/api/v1/landing_pages/", json=body, headers=admin_headers)

    assert fields_refused(answer) == {place}


def test_archived_stays_archived_and_nothing_is_deleted(
    client: FlaskClient, admin_headers: Headers
) -> None:
    made = make(client, admin_headers, "campaigns", **CAMPAIGN)
    path = f"/api/v1/campaigns/{made['id']}"

    deleted = client.delete(path, headers=admin_headers)
    client.put(path, json={"status": "archived"}, headers=admin_headers)
    revived = client.put(path, json={"status": "active"}, headers=admin_headers)

    assert deleted.status_code == 409
    assert deleted.json["code"] == "archive_instead"
    assert fields_refused(revived) == {"status"}
