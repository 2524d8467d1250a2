"""What axe finds on the screens of staff, partners, vendors and the public: nothing."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Browser

from app.views import MENU
from app.views.portal import MENU as PORTAL
from tests.browser.site import (
    BUYER,
    EMAIL,
    SELLER,
    SIZES,
    THEMES,
    check,
    findings,
    log_in,
    pages_of,
    watched,
)

PEOPLE = {
    EMAIL: [screen for _, screen, _ in MENU],
    BUYER: [s for of, _, s, _ in PORTAL if of != "Selling"],
    SELLER: [s for of, _, s, _ in PORTAL if of != "Buying"],
}
PUBLIC = (
    "/login/",
    "/register/",
    "/reset/ask",
    "/reset/",
    "/l/solar/spring",
    "/docs/post/solar",
    "/nothing-here",
    "/l/none/none",
)
# Every day a few of each person's screens, in one theme each.
SOME = {EMAIL: 9, BUYER: 5, SELLER: 6}


def found_as(
    browser: Browser,
    house: str,
    email: str,
    screens: Sequence[Any],
    themes: Sequence[Sequence[str]],
) -> list[str]:
    with watched(browser) as page:
        log_in(page, house, email)
        found = findings(page)
        for number, _ in enumerate(pages_of(page, house, screens)):
            check(page)
            for theme in themes[number % len(themes)]:
                found += findings(page, theme)
        return found


@pytest.mark.parametrize("email", PEOPLE)
def test_some_screens_have_no_serious_finding(
    browser: Browser, house: str, email: str
) -> None:
    screens = PEOPLE[email][:: SOME[email]]

    assert found_as(browser, house, email, screens, [["light"], ["dark"]]) == []


@pytest.mark.soak
@pytest.mark.parametrize("email", PEOPLE)
def test_no_screen_has_a_serious_finding(
    browser: Browser, house: str, email: str
) -> None:
    assert found_as(browser, house, email, PEOPLE[email], [THEMES]) == []


@pytest.mark.soak
@pytest.mark.parametrize("theme", THEMES)
def test_no_public_page_has_a_serious_finding(
    browser: Browser, house: str, theme: Any
) -> None:
    found: list[str] = []
    for size in SIZES:
        with watched(browser, size) as page:
            page.emulate_media(color_scheme=theme)
            for path in PUBLIC:
                page.goto(f"{house}{path}")
                check(page)
                found += findings(page, theme)
                send = page.locator("main form button[type=submit]")
                if send.count():
                    send.last.click()
                    check(page)
                    found += findings(page, theme)
    assert found == []
