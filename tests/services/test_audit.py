"""Every change by a person leaves one row that says who, what, when and from where."""

from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from app.db import db, transaction
from app.domain.errors import InvalidInput
from app.domain.people import Actor, Role
from app.models.audit import Audit
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.provider import Provider
from app.services.audit import record
from app.services.campaigns import save_campaign
from app.services.endpoints import save_endpoint
from app.services.partners import save_partner
from app.services.providers import save_provider
from app.services.review import approve_lead, reject_lead, reprocess_lead
from app.services.user_changes import change_user
from app.services.users import create_user
from app.services.wallet import credit_partner
from tests.factories import (
    STAFF,
    lead_of,
    make_campaign,
    make_partner,
    make_source,
    take,
)

pytestmark = pytest.mark.usefixtures("database")
KEY = Actor(role=Role.client, user_id=7, partner_id=3, key_id=9)
PASSWORD = "four quiet words here"


def rows() -> Sequence[Audit]:
    return db.session.scalars(select(Audit).order_by(Audit.id)).all()


def last() -> Audit:
    return rows()[-1]


def note(subject: str = "partner:12", **after: Any) -> None:
    with transaction() as session:
        record(session, STAFF, "partner.paused", subject, {"status": "active"}, after)


def new_partner(**values: Any) -> Partner:
    partner = Partner(name="Sunny Roofs", **values)
    save_partner(partner, STAFF)
    return partner


def test_a_row_says_who_did_what_to_what() -> None:
    with transaction() as session:
        record(session, KEY, "cart.item.added", "lead:5", {"a": 1}, {"a": 2})

    row = last()
    assert (row.user_id, row.key_id, row.role) == (7, 9, "client")
    assert (row.action, row.subject) == ("cart.item.added", "lead:5")
    assert (row.before, row.after) == ({"a": 1}, {"a": 2})
    assert row.at.tzinfo is not None


def test_a_request_leaves_its_address_and_id(database: Flask) -> None:
    headers = {"X-Request-Id": "request-12345"}
    client = {"REMOTE_ADDR": "203.0.113.9"}

    with database.test_request_context("/", headers=headers, environ_base=client):
        database.preprocess_request()
        note()
    from_a_request = last()
    note()

    assert from_a_request.address == "203.0.113.9"
    assert from_a_request.request_id == "request-12345"
    assert (last().address, last().request_id) == (None, None)


@pytest.mark.parametrize(
    ("action", "subject"),
    [("Paused", "partner:1"), ("partner.paused", "ada@example.org"), ("a.b", "a b:1")],
)
def test_action_and_subject_are_names_not_texts(action: str, subject: str) -> None:
    with pytest.raises(ValueError, match="no action"), transaction() as session:
        record(session, STAFF, action, subject)


def test_what_is_rolled_back_leaves_no_row() -> None:
    note()
    before = len(rows())

    with pytest.raises(ZeroDivisionError), transaction() as session:
        record(session, STAFF, "partner.paused", "partner:1")
        raise ZeroDivisionError
    note()

    assert [row.id for row in rows()[before:]] == [rows()[before - 1].id + 1]


def test_a_new_object_is_recorded_with_what_it_was_given() -> None:
    partner = new_partner(credit_limit_cents=500)

    row = last()
    assert (row.action, row.subject) == ("partner.created", f"partner:{partner.id}")
    assert row.before is None
    assert row.after["name"] == "Sunny Roofs"
    assert row.after["credit_limit_cents"] == 500


def test_a_change_is_recorded_by_its_columns_alone() -> None:
    partner = new_partner()

    partner.credit_limit_cents = 900
    save_partner(partner, STAFF)

    row = last()
    assert row.action == "partner.changed"
    assert row.before == {"credit_limit_cents": 0}
    assert row.after == {"credit_limit_cents": 900}


def test_saving_without_a_change_leaves_no_row() -> None:
    partner = new_partner()
    before = len(rows())

    save_partner(partner, STAFF)

    assert len(rows()) == before


def test_a_refused_change_leaves_no_row() -> None:
    partner = new_partner()
    before = len(rows())

    with pytest.raises(InvalidInput):
        partner.currency = "EUR"
        save_partner(partner, STAFF)

    assert len(rows()) == before


@pytest.mark.parametrize(
    ("status", "action"),
    [("paused", "campaign.paused"), ("archived", "campaign.archived")],
)
def test_another_status_names_the_action(status: str, action: str) -> None:
    campaign = Campaign(name="Solar", slug="solar-x", status="active", price_cents=100)
    campaign.currency = "USD"
    save_campaign(campaign, STAFF)

    campaign.status = status  # type: ignore[assignment]
    save_campaign(campaign, STAFF)

    assert last().action == action
    assert (last().before, last().after) == ({"status": "active"}, {"status": status})


def test_credentials_are_told_to_have_changed_and_no_more() -> None:
    endpoint = Endpoint(
        partner_id=new_partner().id,
        name="CRM",
        url="http://127.0.0.1:8999/in?key=c4nary",
    )
    endpoint.auth = {"type": "bearer", "token": "c4nary"}  # type: ignore[attr-defined]
    shown = save_endpoint(endpoint, STAFF)
    provider = Provider(provider="offline")
    provider.credentials = {"api_key": "c4nary"}  # type: ignore[attr-defined]
    save_provider(provider, STAFF)
    provider.credentials = {"api_key": "c4nary2"}  # type: ignore[attr-defined]
    save_provider(provider, STAFF)

    written = "".join(f"{row.before}{row.after}" for row in rows())
    assert "c4nary" not in written
    assert shown["signing_secret"] not in written
    assert last().before == {"credentials": "set"}
    assert last().after == {"credentials": "changed"}


def test_users_are_told_by_number_and_passwords_not_at_all() -> None:
    user = create_user("ada@example.org", PASSWORD, "operator", STAFF)
    created = last()
    change_user(user.id, {"password": PASSWORD + " too", "active": False}, STAFF)

    assert (created.action, created.subject) == ("user.created", f"user:{user.id}")
    assert created.after == {"role": "operator", "active": True}
    assert last().before == {"password": "set", "active": True}
    assert last().after == {"password": "changed", "active": False}


def test_money_by_hand_is_recorded_by_its_entry() -> None:
    partner = make_partner(wallet_cents=0)

    entry = credit_partner(partner.id, 700, "for ada@example.org", STAFF)

    assert last().action == "partner.credited"
    assert last().after == {"entry_id": entry["id"], "amount_cents": 700}


def test_decisions_about_a_lead_are_recorded_by_its_id() -> None:
    taken = take(make_source(make_campaign()))
    lead = lead_of(taken.public_id).id
    with transaction() as session:
        session.execute(text("UPDATE lead SET status = 'review'"))
    approve_lead(lead, STAFF)
    reprocess_lead(lead, STAFF)
    reject_lead(lead, "Ada Byron of 1 Main St", STAFF)

    seen = [(row.action, row.after) for row in rows() if row.subject == f"lead:{lead}"]
    assert seen == [
        ("lead.approved", {"status": "available"}),
        ("lead.reprocessed", {"status": "available"}),
        ("lead.rejected", {"status": "rejected"}),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET role = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM audit_anchor",
        "UPDATE audit_head SET id = 0",
        "INSERT INTO audit_head VALUES (false, 0, '')",
    ],
)
def test_the_application_may_add_rows_and_change_none(statement: str) -> None:
    note()

    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction() as session,
    ):
        session.execute(text(statement))
