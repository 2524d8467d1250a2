"""The screen on which a mapping is seen at work: live, without script, and tried."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.models.audit import Audit
from app.models.partner import Endpoint
from app.models.sale import Delivery
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer, Says
from tests.web.portal import person_of, staff
from tests.web.rest import fields_refused
from tests.web.screens import logged_in
from tests.web.test_editors import inputs

ROWS = {
    "format": ["json"],
    "mapping-as": ["rows"],
    "mapping-rows-0-target": ["person.mail"],
    "mapping-rows-0-source": ["email"],
    "mapping-rows-4-target": ["who"],
    "mapping-rows-4-source": ["full_name"],
    "mapping-rows-4-transform": ["upper"],
    "reply_rules-as": ["standard"],
}


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


@pytest.fixture
def endpoint(database: Flask, partner: PartnerServer) -> Endpoint:
    return make_endpoint(make_partner(), url=partner.url)


def test_page_shows_lead_and_request_side_by_side(
    admin: FlaskClient, endpoint: Endpoint
) -> None:
    page = admin.get(f"/endpoints/map/{endpoint.id}").text

    assert "<dt>full_name</dt>" not in page
    assert "<dt>email</dt><dd>test@example.com</dd>" in page
    assert f"<b>POST</b> {endpoint.url}" in page
    assert "&#34;email&#34;: &#34;test@example.com&#34;" in page
    assert "webhook-signature" in page


def test_request_follows_what_is_typed(admin: FlaskClient, endpoint: Endpoint) -> None:
    answer = admin.post(f"/endpoints/preview/{endpoint.id}", data=ROWS)

    assert answer.json["errors"] == []
    assert "TEST LEAD" in answer.json["request"]
    assert "test@example.com" in answer.json["lead"]
    assert db.session.get(Endpoint, endpoint.id).mapping is None


def test_error_stands_at_its_input(admin: FlaskClient, endpoint: Endpoint) -> None:
    wrong = ROWS | {"mapping-rows-4-source": ["nobody"]}

    answer = admin.post(f"/endpoints/preview/{endpoint.id}", data=wrong)
    page = admin.post(
        f"/endpoints/map/{endpoint.id}", data=wrong | {"do": ["show"]}
    ).text

    [error] = answer.json["errors"]
    assert error["name"] == "mapping-rows-4-source"
    assert "Name a source" in error["said"]
    assert "request" not in answer.json
    assert "Row 2, source: Name a source" in page


def test_mapping_is_saved_from_the_page(admin: FlaskClient, endpoint: Endpoint) -> None:
    answer = admin.post(f"/endpoints/map/{endpoint.id}", data=ROWS | {"do": ["save"]})

    assert answer.status_code == 302, answer.text
    assert db.session.get(Endpoint, endpoint.id).mapping == [
        {"target": "person.mail", "source": "email", "transform": None},
        {"target": "who", "source": "full_name", "transform": "upper"},
    ]


def test_what_is_typed_is_tried_before_it_is_saved(
    admin: FlaskClient, endpoint: Endpoint, partner: PartnerServer
) -> None:
    path = f"/endpoints/map/{endpoint.id}"
    rules = {
        "reply_rules-as": ["rows"],
        "reply_rules-rows-0-what": ["status"],
        "reply_rules-rows-0-path": ["200"],
        "reply_rules-rows-0-verdict": ["duplicate"],
    }

    pages = [admin.post(path, data=ROWS | rules | {"do": ["test"]}) for _ in range(7)]

    assert "Decided by reply rule 1" in pages[0].text
    assert "often enough" in pages[-1].text
    assert len(partner.received) == 6
    first = partner.received[0]
    assert b'"who":"TEST LEAD"' in first.body
    assert first.headers["lead-nexus-test"] == "true"
    stored = db.session.get(Endpoint, endpoint.id)
    assert (stored.mapping, stored.failures) == (None, 0)
    assert db.session.query(Delivery).count() == 0
    tried = db.session.query(Audit).filter_by(action="endpoint.tried")
    assert tried.count() == 6


def test_secrets_are_masked(admin: FlaskClient, endpoint: Endpoint) -> None:
    form = inputs(admin.get(f"/endpoints/edit/{endpoint.id}").text)
    admin.post(
        f"/endpoints/edit/{endpoint.id}",
        data=form | {"auth-as": ["bearer"], "auth-bearer-token": ["s3cret"]},
    )

    page = admin.get(f"/endpoints/map/{endpoint.id}").text

    assert "Bearer (secret)" in page
    assert "s3cret" not in page


def test_a_real_lead_is_shown_to_who_may_see_it(
    endpoint: Endpoint, database: Flask
) -> None:
    campaign = make_campaign()
    make_subscription(campaign, endpoint.partner, endpoint_id=endpoint.id)
    taken = str(take(make_source(campaign), email="ada@example.org").public_id)
    admin = staff(database)
    other = person_of(database, endpoint.partner)

    page = admin.get(f"/endpoints/map/{endpoint.id}?lead={taken}").text
    theirs = other.get(f"/portal/endpoints/map/{endpoint.id}").text
    answer = other.post(
        f"/portal/endpoints/preview/{endpoint.id}", data=ROWS | {"lead": [taken]}
    )
    foreign = other.get(f"/portal/endpoints/map/{make_endpoint(make_partner()).id}")

    assert "ada@example.org" in page
    assert taken in page
    assert taken not in theirs
    assert answer.json["said"] == "There is no such lead."
    assert "ada@example.org" not in answer.text
    assert foreign.status_code == 404


def test_made_up_lead_answers_as_its_campaign_asks(
    admin: FlaskClient, endpoint: Endpoint
) -> None:
    fields: list[dict[str, Any]] = [
        {"name": "email", "type": "email"},
        {"name": "roof", "type": "select", "options": ["tile", "slate"]},
    ]
    campaign = make_campaign(fields=fields)
    make_subscription(campaign, endpoint.partner, endpoint_id=endpoint.id)

    page = admin.get(f"/endpoints/map/{endpoint.id}").text

    assert "<dt>fields.roof</dt><dd>tile</dd>" in page


def test_programs_look_and_try_before_they_save(
    client: FlaskClient,
    admin_headers: dict[str, str],
    endpoint: Endpoint,
    partner: PartnerServer,
) -> None:
    path = f"/api/v1/endpoints/{endpoint.id}"
    mapping = [{"target": "mail", "source": "email"}]
    draft = {"format": "form", "mapping": mapping}

    def post(call: str, **body: Any) -> Any:
        return client.post(f"{path}/{call}", json=body, headers=admin_headers)

    looked, stored = post("preview", **draft), post("preview")
    tried = post("test", **draft)
    refused = post("preview", mapping=[{"target": "mail", "source": "nobody"}])

    assert looked.json["body"] == "mail=test%40example.com"
    assert {"name": "Lead-Nexus-Test", "value": "true"} in looked.json["headers"]
    assert stored.json["lead"]["contact"]["email"] == "test@example.com"
    assert (tried.json["verdict"], tried.json["rule"]) == ("accepted", None)
    assert partner.received[0].body == b"mail=test%40example.com"
    assert fields_refused(refused) == {"mapping[0].source"}
    assert post("preview", lead="nobody").status_code == 404


def test_silence_is_no_answer_that_a_rule_judged(
    admin: FlaskClient, endpoint: Endpoint, partner: PartnerServer
) -> None:
    partner.says(Says(hang_up=True))

    page = admin.post(f"/endpoints/test/{endpoint.id}").text

    assert "There was no answer to judge." in page
