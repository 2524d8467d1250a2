"""Every POST of the managing API takes effect once for each Idempotency-Key."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.domain.states import LeadStatus
from app.models.campaign import Campaign
from app.models.lead import Lead
from tests.conftest import login_headers
from tests.factories import lead_of, make_campaign, make_source, take
from tests.web.rest import CAMPAIGN, Headers

PATH = "/api/v1/campaigns/"


def keyed(headers: Headers, key: str = "k") -> Headers:
    return {**headers, "Idempotency-Key": key}


def kept_answers() -> str:
    query = text("SELECT string_agg(answer::text, ' ') FROM idempotency_key")
    return str(db.session.scalar(query))


def test_a_row_is_made_once_for_each_key_of_its_caller(
    client: FlaskClient, database: Flask, admin_headers: Headers
) -> None:
    def post(headers: Headers, **changes: Any) -> Any:
        return client.post(PATH, json={**CAMPAIGN, **changes}, headers=headers)

    first, again = post(keyed(admin_headers)), post(keyed(admin_headers))
    other_body = post(keyed(admin_headers), slug="other")
    other_key = post(keyed(admin_headers, "k-2"))
    operator = login_headers(database, "op@example.com", "Operator")
    other_person = post(keyed(operator))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json == first.json
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other_body.status_code, other_body.json["code"]) == (
        422,
        "idempotency_key_reused",
    )
    assert [other_key.status_code, other_person.status_code] == [409, 409]
    assert db.session.query(Campaign).count() == 1


def test_what_was_refused_may_be_sent_again(
    client: FlaskClient, admin_headers: Headers
) -> None:
    wrong = {**CAMPAIGN, "price_cents": -1}

    refused = client.post(PATH, json=wrong, headers=keyed(admin_headers))
    made = client.post(PATH, json=CAMPAIGN, headers=keyed(admin_headers))

    assert (refused.status_code, made.status_code) == (422, 201)


def test_a_secret_is_shown_to_the_first_call_alone(
    client: FlaskClient, admin_headers: Headers
) -> None:
    once, body = keyed(admin_headers), {"name": "Posts"}
    body["campaign_id"] = make_campaign().id

    made = [client.post("/api/v1/sources/", json=body, headers=once) for _ in "12"]
    rotate = f"/api/v1/sources/{made[0].json['id']}/rotate"
    turned = [client.post(rotate, headers=once) for _ in "12"]

    assert made[1].json["result"] == {**made[0].json["result"], "api_key": None}
    assert turned[1].json == {**turned[0].json, "api_key": None}
    for answer in (made[0].json["result"], turned[0].json):
        assert answer["api_key"]
        assert answer["api_key"] not in kept_answers()


def test_a_step_is_taken_once(client: FlaskClient, admin_headers: Headers) -> None:
    lead = lead_of(take(make_source(make_campaign())).public_id)
    with transaction() as session:
        session.get_one(Lead, lead.id).status = LeadStatus.review
    path = f"/api/v1/leads/{lead.id}/approve"

    answers = [client.post(path, headers=keyed(admin_headers)) for _ in "12"]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert client.post(path, headers=admin_headers).status_code == 409


def test_a_key_that_is_none_is_refused(
    client: FlaskClient, admin_headers: Headers
) -> None:
    answer = client.post(PATH, json=CAMPAIGN, headers=keyed(admin_headers, "k" * 201))

    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "Idempotency-Key"
