"""The OpenAPI document: every door stands in it, and answers as it says."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import api
from app.api.doors import DOORS
from app.openapi import path_of
from tests.factories import make_campaign, make_partner, make_subscription, make_vendor
from tests.partner import PartnerServer
from tests.web.callers import member, program
from tests.web.market import Market, sales_of
from tests.web.openapi import Declared
from tests.web.rest import Headers

URL = "/api/openapi.json"


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    answer = client.get(URL)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.json
    return found


def _doors(app: Flask) -> set[tuple[str, str]]:
    """Return the routes of the blueprints that are made of doors, as they are."""
    names = {doors.blueprint.name for doors in api.DOORS}
    return {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint.partition(".")[0] in names
    }


def test_every_door_stands_in_both_documents(
    client: FlaskClient,
    app: Flask,
    document: dict[str, Any],
    admin_headers: Headers,
) -> None:
    whole = client.get("/api/v1/_openapi", headers=admin_headers).json

    for told in (document, whole):
        listed = {
            (verb, path) for path in told["paths"] for verb in told["paths"][path]
        }
        assert _doors(app) <= listed
    assert len(_doors(app)) == len(DOORS)
    assert "/api/v1/leads/" in whole["paths"]
    assert {"api_key", "token"} <= set(whole["components"]["securitySchemes"])


def test_every_call_of_the_api_stands_in_the_document_and_no_other(
    client: FlaskClient, app: Flask, admin_headers: Headers
) -> None:
    whole = client.get("/api/v1/_openapi", headers=admin_headers).json
    told = {
        (verb, path): call
        for path, calls in whole["paths"].items()
        for verb, call in calls.items()
    }
    there = {
        (method.lower(), path_of(rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(("/api/", "/healthz", "/readyz", "/metrics"))
    }

    assert set(told) == there
    assert [one for one, call in told.items() if not call.get("summary")] == []
    assert [one for one, call in told.items() if not call.get("responses")] == []
    names = [call["operationId"] for call in told.values()]
    assert len(set(names)) == len(names)


def test_parameters_and_bodies_are_told(document: dict[str, Any]) -> None:
    listed = document["paths"]["/api/purchases"]["get"]
    ordered = document["paths"]["/api/subscriptions"]["post"]

    names = {parameter["name"] for parameter in listed["parameters"]}
    assert names == {
        *("page", "page_size", "after", "format"),
        *("status", "campaign", "from", "to"),
    }
    body = ordered["requestBody"]["content"]["application/json"]["schema"]
    told = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
    assert told["required"] == ["campaign_id"]
    assert told["properties"]["mode"]["enum"] == ["auto", "manual"]
    assert "priority" not in told["properties"]


def test_answers_have_the_form_that_the_document_says(
    client: FlaskClient,
    app: Flask,
    document: dict[str, Any],
    database: Flask,
    partner: PartnerServer,
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    program(buyer)
    callers = (member(app, buyer), member(app, market.vendor))
    url = f"/api/purchases/{sales_of(buyer)[0].public_id}/returns"
    client.post(url, json={"reason_code": "fraud"}, headers=callers[0])

    seen, declared = set(), Declared(document)
    for path, verbs in document["paths"].items():
        if "{" in path or not verbs.get("get", {}).get("security"):
            continue
        answers = [client.get(path, headers=headers) for headers in callers]
        [answer] = [one for one in answers if one.status_code == 200][:1]
        assert declared.why_unfit(verbs["get"], answer) is None, path
        assert answer.json.get("items", True), path
        seen.add(path)

    assert len(seen) == 12


def test_door_is_open_to_its_side_alone(
    client: FlaskClient, app: Flask, database: Flask
) -> None:
    partner, vendor = make_partner(), make_vendor()
    make_subscription(make_campaign(), partner)
    callers = {
        "client": member(app, partner),
        "vendor": member(app, vendor),
        "key": program(partner),
    }

    for door in DOORS:
        path = door.rule.replace("<", "").replace(">", "")
        for name, headers in callers.items():
            answer = client.open(path, method=door.method, json={}, headers=headers)
            roles = {role.name for role in door.roles}
            if name == "key":
                is_open = "client" in roles and door.right.name == "read"
            else:
                is_open = name in roles
            assert (answer.status_code != 403) == is_open, (door.rule, name)
        assert client.open(path, method=door.method).status_code == 401
