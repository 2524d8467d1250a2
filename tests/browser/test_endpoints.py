"""An owner lets an endpoint log in by OAuth 2.0, and gives it a new signing secret."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.domain.people import SYSTEM
from app.services.users import create_user
from tests.browser.site import (
    BUYER,
    EACH_SIZE,
    PASSWORD,
    check,
    findings,
    log_in,
    serving,
    watched,
)
from tests.factories import make_endpoint, make_partner
from tests.partner import PartnerServer


@pytest.fixture
def address(committed: Flask, partner: PartnerServer) -> Iterator[str]:
    buyer = make_partner()
    make_endpoint(buyer, name="CRM", url=partner.url)
    create_user(BUYER, PASSWORD, "Partner", SYSTEM, partner_id=buyer.id)
    with serving(committed) as url:
        yield url


@pytest.mark.parametrize("size", EACH_SIZE)
def test_owner_sets_a_log_in_and_a_new_secret(
    browser: Browser, address: str, partner: PartnerServer, size: tuple[int, int]
) -> None:
    with watched(browser, size) as page:
        log_in(page, address, BUYER)
        page.goto(f"{address}/portal/endpoints/list/")
        page.get_by_role("link", name="CRM").first.click()
        page.get_by_role("link", name="Edit").click()
        page.get_by_label("OAuth 2.0 client credentials").check()
        page.get_by_role("button", name="Save").click()
        said = page.get_by_text("Token url: Send a text").first
        expect(said).to_be_visible()
        page.get_by_label("Token URL").fill(partner.url)
        page.get_by_label("Client ID").fill("lead-nexus")
        page.get_by_label("Client secret").fill("s3cret")
        page.get_by_label("ID and secret go in").select_option("body")
        check(page)
        page.get_by_role("button", name="Save").click()
        page.get_by_role("link", name="New signing secret").click()
        check(page)
        assert [
            one for theme in ("light", "dark") for one in findings(page, theme)
        ] == []
        page.get_by_role("button", name="Make a new secret").click()
        expect(page.get_by_text("whsec_")).to_be_visible()
        check(page)
        page.get_by_role("link", name="I have copied it").click()
        expect(page.get_by_text("Old signing secret until")).to_be_visible()
        expect(page.get_by_text("whsec_")).to_have_count(0)
        check(page)
