"""Signing secrets: a new one is shown once, the old one signs along for its time."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from standardwebhooks import Webhook, WebhookVerificationError

from app.db import db
from app.domain.errors import InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor, MemberRole, Role
from app.jobs import delivery, ping, routing, validation
from app.models.audit import Audit
from app.models.partner import Endpoint
from app.services.housekeeping import forget_old
from app.services.signing import rotate_secret
from app.services.trial import try_endpoint
from tests.factories import (
    SECRET,
    STAFF,
    count,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer, Received, Says
from tests.web.callers import program
from tests.web.screens import logged_in


@pytest.fixture
def endpoint(database: Flask, partner: PartnerServer) -> Endpoint:
    return make_endpoint(make_partner(1_000_000), url=partner.url)


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


def verifies(secret: str, got: Received) -> bool:
    try:
        Webhook(secret).verify(got.body, got.headers)
    except WebhookVerificationError:
        return False
    return True


def test_both_secrets_verify_while_the_old_one_lasts(
    endpoint: Endpoint, partner: PartnerServer
) -> None:
    new = rotate_secret(STAFF, endpoint.id, None)["signing_secret"]
    try_endpoint(endpoint.id, STAFF)
    db.session.execute(text("UPDATE endpoint SET old_secret_until = now()"))
    try_endpoint(endpoint.id, STAFF)

    during, after = partner.received
    assert len(during.headers["webhook-signature"].split()) == 2
    assert [verifies(one, during) for one in (new, SECRET)] == [True, True]
    assert [verifies(one, after) for one in (new, SECRET)] == [True, False]


def test_leads_and_bids_carry_both_signatures(
    endpoint: Endpoint, partner: PartnerServer
) -> None:
    asked = {"url": f"{partner.url}/ping", "price": "$.price"}
    db.session.execute(
        text("UPDATE endpoint SET ping = CAST(:ping AS jsonb)"),
        {"ping": json.dumps(asked)},
    )
    campaign = make_campaign()
    make_subscription(campaign, endpoint.partner, endpoint_id=endpoint.id)
    new = rotate_secret(STAFF, endpoint.id, 60)["signing_secret"]
    take(make_source(campaign))

    bid = Says(200, b'{"price": 90000}')
    partner.decide = lambda got: bid if got.path.endswith("/ping") else Says()
    for _ in range(3):
        for drain in (validation.drain, routing.drain, ping.drain, delivery.drain):
            drain()

    assert len(partner.received) == 2
    for got in partner.received:
        assert [verifies(one, got) for one in (new, SECRET)] == [True, True]


def test_third_secret_ends_the_first(
    endpoint: Endpoint, partner: PartnerServer
) -> None:
    second, third = (
        rotate_secret(STAFF, endpoint.id, None)["signing_secret"] for _ in range(2)
    )
    try_endpoint(endpoint.id, STAFF)

    [got] = partner.received
    known = [verifies(one, got) for one in (SECRET, second, third)]
    assert known == [False, True, True]


def test_old_secret_is_forgotten_once_its_time_is_up(endpoint: Endpoint) -> None:
    rotate_secret(STAFF, endpoint.id, None)
    forget_old()
    kept = count("endpoint", "old_secret_sealed IS NOT NULL")
    db.session.execute(
        text("UPDATE endpoint SET old_secret_until = now() - interval '1 s'")
    )

    forget_old()

    gone = count("endpoint", "old_secret_sealed IS NULL AND old_secret_until IS NULL")
    assert (kept, gone) == (1, 1)


def test_without_overlap_the_old_secret_ends_at_once(
    endpoint: Endpoint, partner: PartnerServer
) -> None:
    told = rotate_secret(STAFF, endpoint.id, 0)
    try_endpoint(endpoint.id, STAFF)

    assert told["old_secret_until"] is None
    assert endpoint.old_secret_sealed is None
    assert not verifies(SECRET, partner.received[0])


@pytest.mark.parametrize("overlap", [-1, 10_081, 1.5, "60", True])
def test_bad_overlap_changes_nothing(endpoint: Endpoint, overlap: object) -> None:
    before = endpoint.signing_secret_sealed

    with pytest.raises(InvalidInput):
        rotate_secret(STAFF, endpoint.id, overlap)

    assert endpoint.signing_secret_sealed == before


def test_owner_may_and_others_may_not(endpoint: Endpoint) -> None:
    mine, theirs = endpoint.partner_id, make_partner(0).id
    owner = Actor(Role.client, 7, mine, member=MemberRole.owner)
    rotate_secret(owner, endpoint.id, None)

    with pytest.raises(NotAllowed):
        buyer = Actor(Role.client, 7, mine, member=MemberRole.buyer)
        rotate_secret(buyer, endpoint.id, None)
    with pytest.raises(NotFound):
        other = Actor(Role.client, 7, theirs, member=MemberRole.owner)
        rotate_secret(other, endpoint.id, None)


def test_rotation_is_audited_without_the_secret(endpoint: Endpoint) -> None:
    told = rotate_secret(STAFF, endpoint.id, None)
    db.session.commit()

    row = db.session.query(Audit).order_by(Audit.id.desc()).first()
    assert row.action == "endpoint.secret_rotated"
    assert row.subject == f"endpoint:{endpoint.id}"
    assert told["signing_secret"] not in f"{row.before}{row.after}"


def test_program_is_shown_the_secret_once(
    client: FlaskClient, endpoint: Endpoint
) -> None:
    headers = {**program(endpoint.partner, "manage"), "Idempotency-Key": "r-1"}
    path = f"/api/endpoints/{endpoint.id}/rotate-secret"

    made = client.post(path, json={"overlap_minutes": 60}, headers=headers)
    again = client.post(path, json={"overlap_minutes": 60}, headers=headers)

    assert made.status_code == 201, made.text
    assert made.json["signing_secret"].startswith("whsec_")
    assert made.json["old_secret_until"]
    assert again.json == {**made.json, "signing_secret": None}


def test_staffs_program_is_shown_the_secret_once(
    client: FlaskClient, admin_headers: dict[str, str], endpoint: Endpoint
) -> None:
    headers = {**admin_headers, "Idempotency-Key": "r-2"}
    path = f"/api/v1/endpoints/{endpoint.id}/rotate-secret"

    made = client.post(path, headers=headers)
    again = client.post(path, headers=headers)
    refused = client.post(path, json={"overlap_minutes": "x"}, headers=admin_headers)
    told = client.get(f"/api/v1/endpoints/{endpoint.id}", headers=admin_headers)

    assert (made.status_code, refused.status_code) == (201, 422), made.text
    assert made.json["signing_secret"].startswith("whsec_")
    assert not again.json["signing_secret"]
    assert told.json["result"]["old_secret_until"] == made.json["old_secret_until"]
    assert "whsec_" not in told.text


def test_screen_shows_the_secret_once_and_the_old_ones_end(
    admin: FlaskClient, endpoint: Endpoint
) -> None:
    path = f"/endpoints/rotate/{endpoint.id}"
    before = admin.get(path).text

    made = admin.post(path, data={"overlap_minutes": "60"}, follow_redirects=True)
    reloaded = admin.get(f"/endpoints/made/{endpoint.id}", follow_redirects=True)

    assert "For one day" in before
    assert "whsec_" in made.text
    assert "whsec_" not in reloaded.text
    assert "Old signing secret until" in reloaded.text
