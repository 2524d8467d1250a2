"""Times in a browser that sits elsewhere than the account whose clock they follow."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.db import db
from app.domain.people import SYSTEM
from app.models.vendor import Vendor
from app.services.users import create_user
from app.services.wallet import credit_partner
from tests.browser.site import BUYER, EMAIL, PASSWORD, log_in, serving, watched
from tests.factories import STAFF, make_partner, make_vendor

# As long behind UTC as Tokyo is before it, so that no hour is the same.
TOKYO, LOS_ANGELES = "Asia/Tokyo", "America/Los_Angeles"
TOLD = "time => [time.textContent, new Intl.DateTimeFormat('en-GB', {hour: '2-digit', \
minute: '2-digit', timeZone: '%s'}).format(new Date(time.dateTime))]"


def is_told_in(page: Page, zone: str) -> bool:
    shown, expected = page.locator("main time").first.evaluate(TOLD % zone)
    return bool(shown.endswith(expected))


def test_times_follow_the_account_or_else_the_browser(
    browser: Browser, committed: Flask
) -> None:
    buyer = make_partner(0, timezone=LOS_ANGELES)
    credit_partner(buyer.id, 100, "Transfer", STAFF)
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    create_user(BUYER, PASSWORD, "Partner", SYSTEM, partner_id=buyer.id)
    with serving(committed) as address:
        with watched(browser, zone=TOKYO) as page:
            log_in(page, address, BUYER)
            page.goto(f"{address}/portal/wallet/list/")
            assert is_told_in(page, LOS_ANGELES)
            assert page.locator("[data-clock]").text_content() == LOS_ANGELES
        with watched(browser, zone=TOKYO) as page:
            log_in(page, address)
            page.goto(f"{address}/partners/show/{buyer.id}")
            assert is_told_in(page, TOKYO)
            assert page.locator("[data-clock]").text_content() == TOKYO


@pytest.mark.soak
def test_a_time_is_typed_on_the_browsers_clock(
    browser: Browser, committed: Flask
) -> None:
    vendor = make_vendor()
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    with serving(committed) as address, watched(browser, zone=TOKYO) as page:
        log_in(page, address)
        page.goto(f"{address}/vendors/edit/{vendor.id}")
        page.locator("#intro_commission_bp").fill("10")
        page.locator("#intro_until").fill("2027-07-01T12:00")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("status").wait_for()
        page.goto(f"{address}/vendors/edit/{vendor.id}")

        assert page.locator("#intro_until").input_value() == "2027-07-01T12:00"
    db.session.expire_all()
    stored = db.session.get(Vendor, vendor.id)
    assert stored.intro_until.isoformat() == "2027-07-01T03:00:00+00:00"
