"""The screens: what staff see, and what a form does with what it was given."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.domain.states import LeadStatus
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.partner import Partner
from app.models.source import Source
from app.views import MENU
from tests.factories import (
    lead_of,
    make_campaign,
    make_partner,
    make_source,
    make_vendor,
    take,
)
from tests.web.screens import logged_in

CAMPAIGN = {
    "name": "Solar",
    "slug": "solar",
    "status": "active",
    "price_cents": "1,250.50",
    "currency": "USD",
    "max_sales": "1",
    "method": "priority",
    "percentage_window": "day",
    "delivery_minutes": "30",
    "dedupe_days": "30",
    "sell_days": "30",
}
LISTS = [f"{screen.route_base}/list/" for _, screen, _ in MENU]


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


@pytest.mark.parametrize("path", ["/", *LISTS])
def test_every_page_has_one_heading_and_says_what_it_is(
    admin: FlaskClient, path: str
) -> None:
    answer = admin.get(path)

    assert answer.status_code == 200
    [heading] = re.findall(r"<h1>(.+?)</h1>", answer.text)
    assert f"<title>{heading} · Lead Nexus</title>" in answer.text


@pytest.mark.parametrize("path", LISTS)
def test_nobody_reads_a_screen_without_logging_in(
    client: FlaskClient, path: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


def test_an_operator_sees_no_users_and_no_providers(database: Flask) -> None:
    operator = logged_in(database, "Operator", "op@example.com")

    menu = operator.get("/").text

    assert "/campaigns/list/" in menu
    assert "/users/list/" not in menu
    assert operator.get("/users/list/").status_code == 403
    assert operator.get("/providers/list/").status_code == 403


@pytest.mark.parametrize("role", ["Partner", "Vendor"])
def test_partners_and_vendors_open_no_screen(database: Flask, role: str) -> None:
    partner = make_partner()
    campaign = make_campaign()
    vendor = make_vendor()
    sides = {"Partner": {"partner_id": partner.id}, "Vendor": {"vendor_id": vendor.id}}
    side = sides[role]
    browser = logged_in(database, role, "them@example.com", **side)

    statuses = {browser.get(path).status_code for path in LISTS}

    assert statuses == {403}
    assert campaign.name not in browser.get("/").text


def test_a_form_stores_money_in_cents_and_states_by_name(admin: FlaskClient) -> None:
    answer = admin.post("/campaigns/add", data=CAMPAIGN)

    assert answer.status_code == 302, answer.text
    campaign = db.session.query(Campaign).one()
    assert campaign.price_cents == 125_050
    assert campaign.status.name == "active"
    assert "$1,250.50" in admin.get("/campaigns/list/").text


def test_what_the_service_refuses_stands_at_its_field_with_the_typed_text(
    admin: FlaskClient,
) -> None:
    make_campaign(slug="solar")

    answer = admin.post("/campaigns/add", data={**CAMPAIGN, "name": "Typed by me"})

    assert answer.status_code == 200
    assert 'id="slug-error"' in answer.text
    assert 'aria-describedby="slug-help slug-error"' in answer.text
    assert 'value="Typed by me"' in answer.text
    assert 'href="#slug"' in answer.text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("fields", '[{"name": ', "This is not JSON: line 1"),
        ("fields", "[" * 5000, "nested too deeply"),
        ("fields", "NaN", "is no JSON number"),
        ("price_cents", "abc", "Enter an amount"),
        ("price_cents", "1.999", "at most 2 decimals, like 1,250.00"),
        ("price_cents", "1e99", "Enter"),
        ("max_sales", "1.5", "Enter a whole number"),
        ("status", "nonsense", "Not a valid choice"),
        ("slug", "Not A Slug", "lower-case"),
        ("currency", "XXXX", ""),
    ],
)
def test_a_bad_value_is_said_at_its_field_and_nothing_is_stored(
    admin: FlaskClient, field: str, typed: str, said: str
) -> None:
    answer = admin.post("/campaigns/add", data={**CAMPAIGN, field: typed})

    assert answer.status_code == 200
    assert f'id="{field}-error"' in answer.text
    assert said in answer.text
    assert db.session.query(Campaign).count() == 0


def test_editing_shows_and_changes_what_is_stored(admin: FlaskClient) -> None:
    campaign = make_campaign(slug="solar", fields=None)
    number = campaign.id

    shown = admin.get(f"/campaigns/edit/{number}").text
    answer = admin.post(f"/campaigns/edit/{number}", data={**CAMPAIGN, "name": "New"})

    assert 'value="25.00"' in shown
    assert answer.status_code == 302, answer.text
    assert db.session.get(Campaign, number).name == "New"


def test_a_new_sources_key_is_shown_once(admin: FlaskClient) -> None:
    campaign = make_campaign()
    data = {"name": "Ours", "campaign_id": campaign.id, "per_minute": "60"}

    shown = admin.post("/sources/add", data=data, follow_redirects=True).text
    source = db.session.query(Source).one()
    again = admin.get(f"/sources/made/{source.id}", follow_redirects=True).text

    [key] = re.findall(r"<code>(src_[^<]+)</code>", shown)
    assert key not in again
    assert key not in admin.get(f"/sources/show/{source.id}").text


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=99999999999999999999",
        "order=password",
        "status=nonsense",
        "status=%00",
        "campaign_id=x",
        "campaign_id=9999999999999999999999",
        "found=%00",
        "found=nobody",
        "found=" + "0" * 64,
        "psize_LeadScreen=5000",
    ],
)
def test_a_lists_address_may_say_anything(admin: FlaskClient, query: str) -> None:
    assert admin.get(f"/leads/list/?{query}").status_code == 200


@pytest.mark.parametrize("pk", ["0", "abc", "99999999999999999999999", "-1", "%00"])
def test_what_is_not_there_is_a_page_that_says_so(admin: FlaskClient, pk: str) -> None:
    answer = admin.get(f"/leads/show/{pk}")

    assert answer.status_code == 404
    assert "<h1>" in answer.text


@pytest.mark.parametrize("text", [" ADA@gmail.com ", "+1 415 555 2671"])
def test_a_lead_is_found_by_its_email_or_phone(admin: FlaskClient, text: str) -> None:
    source = make_source(make_campaign())
    taken = take(source, email="ada@gmail.com", phone="+14155552671")
    take(source, email="eva@gmail.com", phone="+14155552672")

    answer = admin.post("/leads/find", data={"find": text})

    assert answer.headers["Location"] == f"/leads/show/{lead_of(taken.public_id).id}"


def test_a_lead_is_found_by_its_reference_or_number(admin: FlaskClient) -> None:
    lead = lead_of(take(make_source(make_campaign())).public_id)

    for text in (str(lead.public_id), str(lead.id)):
        answer = admin.post("/leads/find", data={"find": text})

        assert answer.headers["Location"] == f"/leads/show/{lead.id}"


def test_several_leads_are_listed_without_contact_data_in_the_address(
    admin: FlaskClient,
) -> None:
    for _ in range(2):
        take(make_source(make_campaign()), email="ada@gmail.com")
    take(make_source(make_campaign()), email="eva@gmail.com")

    answer = admin.post("/leads/find", data={"find": "ada@gmail.com"})
    address = answer.headers["Location"]

    assert re.fullmatch(r"/leads/list/\?found=[0-9a-f]{64}", address)
    assert admin.get(address).text.count('class="main"') == 2


@pytest.mark.parametrize("text", ["", "nobody@example.org", "\x00", "9" * 200, "²"])
def test_what_finds_no_lead_says_so(admin: FlaskClient, text: str) -> None:
    answer = admin.post("/leads/find", data={"find": text}, follow_redirects=True)

    assert "No lead has that reference" in answer.text


def test_the_trace_shows_the_contact_and_every_step(admin: FlaskClient) -> None:
    take(make_source(make_campaign()), email="ada@gmail.com")
    lead = db.session.query(Lead).one()

    page = admin.get(f"/leads/show/{lead.id}").text

    assert "ada@gmail.com" in page
    assert "Received" in page


def test_leads_in_review_are_decided_together(admin: FlaskClient) -> None:
    source = make_source(make_campaign())
    for email in ("ada@gmail.com", "eva@gmail.com"):
        take(source, email=email)
    leads = db.session.query(Lead).all()
    for lead in leads:
        lead.status = LeadStatus.review
    db.session.commit()
    numbers = [lead.id for lead in leads]

    admin.post("/review/bulk", data={"action": "approve", "rowid": numbers})

    states = {status for (status,) in db.session.query(Lead.status)}
    assert states == {LeadStatus.available}


@pytest.mark.parametrize("verb", ["approve", "reject", "reprocess"])
def test_nothing_changes_by_opening_an_address(admin: FlaskClient, verb: str) -> None:
    assert admin.get(f"/leads/{verb}/1").status_code == 405


def test_forms_need_their_token(database: Flask) -> None:
    browser = logged_in(database)
    database.config["WTF_CSRF_ENABLED"] = True

    answer = browser.post("/campaigns/add", data=CAMPAIGN)

    assert answer.status_code == 400
    assert db.session.query(Campaign).count() == 0


def test_credit_by_hand_needs_a_reason_and_raises_the_balance(
    admin: FlaskClient,
) -> None:
    partner = make_partner(wallet_cents=0)
    path = f"/partners/credit/{partner.id}"

    refused = admin.post(path, data={"amount_cents": "12.50"})
    done = admin.post(path, data={"amount_cents": "12.50", "reason": "Transfer"})

    assert 'id="reason-error"' in refused.text
    assert done.status_code == 302
    assert "$12.50" in admin.get(f"/partners/show/{partner.id}").text


def test_typed_markup_is_shown_as_text(admin: FlaskClient) -> None:
    make_partner(name="<script>alert(1)</script>")

    html = admin.get("/partners/list/").text

    assert "<script>alert" not in html
    assert db.session.query(Partner).count() == 1
