"""People's accounts in a real browser: from the sign-up to the first log-in."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.domain.people import SYSTEM
from app.services.resets import reset_link
from app.services.users import create_user
from tests.browser.site import (
    EACH_SIZE,
    EMAIL,
    PASSWORD,
    SIZES,
    check,
    log_in,
    serving,
    watched,
)

BUYER = "buyer@example.com"


@pytest.fixture
def site(committed: Flask) -> Iterator[str]:
    """The address of a running server with one administrator."""
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    with serving(committed) as url:
        yield url


def _enter(page: Page, site: str, email: str, password: str) -> None:
    page.goto(f"{site}/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("size", EACH_SIZE)
def test_who_signs_up_is_approved_and_logs_in(
    browser: Browser,
    site: str,
    size: tuple[int, int],
) -> None:
    with watched(browser, size) as page:
        page.goto(f"{site}/login/")
        page.get_by_role("link", name="Ask for one").click()
        check(page)
        page.get_by_label("Company").fill("North Homes")
        page.get_by_label("Your name").fill("Bea Buyer")
        page.get_by_label("Email").fill(BUYER)
        page.get_by_label("Password").fill("qwertyuiop")
        page.get_by_role("button", name="Send request").click()
        expect(page.get_by_role("alert")).to_contain_text("choose another")
        check(page)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Send request").click()
        expect(page.get_by_role("heading")).to_have_text("Request received")
        check(page)
        _enter(page, site, BUYER, PASSWORD)
        expect(page.locator(".flash")).to_contain_text("password is wrong")

    with watched(browser, size) as page:
        log_in(page, site)
        page.goto(f"{site}/registrations/list/")
        check(page)
        page.get_by_label("Select row").check()
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status")).to_have_text("1 approved.")
        expect(page.get_by_role("heading", name="Nobody waits")).to_be_visible()

    with watched(browser, size) as page:
        _enter(page, site, BUYER, PASSWORD)
        page.wait_for_url(f"{site}/")
        check(page)


def test_link_fills_in_its_code_and_leaves_the_address(
    browser: Browser,
    site: str,
    committed: Flask,
) -> None:
    link = reset_link(EMAIL, SYSTEM).partition("/reset/")[2]
    with watched(browser, SIZES[1]) as page:
        page.goto(f"{site}/reset/{link}")
        check(page)
        assert page.url == f"{site}/reset/"
        expect(page.get_by_label("Code")).to_be_hidden()
        page.get_by_label("New password").fill("quite another 2")
        page.get_by_role("button", name="Set password").click()
        expect(page.get_by_role("status")).to_contain_text("Log in with it")
        _enter(page, site, EMAIL, "quite another 2")
        page.wait_for_url(f"{site}/")


@pytest.mark.parametrize("size", EACH_SIZE)
def test_second_factor_is_set_up_and_asked_for(
    browser: Browser,
    site: str,
    size: tuple[int, int],
) -> None:
    with watched(browser, size) as page:
        log_in(page, site)
        page.goto(f"{site}/me/")
        check(page)
        page.goto(f"{site}/me/password")
        check(page)
        page.goto(f"{site}/me/second-factor")
        check(page)
        secret = page.locator(".secret code").inner_text()
        page.get_by_label("The code it shows now").fill(pyotp.TOTP(secret).now())
        page.get_by_role("button", name="Turn on").click()
        expect(page.get_by_role("heading")).to_have_text("Your recovery codes")
        check(page)
        [code] = re.findall(
            "^[a-z2-7-]{19}$", page.locator("pre").inner_text(), re.MULTILINE
        )[:1]

    with watched(browser, size) as page:
        _enter(page, site, EMAIL, PASSWORD)
        expect(page.get_by_role("heading")).to_have_text("Enter your code")
        check(page)
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Log in").click()
        expect(page.locator(".error")).to_contain_text("wrong or was used")
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{site}/")
