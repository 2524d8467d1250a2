"""The builder of rules as forms without script, and what its script asks."""

import html
import json
import re
from typing import Any

import pytest
from flask import Flask

from app.db import db
from app.domain.states import CampaignStatus, MemberRole
from app.jobs import validation
from app.models.campaign import Campaign
from app.models.subscription import Subscription
from app.views import matching
from tests.factories import (
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.web.portal import person_of, staff
from tests.web.test_editors import ORDER, inputs

FIELDS = [
    {"name": "email", "label": "Email", "type": "email", "required": True},
    {"name": "roof", "label": "Roof", "type": "select", "options": ["Tile", "Flat"]},
    {"name": "bill", "label": "Monthly bill", "type": "number"},
]
NESTED = {
    "filters-as": "rules",
    "filters-rules-match": "all",
    "filters-rules-0-in": "",
    "filters-rules-0-field": "state",
    "filters-rules-0-op": "in",
    "filters-rules-0-value": "CA, NV",
    "filters-rules-4-in": "",
    "filters-rules-4-match": "not-any",
    "filters-rules-2-in": "4",
    "filters-rules-2-field": "fields.bill",
    "filters-rules-2-op": "lt",
    "filters-rules-2-value": "100",
    "filters-rules-3-in": "4",
    "filters-rules-3-field": "",
    "filters-rules-3-op": "eq",
    "filters-rules-3-value": "",
}


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def one_rule(field: str, op: str, value: str) -> dict[str, str]:
    key = "filters-rules-7"
    sent = {f"{key}-field": field, f"{key}-op": op, f"{key}-value": value}
    return {"filters-as": "rules", "filters-rules-match": "all", **sent}


def catalogue_of(page: str) -> Any:
    [found] = set(re.findall(r'data-catalogue="([^"]+)"', page))
    return json.loads(html.unescape(found))


@pytest.fixture
def campaign(committed: Flask) -> Campaign:
    made = make_campaign(fields=FIELDS)
    source = make_source(made)
    for number in range(12):
        answers = {"roof": ["Tile", "Flat"][number % 2], "bill": number * 10}
        take(source, fields=answers)
    validation.drain()
    db.session.commit()
    return made


def test_groups_are_sent_as_rows_that_name_them(database: Flask) -> None:
    order = make_subscription(make_campaign(fields=FIELDS))

    answer = staff(database).post(
        f"/subscriptions/edit/{order.id}",
        data={**ORDER, **NESTED, "endpoint_id": order.endpoint_id},
    )

    assert answer.status_code == 302, answer.text
    assert db.session.get(Subscription, order.id).filters == {
        "all": [
            leaf("state", "in", ["CA", "NV"]),
            {"not": {"any": [leaf("fields.bill", "lt", 100)]}},
        ]
    }


def test_error_of_a_nested_rule_stands_at_it(database: Flask) -> None:
    order = make_subscription(make_campaign(fields=FIELDS))
    sent = {**ORDER, **NESTED, "filters-rules-2-value": "much"}

    page = (
        staff(database)
        .post(
            f"/subscriptions/edit/{order.id}",
            data={**sent, "endpoint_id": order.endpoint_id},
        )
        .text
    )

    assert 'id="filters-rules-2-value-error">Give a number, or a date' in page
    assert ">much</textarea>" in page
    assert "Monthly bill: Give a number, or a date like 2026-11-21." in page


def test_rule_written_otherwise_stays_as_it_was_stored(database: Flask) -> None:
    rule = {"not": leaf("roof", "eq", "tile")}
    order = make_subscription(make_campaign(fields=FIELDS), filters=rule)
    browser, path = staff(database), f"/subscriptions/edit/{order.id}"
    page = browser.get(path).text

    answer = browser.post(path, data=inputs(page))

    assert 'value="rules" checked' in page
    assert answer.status_code == 302, answer.text
    assert db.session.get(Subscription, order.id).filters == rule


def test_form_offers_the_fields_of_the_campaign_by_label(database: Flask) -> None:
    campaign = make_campaign(fields=FIELDS)
    partner = make_partner()
    order = make_subscription(campaign, partner)

    ours = catalogue_of(staff(database).get(f"/subscriptions/edit/{order.id}").text)
    theirs = catalogue_of(
        person_of(database, partner).get(f"/portal/subscriptions/edit/{order.id}").text
    )

    labels = {field["label"]: field for field in ours["fields"]}
    assert list(labels)[:3] == ["Email", "Roof", "Monthly bill"]
    assert labels["Roof"]["options"] == ["Tile", "Flat"]
    assert ["gt", "is after", True] in ours["ops"]["moment"]
    assert {field["name"] for field in ours["fields"]} - {
        field["name"] for field in theirs["fields"]
    } == {"vendor_id"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"filters-as": "every"}, "12 leads came in the last 7 days."),
        (
            one_rule("fields.roof", "eq", "Tile"),
            "Matches 6 of 12 leads of the last 7 days.",
        ),
        (one_rule("fields.roof", "eq", ""), "12 leads came in the last 7 days."),
        (one_rule("", "eq", "x"), "12 leads came in the last 7 days."),
        ({"filters-as": "json", "filters": "{"}, "This is not JSON: line 1, column 2."),
        (
            {
                "filters-as": "json",
                "filters": '{"all": [{"field": "rof", "op": "eq"}]}',
            },
            "all[0].value: Say what to compare with.",
        ),
    ],
)
def test_staff_read_how_many_leads_match(
    committed: Flask, campaign: Campaign, sent: dict[str, str], said: str
) -> None:
    sent = {**sent, "campaign_id": str(campaign.id)}

    answer = staff(committed).post("/subscriptions/matches", data=sent)

    assert answer.json == {"said": said, "errors": []}


