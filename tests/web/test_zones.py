"""Times are told, typed and counted on the clock of the reader's account."""

import re
from datetime import UTC, datetime

from flask import Flask

from app.db import db
from app.models.api_key import ApiKey
from app.models.vendor import Vendor
from app.services.wallet import credit_partner
from tests.factories import STAFF, make_partner, make_vendor
from tests.web.portal import person_of, staff

WALLET = "/portal/wallet/list/"
KEY = {"name": "CRM", "scopes": ["read"], "expires_at": "2027-07-01T12:00"}
SHARE = {"name": "Bright", "status": "active", "currency": "USD", "commission_bp": "20"}


def times_of(page: str) -> list[str]:
    return re.findall(r"<time[^>]*>([^<]+)</time>", page)


def test_a_partner_reads_times_of_its_own_zone(database: Flask) -> None:
    buyer = make_partner(0, timezone="Asia/Tokyo")
    credit_partner(buyer.id, 100, "Transfer", STAFF)

    page = person_of(database, buyer).get(WALLET).text

    assert 'data-zone="Asia/Tokyo"' in page
    assert ">Asia/Tokyo</span> time" in page
    assert times_of(page)
    assert all(told.endswith(" JST") for told in times_of(page))


def test_others_read_times_of_their_browser(database: Flask) -> None:
    credit_partner(make_partner(0, timezone="Asia/Tokyo").id, 100, "x", STAFF)

    page = staff(database).get("/audit/list/").text

    assert "data-zone" not in page.partition("<body>")[0]
    assert "days of UTC" in page
    assert all(told.endswith(" UTC") for told in times_of(page))


def test_a_partner_types_times_of_its_own_zone(database: Flask) -> None:
    owner = person_of(database, make_partner(timezone="America/Los_Angeles"))

    form = owner.get("/portal/keys/add").text
    owner.post("/portal/keys/add", data=KEY)

    assert 'name="expires_at-zone" value="America/Los_Angeles"' in form
    [key] = db.session.query(ApiKey)
    assert key.expires_at == datetime(2027, 7, 1, 19, tzinfo=UTC)


def test_staff_type_times_of_the_zone_that_their_browser_names(database: Flask) -> None:
    vendor, person = make_vendor(), staff(database)
    typed = {**SHARE, "intro_commission_bp": "10", "intro_until": "2027-07-01T12:00"}
    path = f"/vendors/edit/{vendor.id}"

    saved = person.post(path, data={**typed, "intro_until-zone": "Europe/Berlin"})
    form = person.get(path).text
    unknown = person.post(path, data={**typed, "intro_until-zone": "Mars/Olympus"})

    assert saved.status_code == 302, saved.text
    stored = db.session.get(Vendor, vendor.id)
    assert stored.intro_until == datetime(2027, 7, 1, 10, tzinfo=UTC)
    assert 'value="2027-07-01T10:00"' in form
    assert 'name="intro_until-zone" value="UTC"' in form
    assert unknown.status_code == 422
