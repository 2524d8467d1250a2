"""Much money by hand, in two browsers: one person asks, another one agrees."""

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.domain.people import SYSTEM
from app.services.policy import change_policy
from app.services.users import create_user
from tests.browser.site import (
    EACH_SIZE,
    EMAIL,
    PASSWORD,
    check,
    log_in,
    serving,
    watched,
)
from tests.conftest import ADMIN
from tests.factories import make_partner

OTHER = "second@example.com"


def approve_all(page: Page, url: str) -> None:
    page.goto(f"{url}/money_orders/list/")
    page.locator("input[name=rowid]").check()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("Credit: $5,000.00, Sunny").wait_for()
    check(page)
    page.get_by_role("button", name="Approve 1").click()


@pytest.mark.parametrize("size", EACH_SIZE)
def test_a_second_person_agrees_to_much_money(
    browser: Browser, committed: Flask, size: tuple[int, int]
) -> None:
    partner = make_partner(0, name="Sunny")
    for email in (EMAIL, OTHER):
        create_user(email, PASSWORD, "Admin", SYSTEM)
    change_policy({"second_person_above_cents": 100_000}, ADMIN)
    with (
        serving(committed) as url,
        watched(browser, size) as asks,
        watched(browser, size) as agrees,
    ):
        log_in(asks, url)
        asks.goto(f"{url}/partners/credit/{partner.id}")
        asks.get_by_label("Amount").fill("5,000.00")
        asks.get_by_label("Reason").fill("Transfer of 21 November")
        asks.get_by_role("button", name="Add credit").click()
        asks.get_by_text("another administrator approves it").wait_for()
        asks.locator(".figures").get_by_text("$0.00").first.wait_for()
        approve_all(asks, url)
        asks.get_by_text("Another administrator has to agree to this.").wait_for()

        log_in(agrees, url, OTHER)
        agrees.goto(f"{url}/money_orders/list/")
        agrees.locator("td.main a").click()
        agrees.get_by_text("Transfer of 21 November").wait_for()
        check(agrees)
        agrees.get_by_role("button", name="Approve").click()
        agrees.get_by_role("button", name="Approve 1").click()
        agrees.get_by_text("1 booked.").wait_for()

        agrees.goto(f"{url}/payments/list/?kind=credit")
        agrees.locator("td.main a").click()
        agrees.get_by_text(f"by {EMAIL}, approved by {OTHER}").wait_for()
        check(agrees)
        asks.goto(f"{url}/partners/show/{partner.id}")
        asks.locator(".figures").get_by_text("$5,000.00").first.wait_for()