def test_wrong_rule_is_said_at_its_place_while_it_is_typed(
    committed: Flask, campaign: Campaign
) -> None:
    answer = staff(committed).post(
        f"/subscriptions/matches?campaign_id={campaign.id}",
        data=one_rule("fields.roof", "eq", "Slate"),
    )

    assert answer.json == {
        "said": "What is marked cannot be counted.",
        "errors": [
            {
                "rule": 7,
                "name": "value",
                "said": "Slate is none of its options: Tile, Flat.",
            }
        ],
    }


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"filters-as": "every"}, "About 10 leads came in the last 7 days."),
        (
            one_rule("fields.roof", "eq", "Tile"),
            "Matches about 5 of about 10 leads of the last 7 days.",
        ),
        (
            one_rule("fields.bill", "lt", "30"),
            "Matches fewer than 5 of about 10 leads of the last 7 days.",
        ),
        (
            one_rule("email", "contains", "ada1"),
            "Not counted: rules on Email could tell who somebody is.",
        ),
    ],
)
def test_partners_read_no_more_than_rounded_figures(
    committed: Flask, campaign: Campaign, sent: dict[str, str], said: str
) -> None:
    buyer = person_of(committed, make_partner())
    sent = {**sent, "campaign_id": str(campaign.id)}

    answer = buyer.post("/portal/subscriptions/matches", data=sent)

    assert answer.json == {"said": said, "errors": []}


def test_partners_learn_nothing_of_campaigns_that_are_not_for_them(
    database: Flask,
) -> None:
    draft = make_campaign(fields=FIELDS, status=CampaignStatus.draft)
    buyer = person_of(database, make_partner())
    sent = {**one_rule("fields.roof", "eq", "Slate"), "campaign_id": str(draft.id)}

    counted = buyer.post("/portal/subscriptions/matches", data=sent).json
    fields = buyer.get(f"/portal/subscriptions/rule-fields?campaign_id={draft.id}")
    form = buyer.post("/portal/subscriptions/add", data=sent | ORDER).text

    assert counted == {"said": "There is no such campaign.", "errors": []}
    assert fields.json == []
    assert "Roof" not in form


def test_who_may_not_order_may_not_count(database: Flask) -> None:
    partner = make_partner()
    order = make_subscription(make_campaign(), partner)
    viewer = person_of(database, partner, MemberRole.viewer)

    answer = viewer.post(
        f"/portal/subscriptions/matches?campaign_id={order.campaign_id}"
    )

    assert answer.status_code in (302, 403)


def test_counting_has_a_rate(
    committed: Flask, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "RATES", ("2/hour",))
    browser = staff(committed)
    sent = {"filters-as": "every", "campaign_id": str(campaign.id)}

    statuses = [
        browser.post("/subscriptions/matches", data=sent).status_code for _ in range(3)
    ]

    assert statuses == [200, 200, 429]


def test_without_a_campaign_nothing_is_counted(database: Flask) -> None:
    answer = staff(database).post(
        "/subscriptions/matches", data={"filters-as": "every"}
    )

    assert answer.json["said"].startswith("Choose a campaign")
