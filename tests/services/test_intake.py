"""Intake: what is stored, what is refused, what is answered a second time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import db, transaction
from app.domain.errors import Conflict, Gone, InvalidInput, KeyReused
from app.domain.states import CampaignStatus, LeadStatus
from app.models.lead import Refusal
from app.services.channels import channel_of_source
from app.services.intake import take_lead
from tests import factories
from tests.factories import count, enquiry, lead_of, make_campaign, make_source, take

pytestmark = pytest.mark.usefixtures("database")


def test_lead_is_stored_with_contact_event_and_next_stage() -> None:
    source = make_source(make_campaign())

    taken = take(source, sub_id="ad-7", fields={"roof": "tile"}, utm="x")

    lead = lead_of(taken.public_id)
    assert lead.status is LeadStatus.received
    assert lead.due_at == taken.due_at
    assert lead.contact.fields == {"roof": "tile"}
    assert lead.contact.extra == {"utm": "x"}
    assert lead.contact.phone.startswith("+1415555")
    assert count("work", f"lead_id = {lead.id} AND stage = 'validation'") == 1
    assert count("lead_event", f"lead_id = {lead.id} AND kind = 'received'") == 1


def test_promise_counts_from_receipt_by_the_database_clock() -> None:
    source = make_source(make_campaign(delivery_minutes=7))

    taken = take(source)

    lead = lead_of(taken.public_id)
    assert lead.due_at - lead.received_at == timedelta(minutes=7)


def test_same_body_within_a_minute_is_answered_as_before() -> None:
    source = make_source(make_campaign())
    body = enquiry()
    channel = channel_of_source(source.id)

    first = take_lead(channel, body)
    second = take_lead(channel, body)

    assert (second.public_id, second.is_new) == (first.public_id, False)
    assert second.due_at == first.due_at
    assert count("lead") == 1


def test_same_key_answers_as_before_and_refuses_another_body() -> None:
    channel = channel_of_source(make_source(make_campaign()).id)
    body = enquiry()

    first = take_lead(channel, body, "key-1")
    second = take_lead(channel, body, "key-1")

    assert second.public_id == first.public_id
    with pytest.raises(KeyReused):
        take_lead(channel, {**body, "city": "Oakland", "zip": "94601"}, "key-1")


@pytest.mark.parametrize(
    "twin",
    [
        {"email": "ADA@Example.org", "phone": "+14155559999"},
        {"email": "other@example.org", "phone": "(415) 555-0100"},
    ],
)
def test_same_email_or_phone_is_a_duplicate(twin: dict[str, Any]) -> None:
    source = make_source(make_campaign())
    take(source, email="ada@example.org", phone="+14155550100")

    with pytest.raises(Conflict) as refused:
        take(source, **twin)

    assert refused.value.code == "duplicate"
    assert count("lead") == 1
    assert count("refusal", "code = 'duplicate'") == 1


def test_blank_is_never_a_duplicate_and_zero_days_is_off() -> None:
    source = make_source(make_campaign())
    take(source, phone=None)
    take(source, phone="")
    off = make_source(make_campaign(dedupe_days=0))

    take(off, email="ada@example.org", first_name="A")
    take(off, email="ada@example.org", first_name="B")

    assert count("lead") == 4


def test_duplicate_only_within_the_days_of_the_campaign() -> None:
    source = make_source(make_campaign(dedupe_days=30))
    body = enquiry()
    old = lead_of(take(source, **body).public_id)
    with transaction():
        old.received_at = datetime.now(UTC) - timedelta(days=31)
    db.session.execute(
        db.text("UPDATE idempotency_key SET expires_at = now() - interval '1 s'")
    )

    again = take(source, **body)

    assert again.is_new


def test_refusal_names_all_fields_and_keeps_no_contact_in_clear() -> None:
    source = make_source(make_campaign())
    body = enquiry(email="nobody@", phone="12", zip="10001", consent={"text": ""})

    with pytest.raises(InvalidInput) as refused:
        take_lead(channel_of_source(source.id), body)

    named = {error.field for error in refused.value.errors}
    assert {"email", "phone", "consent.text", "consent.given_at"} <= named
    kept = db.session.query(Refusal).one()
    assert "nobody@" not in str(kept.masked)
    assert kept.masked["first_name"] == "A***"


def test_paused_campaign_takes_nothing_at_once() -> None:
    campaign = make_campaign()
    source = make_source(campaign)
    take(source)
    channel = channel_of_source(source.id)

    with transaction():
        campaign.status = CampaignStatus.paused
        campaign.version += 1

    with pytest.raises(Gone):
        take_lead(channel, enquiry())
    assert count("lead") == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": None, "phone": None}, "email"),
        ({"email": 7}, "email"),
        ({"test": "yes"}, "test"),
        ({"fields": [1]}, "fields"),
        ({"sub_id": "x" * 201}, "sub_id"),
        ({"consent": None}, "consent"),
        (
            {"consent": {"text": "x", "given_at": "2999-01-01T00:00:00Z"}},
            "consent.given_at",
        ),
        ({"consent": {**factories.CONSENT, "ip": "999.1.1.1"}}, "consent.ip"),
    ],
)
def test_bad_field_is_named(change: dict[str, Any], field: str) -> None:
    source = make_source(make_campaign())

    with pytest.raises(InvalidInput) as refused:
        take(source, **change)

    assert field in {error.field for error in refused.value.errors}
    assert count("lead") == 0


@pytest.mark.parametrize("note", ["a\x00b", "\ud800"])
def test_form_that_cannot_be_stored_is_refused(note: str) -> None:
    channel = channel_of_source(make_source(make_campaign()).id)

    with pytest.raises(InvalidInput) as refused:
        take_lead(channel, {**enquiry(), "note": note}, as_text=True)

    assert [error.field for error in refused.value.errors] == ["body"]
    assert count("lead") == 0


def test_campaigns_own_fields_are_checked() -> None:
    fields = [
        {"name": "email", "label": "Email", "type": "email", "required": True},
        {
            "name": "roof",
            "label": "Roof",
            "type": "select",
            "required": True,
            "options": ["Tile", "Flat"],
        },
    ]
    source = make_source(make_campaign(fields=fields))

    with pytest.raises(InvalidInput) as refused:
        take(source, fields={"roof": "straw"})
    taken = take(source, roof="tile", consent=None)

    assert [error.field for error in refused.value.errors] == ["fields.roof"]
    assert lead_of(taken.public_id).contact.fields == {"roof": "Tile"}


@pytest.mark.parametrize("blank", [" ", "\t", "\u200b", "\u3000", "\u00a0"])
def test_blank_contact_is_no_contact(blank: str) -> None:
    source = make_source(make_campaign())

    with pytest.raises(InvalidInput) as refused:
        take(source, email=blank, phone=blank)

    assert [error.field for error in refused.value.errors] == ["email"]
