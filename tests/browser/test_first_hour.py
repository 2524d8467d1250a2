"""An operator's first hour in a real browser: from a campaign to a sale and its end."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from urllib.parse import urljoin

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.domain.people import SYSTEM
from app.services.users import create_user
from tests.browser.site import PASSWORD, check, log_in, serving, watched
from tests.factories import enquiry
from tests.partner import PartnerServer
from tests.web.portal import run_all

OPERATOR = "operator@example.com"


@pytest.fixture
def place(committed: Flask, partner: PartnerServer) -> Iterator[SimpleNamespace]:
    """A running server on which there is nothing but an operator."""
    create_user(OPERATOR, PASSWORD, "Operator", SYSTEM)
    with serving(committed) as url:
        yield SimpleNamespace(url=url, partner=partner)


def go_to(page: Page, entry: str) -> None:
    menu = page.get_by_role("navigation", name="Main")
    menu.get_by_role("link", name=entry, exact=True).click()


def add(page: Page, noun: str, **values: str) -> None:
    """Add a row by hand, and see its page."""
    if not page.url.endswith(f"/{noun}s/add"):
        page.goto(urljoin(page.url, f"/{noun}s/add"))
    for name, value in values.items():
        field = page.locator(f"#{name}")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_have_text(f"{noun.capitalize()} added.")
    check(page)


def add_campaign_and_source(page: Page) -> str:
    """Return the posting key, as the clipboard has it."""
    add(
        page,
        "campaign",
        name="Roofs",
        slug="roofs",
        status="Active",
        price_cents="25.00",
    )
    add(page, "vendor", name="Bright Leads")
    add(
        page,
        "source",
        name="Posts",
        campaign_id="Roofs",
        vendor_id="Bright Leads",
    )
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    key = str(page.evaluate("navigator.clipboard.readText()"))
    assert key == page.locator(".secret code").inner_text()
    return key


def add_buyer(page: Page, url: str) -> None:
    add(page, "partner", name="North Homes")
    page.get_by_role("link", name="Add credit").click()
    page.get_by_label("Amount").fill("100.00")
    page.get_by_label("Reason").fill("Bank transfer")
    page.get_by_role("button", name="Add credit").click()
    expect(page.locator(".figures")).to_contain_text("$100.00")
    add(
        page,
        "endpoint",
        partner_id="North Homes",
        name="CRM",
        url=url,
    )
    page.get_by_role("link", name="I have copied it").click()
    add(
        page,
        "subscription",
        partner_id="North Homes",
        campaign_id="Roofs",
        endpoint_id="CRM (North Homes)",
    )


def send_lead(page: Page, place: SimpleNamespace, key: str) -> None:
    answer = page.request.post(
        f"{place.url}/api/campaigns/roofs/leads",
        headers={"X-Api-Key": key},
        data=enquiry(email=None),
    )
    assert answer.status == 201, answer.text()
    run_all()


def open_newest_lead(page: Page, status: str) -> None:
    go_to(page, "Leads")
    row = page.locator("tbody tr").first
    expect(row.locator("[data-label=Status]")).to_have_text(status)
    row.locator("td.main a").click()
    check(page)


def test_an_operators_first_hour(browser: Browser, place: SimpleNamespace) -> None:
    with watched(browser) as page:
        log_in(page, place.url, OPERATOR)
        go_to(page, "Campaigns")
        page.get_by_role("link", name="Add campaign").first.click()
        key = add_campaign_and_source(page)
        add_buyer(page, place.partner.url)

        send_lead(page, place, key)
        open_newest_lead(page, "Sold")
        expect(page.get_by_role("cell", name="Chosen")).to_be_visible()
        page.get_by_role("link", name="$25.00 from North Homes").click()
        page.get_by_role("link", name="Refund").click()
        page.get_by_label("Reason").fill("Wrong number")
        page.get_by_role("button", name="Refund").click()
        expect(page.get_by_role("status")).to_have_text("Refunded.")

        go_to(page, "Partners")
        page.get_by_role("link", name="North Homes", exact=True).click()
        expect(page.locator(".figures")).to_contain_text("$100.00")
        page.get_by_label("Reason").fill("They asked for a break")
        page.get_by_role("button", name="Stop selling").click()
        expect(page.get_by_role("alert")).to_contain_text("Selling is stopped")
        check(page)
        send_lead(page, place, key)
        open_newest_lead(page, "Available")

        page.get_by_role("link", name=re.compile("Switches")).first.click()
        page.get_by_role("button", name="Let selling go on").click()
        page.get_by_role("dialog").get_by_role("button").first.click()
        expect(page.get_by_role("alert")).to_have_count(0)
        run_all()
        open_newest_lead(page, "Sold")
        assert len(place.partner.received) == 2
