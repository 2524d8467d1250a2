"""An endpoint that starts from a preset: filled in, edited, saved."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.gateways.delivery.presets import PRESETS
from app.models.partner import Endpoint
from tests.factories import make_endpoint, make_partner
from tests.web.rest import fields_refused, make
from tests.web.screens import logged_in
from tests.web.test_editors import inputs

URL = "http://127.0.0.1:8099/x"


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_fills_the_form_and_is_saved_with_it(
    admin: FlaskClient, name: str
) -> None:
    endpoint = make_endpoint(make_partner(), url=URL)
    page = admin.get(f"/endpoints/edit/{endpoint.id}?preset={name}").text
    key = {"auth-as": ["body"], "auth-body-key": ["s3cret"]}

    answer = admin.post(f"/endpoints/edit/{endpoint.id}", data=inputs(page) | key)

    stored = db.session.get(Endpoint, endpoint.id)
    assert 'name="mapping-as" value="rows" checked' in page
    assert 'name="reply_rules-as" value="rows" checked' in page
    assert answer.status_code == 302, answer.text
    assert stored.format.name == PRESETS[name].format
    assert stored.mapping == PRESETS[name].mapping
    assert stored.reply_rules == PRESETS[name].reply_rules
    assert "s3cret" not in admin.get(f"/endpoints/show/{endpoint.id}").text


def test_key_that_is_not_kept_is_refused_at_its_row(admin: FlaskClient) -> None:
    endpoint = make_endpoint(make_partner(), url=URL)
    path = f"/endpoints/edit/{endpoint.id}"

    answer = admin.post(path, data=inputs(admin.get(f"{path}?preset=boberdoo").text))

    assert answer.status_code == 200
    assert "Row 1, source: Choose a key in the body" in answer.text


def test_unknown_preset_changes_nothing(admin: FlaskClient) -> None:
    endpoint = make_endpoint(make_partner(), url=URL)

    page = admin.get(f"/endpoints/edit/{endpoint.id}?preset=nobody").text

    assert 'name="mapping-as" value="standard" checked' in page


def test_presets_are_told_to_programs(
    client: FlaskClient, admin_headers: dict[str, str]
) -> None:
    answer = client.get("/api/v1/endpoints/presets", headers=admin_headers)
    first: dict[str, Any] = answer.json["result"][0]
    partner = make(client, admin_headers, "partners", name="North", currency="USD")
    body = {"partner_id": partner["id"], "name": "CRM", "url": URL}
    body |= {name: first[name] for name in ("format", "mapping", "reply_rules")}

    refused = client.post("/api/v1/endpoints/", json=body, headers=admin_headers)
    key = {"auth": {"type": "body", "key": "s3cret"}}
    made = make(client, admin_headers, "endpoints", **body, **key)

    assert answer.status_code == 200
    assert fields_refused(refused) == {"mapping[1].source"}
    assert made["auth"] == {"type": "body"}
    assert made["mapping"] == first["mapping"]
