"""The mapping screen: the request follows what is typed, or a button without script."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.domain.people import SYSTEM
from app.services.users import create_user
from tests.browser.site import (
    EACH_SIZE,
    EMAIL,
    PASSWORD,
    THEMES,
    check,
    findings,
    log_in,
    serving,
    watched,
)
from tests.factories import make_endpoint, make_partner
from tests.partner import PartnerServer

LINES = [
    {"target": "person.mail", "source": "email", "transform": None},
    {"target": "person.name", "source": "full_name", "transform": "upper"},
]
TARGET = "[name=mapping-rows-0-target]"
SOURCE = "[name=mapping-rows-1-source]"


@pytest.fixture
def address(committed: Flask, partner: PartnerServer) -> Iterator[str]:
    endpoint = make_endpoint(make_partner(), url=partner.url, mapping=LINES)
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    with serving(committed) as url:
        yield f"{url} /endpoints/map/{endpoint.id}"


def opened(page: Page, address: str) -> None:
    root, path = address.split()
    log_in(page, root)
    page.goto(root + path)


@pytest.mark.parametrize("size", EACH_SIZE)
def test_request_follows_what_is_typed_and_errors_stand_at_their_input(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    with watched(browser, size) as page:
        opened(page, address)
        request = page.locator("[data-request]")

        page.fill(TARGET, "lead.email_address")
        expect(request).to_contain_text("email_address")
        page.fill(SOURCE, "nobody")
        expect(page.locator(".row .error")).to_contain_text("Name a source")
        page.fill(SOURCE, "city")
        expect(page.locator(".row .error")).to_have_count(0)
        expect(request).to_contain_text("SAN FRANCISCO")
        page.select_option("[name=format]", "form")
        expect(request).to_contain_text("lead.email_address = test@example.com")

        check(page)
        assert [one for theme in THEMES for one in findings(page, theme)] == []


def test_row_that_is_added_is_seen_at_once(browser: Browser, address: str) -> None:
    with watched(browser) as page:
        opened(page, address)

        page.locator("#mapping [data-add-row]").click()
        added = page.locator("#mapping [data-row]").last
        added.get_by_label("Goes to").fill("zip")
        added.get_by_label("Comes from").fill("zip")

        expect(page.locator("[data-request]")).to_contain_text('"zip": "94105"')


def test_without_script_a_button_shows_the_request_and_another_tries_it(
    browser: Browser, address: str, partner: PartnerServer
) -> None:
    with watched(browser, script=False) as page:
        opened(page, address)

        page.fill(TARGET, "lead.email_address")
        page.get_by_role("button", name="Show the request").click()
        shown = page.locator("[data-request]").inner_text()
        page.get_by_role("button", name="Send a test lead").click()
        tried = page.locator(".tried").inner_text()

    assert "email_address" in shown
    assert "No reply rule decided" in tried
    assert b"email_address" in partner.received[0].body
