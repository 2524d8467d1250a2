"""A source's key: what takes over from it, how long both open, who may say so."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from app.domain.errors import InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor, Role
from app.domain.states import MemberRole
from app.models.source import Source
from app.models.vendor import Vendor
from app.services import channels
from app.services.channels import channel_of_key
from app.services.intake import take_lead
from app.services.sources import last_uses, rotate_key
from tests.factories import (
    STAFF,
    count,
    enquiry,
    make_campaign,
    make_source,
    make_vendor,
    take,
)
from tests.web.callers import member, program
from tests.web.rest import fields_refused


@pytest.fixture
def source(database: Flask) -> Source:
    return make_source(make_campaign(), make_vendor())


def owner_of(vendor_id: int | None, role: MemberRole = MemberRole.owner) -> Actor:
    return Actor(Role.vendor, 7, vendor_id=vendor_id, member=role)


def opens(key: str) -> bool:
    channels.forget()
    return channel_of_key(key) is not None


def test_new_key_opens_and_the_old_one_for_the_overlap(source: Source) -> None:
    first = rotate_key(STAFF, source.id, None)["api_key"]
    told = rotate_key(STAFF, source.id, 60)

    assert opens(first)
    assert opens(told["api_key"])
    left = told["old_key_until"] - datetime.now(UTC)
    assert 59 < left.total_seconds() / 60 < 61
    db.session.execute(text("UPDATE source SET old_key_until = now()"))
    assert not opens(first)
    assert opens(told["api_key"])


def test_third_key_ends_the_first(source: Source) -> None:
    keys = [rotate_key(STAFF, source.id, None)["api_key"] for _ in range(3)]

    assert [opens(key) for key in keys] == [False, True, True]


def test_without_overlap_the_old_key_ends_at_once(source: Source) -> None:
    first = rotate_key(STAFF, source.id, 0)["api_key"]

    told = rotate_key(STAFF, source.id, 0)

    assert told["old_key_until"] is None
    assert not opens(first)
    assert count("source", "old_key_hash IS NULL") == 1


def test_kept_channel_of_an_ended_key_lives_no_longer_than_a_second(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rotate_key(STAFF, source.id, 0)["api_key"]
    assert channel_of_key(first)
    rotate_key(STAFF, source.id, 0)

    now = channels.time.monotonic()
    monkeypatch.setattr(channels.time, "monotonic", lambda: now + 1.0)

    assert channel_of_key(first) is None


def test_bad_overlap_changes_nothing(source: Source) -> None:
    before = source.version

    for overlap in (-1, 10_081, 1.5, "60", True, [], 2**70):
        with pytest.raises(InvalidInput):
            rotate_key(STAFF, source.id, overlap)

    assert count("source", f"version = {before}") == 1


def test_only_staff_and_its_vendors_owner_rotate(source: Source) -> None:
    mine = source.vendor_id

    assert rotate_key(owner_of(mine), source.id, None)["api_key"]
    with pytest.raises(NotFound):
        rotate_key(owner_of(make_vendor().id), source.id, None)
    with pytest.raises(NotFound):
        rotate_key(owner_of(mine), source.id + 1, None)
    for role in (MemberRole.uploader, MemberRole.viewer):
        with pytest.raises(NotAllowed):
            rotate_key(owner_of(mine, role), source.id, None)


def test_last_use_is_that_of_the_last_post_taken_or_refused(source: Source) -> None:
    assert last_uses([source.id]) == {source.id: None}
    taken = take(source)
    with pytest.raises(InvalidInput):
        take_lead(channels.channel_of_source(source.id), enquiry(email="no"))

    last = db.session.execute(text("SELECT max(at) FROM refusal")).scalar_one()
    assert taken.is_new
    assert last_uses([source.id])[source.id] == last


def _rotate(
    client: FlaskClient, headers: dict[str, str], pk: object, **body: Any
) -> Any:
    return client.post(f"/api/sources/{pk}/rotate", json=body, headers=headers)


def test_vendor_and_staff_rotate_over_http(
    client: FlaskClient, app: Flask, source: Source, admin_headers: dict[str, str]
) -> None:
    vendor = db.session.get_one(Vendor, source.vendor_id)
    owner, other = member(app, vendor), member(app, make_vendor())
    path = f"/api/v1/sources/{source.id}"

    made = _rotate(client, owner, source.id, overlap_minutes=5)
    by_staff = client.post(f"{path}/rotate", headers=admin_headers)
    listed = client.get("/api/sources", headers=program(vendor)).json["items"]
    shown = client.get(path, headers=admin_headers).json["result"]

    assert (made.status_code, by_staff.status_code) == (201, 201)
    assert opens(made.json["api_key"])
    assert opens(by_staff.json["api_key"])
    assert fields_refused(_rotate(client, owner, source.id, overlap_minutes="5")) == {
        "overlap_minutes"
    }
    assert _rotate(client, other, source.id).status_code == 404
    assert _rotate(client, program(vendor), source.id).status_code == 403
    assert [item["id"] for item in listed] == [source.id]
    assert listed[0]["key_prefix"] == shown["key_prefix"]
    assert shown["last_used_at"] is None
    assert client.get("/api/sources", headers=other).json["items"] == []
