"""Amounts and limits on staff's screens: in their own currency, in words."""

import re

from flask import Flask

from app.db import db
from app.models.partner import Partner
from app.services.vendors import save_vendor
from tests.factories import STAFF, make_campaign, make_partner, make_vendor
from tests.web.portal import staff

POLICY = {
    "window_hours": 48,
    "weekdays": ["mon"],
    "max_share_bp": 550,
    "limits_per": "partner",
    "vendor_max_share_bp": 2000,
    "operator_max_cents": 5000,
    "auto_approve": [{"reasons": ["duplicate"], "max_cents": 3500, "confirmed": True}],
}


def test_a_correction_stands_in_the_audit_log_in_its_vendors_currency(
    database: Flask,
) -> None:
    person, vendor = staff(database), make_vendor(currency="JPY")
    save_vendor(vendor, STAFF)

    asked = person.get(f"/vendors/adjust/{vendor.id}").text
    sent = person.post(
        f"/vendors/adjust/{vendor.id}",
        data={"amount_cents": "-1,250", "reason": "Twice"},
    )
    log = person.get("/audit/list/").text

    assert "12.50" not in asked
    assert sent.status_code == 302, sent.text
    assert re.search(r"<span>Amount</span> <ins>−¥1,250</ins>", log)  # noqa: RUF001


def test_a_policy_of_returns_is_told_in_words(database: Flask) -> None:
    person = staff(database)
    partner = make_partner(currency="KWD", return_policy=POLICY)
    campaign = make_campaign()

    told = re.sub(r"<[^>]+>", "", person.get(f"/partners/show/{partner.id}").text)
    other = person.get(f"/campaigns/show/{campaign.id}").text

    for said in (
        "Hours after delivery: 48",
        "Taken on: Mon",
        "Most of the revenue: 5.5 %",
        "Most an operator approves: 5.000 KWD",
        "Approved at once: Duplicate, up to 3.500 KWD, when confirmed",
    ):
        assert said in told, said
    assert "Nothing of its own" in other


def test_an_empty_list_offers_nothing_to_look_among(database: Flask) -> None:
    person = staff(database)

    empty, unmatched = (
        person.get(f"/partners/list/{query}").text for query in ("", "?name=Nobody")
    )
    make_partner()

    assert 'class="filters"' not in empty
    assert 'class="filters"' in unmatched
    assert 'class="filters"' in person.get("/partners/list/").text


def test_limits_of_a_policy_are_typed_as_people_write_them(database: Flask) -> None:
    person, partner = staff(database), make_partner(currency="JPY")
    path = f"/partners/edit/{partner.id}"
    own = {"max_share_bp": "5.5", "operator_max_cents": "3,500", "0-max_cents": "1200"}
    typed = {
        "name": "Tokyo",
        "status": "active",
        "timezone": "Asia/Tokyo",
        "currency": "JPY",
        "billing_mode": "prepaid",
        "credit_limit_cents": "0",
        "return_policy-as": "own",
        **{f"return_policy-own-{name}": value for name, value in own.items()},
    }

    saved = person.post(path, data=typed)
    form = person.get(path).text
    wrong = person.post(path, data={**typed, "return_policy-own-max_share_bp": "x"})

    assert saved.status_code == 302, saved.text
    db.session.expire_all()
    assert db.session.get_one(Partner, partner.id).return_policy == {
        "max_share_bp": 550,
        "operator_max_cents": 3500,
        "auto_approve": [{"max_cents": 1200, "confirmed": False}],
    }
    for shown in ('value="5.5"', 'value="3500"', 'value="1200"'):
        assert shown in form, shown
    assert "Enter a percentage, like 20 or 17.5." in wrong.text
