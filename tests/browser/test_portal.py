"""A partner's first hour in a real browser, and every screen of both sides."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.domain.people import SYSTEM
from app.models.source import Source
from app.services.users import create_user
from app.views.portal import MENU
from tests.browser.site import (
    EACH_SIZE,
    PASSWORD,
    SIZES,
    check,
    log_in,
    pages_of,
    serving,
    watched,
)
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer
from tests.web.portal import run_all

PEOPLE = {"Buying": "buyer@example.com", "Selling": "seller@example.com"}


@pytest.fixture
def place(committed: Flask, partner: PartnerServer) -> Iterator[SimpleNamespace]:
    """A running server with a campaign, a vendor's source and a new partner."""
    campaign, buyer, vendor = make_campaign(name="Roofs"), make_partner(), make_vendor()
    source = make_source(campaign, vendor)
    create_user(PEOPLE["Buying"], PASSWORD, "Partner", SYSTEM, partner_id=buyer.id)
    create_user(PEOPLE["Selling"], PASSWORD, "Vendor", SYSTEM, vendor_id=vendor.id)
    with serving(committed) as url:
        yield SimpleNamespace(
            url=url, campaign=campaign, buyer=buyer, source=source, partner=partner
        )


def enter(page: Page, place: SimpleNamespace, side: str) -> None:
    log_in(page, place.url, PEOPLE[side])
    page.get_by_role("heading", name="Your month").wait_for()
    check(page)


def send_lead(source: Source) -> None:
    take(source, first_name="Ada", last_name="Byron", email="ada@gmail.com")
    run_all()


def make_endpoint_by_hand(page: Page, url: str) -> None:
    page.get_by_role("link", name="Say where leads go").click()
    page.get_by_role("link", name="Add endpoint").first.click()
    page.locator("#name").fill("Our CRM")
    page.locator("#url").fill(url)
    page.get_by_role("button", name="Save").click()
    assert page.locator("code").inner_text().startswith("whsec_")
    check(page)
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("heading", name="Our CRM").wait_for()
    page.get_by_role("button", name="Send a test lead").click()
    expect(page.locator(".chip").first).to_have_text("Accepted")
    check(page)
    page.get_by_role("link", name="Back to the endpoint").click()


def subscribe_by_hand(page: Page) -> None:
    page.get_by_role("link", name="Campaigns").click()
    page.get_by_role("link", name="Roofs").click()
    check(page)
    page.get_by_role("link", name="Subscribe").click()
    page.locator("#endpoint_id").select_option(index=1)
    page.locator("#daily_cap").fill("5")
    page.locator("#daily_budget_cents").fill("200.00")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".figures")).to_contain_text("0 of 5")
    expect(page.locator(".figures")).to_contain_text("$0.00 of $200.00")
    check(page)


def test_a_partners_first_hour(
    browser: Browser,
    place: SimpleNamespace,
    tmp_path: Path,
) -> None:
    with watched(browser, SIZES[0]) as page:
        enter(page, place, "Buying")
        make_endpoint_by_hand(page, place.partner.url)
        subscribe_by_hand(page)
        page.get_by_role("button", name="Pause").click()
        page.get_by_text("Paused. Leads on their way still arrive.").wait_for()
        page.get_by_role("button", name="Resume").click()
        page.get_by_text("Leads come again.").wait_for()

        send_lead(place.source)

        page.get_by_role("link", name="Leads received").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download CSV").click()
        download.value.save_as(tmp_path / "leads.csv")
        page.get_by_role("link", name="Ada Byron").click()
        page.get_by_text("ada@gmail.com").wait_for()
        check(page)
        assert "ada@gmail.com" in (tmp_path / "leads.csv").read_text()
        page.get_by_role("link", name="Wallet").click()
        page.get_by_role("cell", name="Lead bought").wait_for()


@pytest.mark.parametrize("size", EACH_SIZE)
@pytest.mark.parametrize("side", PEOPLE)
def test_every_screen_keeps_the_policy_and_its_width(
    browser: Browser,
    place: SimpleNamespace,
    side: str,
    size: tuple[int, int],
) -> None:
    endpoint = make_endpoint(place.buyer, url=place.partner.url)
    make_subscription(place.campaign, place.buyer, endpoint_id=endpoint.id)
    send_lead(place.source)
    with watched(browser, size) as page:
        enter(page, place, side)
        screens = [one for of, _, one, _ in MENU if of in (side, "Account")]
        for _ in pages_of(page, place.url, screens):
            check(page)
