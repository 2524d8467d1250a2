"""The pages of our own faults in a browser: the product's look, without a database."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.domain.people import SYSTEM
from app.services.users import create_user
from tests.browser.site import (
    EACH_SIZE,
    EMAIL,
    FAILED,
    PASSWORD,
    check,
    findings,
    log_in,
    serving,
    watched,
)
from tests.failing import PUBLIC, SCREEN, break_pages, database_away


@pytest.fixture
def address(committed: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setitem(committed.config, "PROPAGATE_EXCEPTIONS", False)
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    with serving(committed) as url:
        yield url


def look_at(page: Page, address: str, heading: str) -> list[str]:
    """Open a screen and a public page, and return what axe finds on either."""
    found: list[str] = []
    for path in (PUBLIC, SCREEN):
        page.goto(f"{address}{path}")
        assert page.get_by_role("heading").inner_text() == heading
        check(page)
        found += findings(page) + findings(page, "dark")
    return found


@pytest.mark.parametrize("size", EACH_SIZE)
def test_a_fault_and_a_database_that_is_away_have_the_products_look(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    with (
        pytest.MonkeyPatch.context() as broken,
        watched(browser, size, refused=FAILED) as page,
    ):
        log_in(page, address)
        with database_away():
            assert look_at(page, address, "Back in a moment") == []
        page.get_by_role("link", name="Try again").click()
        page.get_by_role("heading", name="Landing pages").wait_for()
        break_pages(broken)

        assert look_at(page, address, "Something went wrong here") == []
