"""A return in a real browser: asked for, asked about, answered, approved, booked."""

from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page

from app.domain.people import SYSTEM
from app.services.users import create_user
from tests.browser.site import (
    EACH_SIZE,
    EMAIL,
    PASSWORD,
    check,
    watched,
)
from tests.browser.test_portal import enter, place, send_lead  # noqa: F401 - a fixture
from tests.factories import make_endpoint, make_subscription


def staff(page: Page, url: str) -> None:
    page.goto(f"{url}/login/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"{url}/returns/list/")


def ask_for_a_return(theirs: Page, url: str) -> None:
    theirs.goto(f"{url}/portal/leads/list/")
    theirs.get_by_role("link", name="Ada Byron").click()
    theirs.get_by_role("link", name="Return this lead").click()
    theirs.get_by_label("Reason").select_option("never_requested")
    theirs.get_by_label("What happened").fill("She never asked.")
    check(theirs)
    theirs.get_by_role("button", name="Ask to return it").click()
    theirs.get_by_role("link", name="Return: Open").wait_for()


def ask_the_partner(ours: Page) -> None:
    check(ours)
    ours.locator("td.main a").first.click()
    ours.get_by_role("link", name="Ask the partner").click()
    ours.get_by_label("Question").fill("When did you call?")
    ours.get_by_role("button", name="Ask").click()


def answer(theirs: Page, url: str) -> None:
    theirs.goto(f"{url}/portal/returns/list/")
    check(theirs)
    theirs.locator("td.main a").first.click()
    theirs.get_by_role("link", name="Answer").click()
    theirs.get_by_label("Your answer").fill("On Monday.")
    theirs.get_by_role("button", name="Send").click()
    theirs.get_by_text("On Monday.").wait_for()
    check(theirs)


def approve(ours: Page) -> None:
    ours.reload()
    check(ours)
    ours.get_by_role("link", name="Approve").click()
    ours.get_by_role("button", name="Approve").click()
    ours.get_by_text("Approved and refunded.").wait_for()
    ours.get_by_role("link", name="In the books").click()
    ours.get_by_role("heading", name="Refund: $25.00").wait_for()
    check(ours)


def read_line(page: Page, address: str, line: str) -> None:
    page.goto(address)
    row = page.locator("tbody tr").filter(has_text=line)
    row.get_by_text("Returned: never requested").wait_for()
    check(page)


@pytest.mark.parametrize("size", EACH_SIZE)
def test_a_lead_is_returned_and_refunded(
    browser: Browser,
    place: SimpleNamespace,  # noqa: F811 - the fixture
    size: tuple[int, int],
) -> None:
    endpoint = make_endpoint(place.buyer, url=place.partner.url)
    make_subscription(place.campaign, place.buyer, endpoint_id=endpoint.id)
    send_lead(place.source)
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    with watched(browser, size) as theirs, watched(browser, size) as ours:
        enter(theirs, place, "Buying")
        ask_for_a_return(theirs, place.url)
        staff(ours, place.url)
        ask_the_partner(ours)
        answer(theirs, place.url)
        approve(ours)
        theirs.reload()
        theirs.get_by_text("Approved").first.wait_for()
        read_line(theirs, f"{place.url}/portal/wallet/list/", "Refund")
    with watched(browser, size) as vendors:
        enter(vendors, place, "Selling")
        address = f"{place.url}/portal/statement/list/"
        read_line(vendors, address, "Refund taken back")
