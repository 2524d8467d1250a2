"""A vendor's own screens: what it sent, what was sold, what it earned."""

import re
from types import SimpleNamespace

import pytest
from flask import Flask

from app.db import db
from app.domain.errors import InvalidInput
from app.domain.states import MemberRole
from app.models.lead import Lead, Refusal
from app.models.sale import Transaction
from app.services.channels import channel_of_source
from app.services.refunds import refund_transaction
from app.services.refusals import keep_refusal
from app.views.portal import MENU
from tests.factories import (
    STAFF,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer
from tests.web.portal import menu_of, person_of, run_all, staff, stranger

LISTS = [f"{s.route_base}/list/" for side, _, s, _ in MENU if side != "Buying"]
THEIRS = [
    path for path in LISTS if path not in ("/portal/keys/list/", "/portal/team/list/")
]


@pytest.fixture
def supply(database: Flask, partner: PartnerServer) -> SimpleNamespace:
    """A vendor with one sold lead and one refused post, and another vendor."""
    campaign = make_campaign(price_cents=2500)
    vendor, other = make_vendor(commission_bp=2000), make_vendor()
    buyer = make_partner(10_000, name="North Solar")
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    source = make_source(campaign, vendor, name="Our posts")
    make_source(campaign, other, name="Their posts")
    take(source, email="ada@gmail.com", sub_id="ad-7")
    refusal = InvalidInput.one("email", "invalid", "No address.")
    keep_refusal(channel_of_source(source.id), {"first_name": "Eva"}, refusal)
    run_all()
    return SimpleNamespace(vendor=vendor, other=other, source=source, buyer=buyer)


@pytest.mark.parametrize("path", ["/", *LISTS])
def test_every_page_has_one_heading_and_says_what_it_is(
    database: Flask, path: str
) -> None:
    answer = person_of(database, make_vendor()).get(path)

    assert answer.status_code == 200
    [heading] = re.findall(r"<h1>(.+?)</h1>", answer.text)
    assert f"<title>{heading} · Lead Nexus</title>" in answer.text


def test_the_menu_holds_what_is_theirs_and_nothing_else(database: Flask) -> None:
    page = person_of(database, make_vendor()).get("/").text

    assert menu_of(page) == sorted(LISTS)


def test_nobody_else_opens_a_vendors_screens(database: Flask) -> None:
    partner, admin = person_of(database, make_partner()), staff(database)

    for path in THEIRS:
        assert partner.get(path).status_code == 403
        assert admin.get(path).status_code == 403
        assert stranger(database).get(path).status_code == 302


def test_a_vendor_reads_its_leads_without_contact_or_buyer(
    database: Flask, supply: SimpleNamespace
) -> None:
    lead = db.session.query(Lead).one()
    number = lead.id
    browser = person_of(database, supply.vendor, MemberRole.viewer)

    pages = [browser.get(path).text for path in LISTS]
    pages.append(browser.get(f"/portal/sent/show/{number}").text)

    assert "ad-7" in pages[-1]
    for page in pages:
        assert "ada@gmail.com" not in page
        assert "North Solar" not in page
        assert "Their posts" not in page


def test_anothers_rows_are_as_those_that_are_not_there(
    database: Flask, supply: SimpleNamespace
) -> None:
    lead, refusal = (db.session.query(model).one() for model in (Lead, Refusal))
    paths = [
        f"/portal/sent/show/{lead.id}",
        f"/portal/refused/show/{refusal.id}",
        f"/portal/sources/show/{supply.source.id}",
    ]
    owner, other = (person_of(database, v) for v in (supply.vendor, supply.other))

    assert {owner.get(path).status_code for path in paths} == {200}
    assert {other.get(path).status_code for path in paths} == {404}
    assert other.get("/portal/sent/show/999999999").status_code == 404
    for path in LISTS:
        assert "Our posts" not in other.get(path).text


def test_a_refused_post_is_read_masked_with_its_reason(
    database: Flask, supply: SimpleNamespace
) -> None:
    page = person_of(database, supply.vendor).get("/portal/refused/list/").text
    number = db.session.query(Refusal).one().id
    shown = person_of(database, supply.other).get(f"/portal/refused/show/{number}")

    assert "email: invalid" in page
    assert "Eva" not in page
    assert shown.status_code == 404


def test_a_sale_shows_the_vendors_share_less_what_was_refunded(
    database: Flask, supply: SimpleNamespace
) -> None:
    browser = person_of(database, supply.vendor)
    before = browser.get("/portal/sales/list/").text
    sale = db.session.query(Transaction).one()
    refund_transaction(sale.id, 1000, "wrong number", STAFF)

    after = browser.get("/portal/sales/list/").text
    home = browser.get("/").text

    assert "$20.00" in before
    assert "$12.00" in after
    assert "<strong>$12.00</strong><span>Earned</span>" in home
    assert "<strong>$12.00</strong><span>To be paid out</span>" in home
    assert "<strong>1</strong><span>Sold</span>" in home
    assert "<strong>1</strong><span>Posts refused</span>" in home


def test_a_source_leads_to_its_posting_instructions(
    database: Flask, supply: SimpleNamespace
) -> None:
    browser = person_of(database, supply.vendor)

    page = browser.get(f"/portal/sources/show/{supply.source.id}").text
    [url] = re.findall(r'href="(/docs/post/[^"]+)"', page)

    assert browser.get(url).status_code == 200
