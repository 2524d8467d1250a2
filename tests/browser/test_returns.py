"""A return in a real browser: asked for, asked about, answered, approved."""

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
        theirs.goto(f"{place.url}/portal/leads/list/")
        theirs.get_by_role("link", name="Ada Byron").click()
        theirs.get_by_role("link", name="Return this lead").click()
        theirs.get_by_label("Reason").select_option("never_requested")
        theirs.get_by_label("What happened").fill("She never asked.")
        check(theirs)
        theirs.get_by_role("button", name="Ask to return it").click()
        theirs.get_by_role("link", name="Return: Open").wait_for()

        staff(ours, place.url)
        check(ours)
        ours.locator("td.main a").first.click()
        ours.get_by_role("link", name="Ask the partner").click()
        ours.get_by_label("Question").fill("When did you call?")
        ours.get_by_role("button", name="Ask").click()

        theirs.goto(f"{place.url}/portal/returns/list/")
        check(theirs)
        theirs.locator("td.main a").first.click()
        theirs.get_by_role("link", name="Answer").click()
        theirs.get_by_label("Your answer").fill("On Monday.")
        theirs.get_by_role("button", name="Send").click()
        theirs.get_by_text("On Monday.").wait_for()
        check(theirs)

        ours.reload()
        check(ours)
        ours.get_by_role("link", name="Approve").click()
        ours.get_by_role("button", name="Approve").click()
        ours.get_by_text("Approved and refunded.").wait_for()
        theirs.reload()
        theirs.get_by_text("Approved").first.wait_for()
