"""Every form of everybody, as it opens and with an error: no finding, no overflow."""

import pytest
from playwright.sync_api import Browser

from tests.browser.forms import forms_of, look_at
from tests.browser.site import (
    BUYER,
    EMAIL,
    LONG_ZONE,
    OPERATOR,
    SELLER,
    SIZES,
    log_in,
    watched,
)

SOME = {
    EMAIL: ("/campaigns/add", "/settings/edit"),
    BUYER: ("/portal/endpoints/add",),
    SELLER: ("/portal/team/add",),
}


def found_as(
    browser: Browser, house: str, email: str, size: tuple[int, int], *paths: str
) -> list[str]:
    with watched(browser, size, zone=LONG_ZONE) as page:
        log_in(page, house, email)
        forms = paths or forms_of(page, house)
        return [one for path in forms for one in look_at(page, house, path)]


def test_some_forms_have_no_serious_finding(browser: Browser, house: str) -> None:
    found = [
        found_as(browser, house, email, SIZES[1], *paths)
        for email, paths in SOME.items()
    ]

    assert found == [[]] * len(SOME)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("email", [EMAIL, OPERATOR, BUYER, SELLER])
def test_no_form_has_a_serious_finding(
    browser: Browser, house: str, email: str, size: tuple[int, int]
) -> None:
    assert found_as(browser, house, email, size) == []
