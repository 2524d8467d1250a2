"""What an account's owners alone open: its keys and its people."""

import re

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User

from app.db import db
from app.domain.states import MemberRole
from app.models.api_key import ApiKey
from app.models.partner import Partner
from app.models.vendor import Vendor
from tests.factories import make_partner, make_vendor
from tests.web.portal import person_of, staff, stranger

LISTS = ["/portal/keys/list/", "/portal/team/list/"]
KEY = {"name": "CRM import", "scopes": "read"}


@pytest.fixture(params=[make_partner, make_vendor], ids=["partner", "vendor"])
def account(request: pytest.FixtureRequest, database: Flask) -> Partner | Vendor:
    made: Partner | Vendor = request.param()
    return made


def test_an_owner_makes_a_key_that_is_shown_once_and_revokes_it(
    database: Flask, account: Partner | Vendor
) -> None:
    number = account.id
    owner = person_of(database, account)

    shown = owner.post("/portal/keys/add", data=KEY, follow_redirects=True).text
    [secret] = re.findall(r"<code>((?:par|ven)_[^<]+)</code>", shown)
    key = db.session.query(ApiKey).one()
    again = owner.get(f"/portal/keys/made/{key.id}", follow_redirects=True).text
    owner.post(f"/portal/keys/revoke/{key.id}")

    db.session.expire_all()
    assert number in (key.partner_id, key.vendor_id)
    assert secret not in again
    assert key.revoked_at is not None


def test_a_key_is_made_for_nothing_that_is_not_its_sides(
    database: Flask, account: Partner | Vendor
) -> None:
    owner = person_of(database, account)

    for scopes in ([], ["own"], ["upload", "buy"]):
        answer = owner.post("/portal/keys/add", data={"name": "x", "scopes": scopes})

        assert answer.status_code == 200
        assert 'id="scopes-error"' in answer.text
    assert db.session.query(ApiKey).count() == 0


def test_others_keys_and_people_are_not_there(
    database: Flask, account: Partner | Vendor
) -> None:
    owner = person_of(database, account)
    owner.post("/portal/keys/add", data=KEY)
    number = db.session.query(ApiKey).one().id
    others = [person_of(database, make_partner()), person_of(database, make_vendor())]

    for other in others:
        assert "CRM import" not in other.get("/portal/keys/list/").text
        assert other.get(f"/portal/keys/show/{number}").status_code == 404
        assert other.post(f"/portal/keys/revoke/{number}").status_code == 404
        people = other.get("/portal/team/list/").text
        assert f"owner-{type(account).__name__.lower()}-{account.id}@" not in people
    assert db.session.get_one(ApiKey, number).revoked_at is None


@pytest.mark.parametrize("path", LISTS)
def test_only_an_owner_opens_them(database: Flask, path: str) -> None:
    partner, vendor = make_partner(), make_vendor()
    readers = [
        person_of(database, partner, MemberRole.buyer),
        person_of(database, partner, MemberRole.viewer),
        person_of(database, vendor, MemberRole.uploader),
        staff(database),
    ]

    assert {reader.get(path).status_code for reader in readers} == {403}
    assert {path in reader.get("/").text for reader in readers} == {False}
    assert stranger(database).get(path).status_code == 302


def test_the_team_says_who_may_do_what(database: Flask) -> None:
    partner = make_partner()
    owner = person_of(database, partner)
    person_of(database, partner, MemberRole.viewer)

    page = owner.get("/portal/team/list/").text

    assert f"viewer-partner-{partner.id}@example.com" in page
    assert "scrypt" not in page


def test_an_owner_invites_somebody_and_says_what_they_may_do(
    database: Flask, account: Partner | Vendor
) -> None:
    owner = person_of(database, account)
    email = "ada@example.com"

    bad = owner.post("/portal/team/add", data={"email": "ada", "member_role": "owner"})
    sent = {"email": email, "member_role": "viewer"}
    owner.post("/portal/team/add", data=sent)
    key = db.session.query(User).filter_by(email=email).one().id
    owner.post(f"/portal/team/edit/{key}", data={"member_role": "owner"})
    page = owner.get("/portal/team/list/").text
    mine = db.session.query(User).filter(User.id != key).one().id
    oneself = owner.post(f"/portal/team/edit/{mine}", data={"member_role": "viewer"})

    assert 'id="email-error"' in bad.text
    assert re.search(rf"{email}.*?Owner.*?>No<.*?Never", page, re.DOTALL)
    assert "Another owner changes your own place." in oneself.text


def test_invitations_are_limited(
    database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.login_rates.INVITATIONS", "1/day")
    owner = person_of(database, make_partner())

    pages = [
        owner.post(
            "/portal/team/add",
            data={"email": f"a{n}@example.com", "member_role": "viewer"},
            follow_redirects=True,
        ).text
        for n in range(2)
    ]

    assert "Invited." in pages[0]
    assert "Too many invitations" in pages[1]
