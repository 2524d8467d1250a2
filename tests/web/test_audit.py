"""The audit log on its screen and over REST: readable for administrators alone."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from app.db import db, transaction
from app.domain.people import Actor, Role
from app.models.audit import Audit
from app.services.audit import record
from tests.conftest import login_headers
from tests.factories import (
    STAFF,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_vendor,
)
from tests.web.screens import logged_in

FINDING = (
    "",
    "action=partner.paused",
    "subject=partner:12",
    "person=Admin@",
    "from=2020-01-01&until=2120-01-01",
)
NOT_FINDING = (
    "action=partner.archived",
    "subject=partner:1",
    "person=somebody",
    "person=%25",
    "from=2120-01-01",
    "until=2020-01-01",
    "from=yesterday",
    "until=9999-12-31",
)
CANARY = ("canary", "4155550199", "555-0199", "S3cretValue")


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


def page(browser: FlaskClient, url: str) -> str:
    answer = browser.get(url)
    assert answer.status_code == 200, answer.text
    return answer.text


def paused(number: int) -> None:
    with transaction() as session:
        states = {"status": "active"}, {"status": "paused"}
        record(session, STAFF, "partner.paused", f"partner:{number}", *states)


def test_a_row_tells_who_did_what_and_what_it_was_before(admin: FlaskClient) -> None:
    partner = make_partner(name="Sunny", credit_limit_cents=0)
    admin.post(
        f"/partners/edit/{partner.id}",
        data={
            "name": "Sunny",
            "status": "paused",
            "timezone": "UTC",
            "currency": "USD",
            "billing_mode": "prepaid",
            "credit_limit_cents": "12.00",
        },
    )

    text = page(admin, f"/audit/list/?subject=partner:{partner.id}")

    assert "Partner paused" in text
    assert "admin@example.com" in text
    assert "<del>$0.00</del>" in text
    assert "<ins>$12.00</ins>" in text
    assert "127.0.0.1" in text


def test_a_partners_page_leads_to_its_history(admin: FlaskClient) -> None:
    partner = make_partner()

    text = page(admin, f"/partners/show/{partner.id}")

    assert f"/audit/list/?subject=partner:{partner.id}" in text


def test_rows_are_found_by_person_action_thing_and_time(admin: FlaskClient) -> None:
    with transaction() as session:
        user = Actor(role=Role.admin, user_id=newest_user())
        record(session, user, "partner.paused", "partner:12", None, {"n": 77})
    found = {
        query
        for query in (*FINDING, *NOT_FINDING)
        if "<ins>77</ins>" in page(admin, f"/audit/list/?{query}")
    }

    assert found == set(FINDING)


def newest_user() -> int:
    return int(db.session.scalar(select(func.max(User.id))) or 0)


def test_one_row_has_a_page_of_its_own(admin: FlaskClient) -> None:
    paused(5)
    row = db.session.scalars(select(Audit).order_by(Audit.id.desc())).first()
    assert row is not None

    text = page(admin, f"/audit/show/{row.id}")

    assert row.hash.hex() in text
    assert "/partners/show/5" in text


def test_nobody_but_administrators_reads_it(database: Flask) -> None:
    paused(5)
    partner, vendor = make_partner(), make_vendor()
    others = [
        logged_in(database, "operator", "o@example.com"),
        logged_in(database, "client", "c@example.com", partner_id=partner.id),
        logged_in(database, "vendor", "v@example.com", vendor_id=vendor.id),
        database.test_client(),
    ]

    token = login_headers(database, "t@example.com", "operator")
    assert others[-1].get("/api/v1/audit/", headers=token).status_code == 403
    for browser in others:
        for path in ("/audit/list/", "/audit/show/1"):
            assert browser.get(path).status_code in {302, 403}
    assert "/audit/list/" not in others[0].get("/").text


def test_programs_of_administrators_read_it(
    client: FlaskClient, admin_headers: dict[str, str]
) -> None:
    paused(5)
    query = "(filters:!((col:subject,opr:eq,value:'partner:5')))"

    listed = client.get(f"/api/v1/audit/?q={query}", headers=admin_headers)

    [row] = listed.json["result"]
    assert (row["action"], row["after"]) == ("partner.paused", {"status": "paused"})
    one = client.get(f"/api/v1/audit/{row['id']}", headers=admin_headers)
    assert len(one.json["result"]["hash"]) == 64


def test_it_is_read_only(client: FlaskClient, admin_headers: dict[str, str]) -> None:
    for method in ("post", "put", "delete"):
        path = "/api/v1/audit/" if method == "post" else "/api/v1/audit/1"
        answer = getattr(client, method)(path, headers=admin_headers, json={})

        assert answer.status_code == 405


def test_no_contact_data_and_no_secret_comes_into_it(
    client: FlaskClient, admin_headers: dict[str, str], database: Flask
) -> None:
    """Plant contact data and secrets in every write; none of it may be kept."""
    campaign = make_campaign()
    partner, source = make_partner(), make_source(campaign)
    endpoint = make_endpoint(partner, url="http://127.0.0.1:8999/")
    contact = "canary@example.org, (415) 555-0199 or +14155550199"
    secret = "S3cretValue"
    hidden = {"type": "header", "name": "X-Key", "value": secret}
    mapping = [{"target": "key", "source": f"'{secret}'"}]
    sent = [
        client.post(f"/api/v1/{path}", headers=admin_headers, json=body)
        for path, body in (
            ("users/", {"email": "canary@example.org", "password": secret * 2,
                        "role": "operator"}),
            ("providers/", {"provider": "offline", "credentials": {"k": secret}}),
            ("endpoints/", {"partner_id": partner.id, "name": contact,
                            "url": f"http://127.0.0.1:8999/?k={secret}",
                            "auth": hidden, "mapping": mapping}),
            ("sources/", {"name": contact, "campaign_id": campaign.id}),
            (f"partners/{partner.id}/credits", {"amount_cents": 5, "reason": contact}),
        )
    ]  # fmt: skip
    changed = [
        client.put(f"/api/v1/{path}", headers=admin_headers, json=body)
        for path, body in (
            (f"campaigns/{campaign.id}", {"name": contact}),
            (f"partners/{partner.id}", {"name": contact}),
            (f"sources/{source.id}", {"name": contact}),
            (f"endpoints/{endpoint.id}", {"mapping": mapping, "auth": hidden}),
        )
    ]

    assert {answer.status_code for answer in sent} == {201}
    assert {answer.status_code for answer in changed} == {200}
    posted = sent[3].json["result"]["api_key"]
    rows = db.session.scalars(select(Audit)).all()
    kept = json.dumps([[r.subject, r.action, r.before, r.after] for r in rows])
    assert len(rows) > len(sent) + len(changed)
    for planted in (*CANARY, posted):
        assert planted not in kept
