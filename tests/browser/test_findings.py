"""What axe finds on the screens of staff, partners, vendors and the public: nothing."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from app.db import db
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import LeadStatus, PageStatus, SourceKind, SwitchScope
from app.models.campaign import LandingPage
from app.models.lead import Lead
from app.services.switches import Stop, switch_on
from app.services.users import create_user
from app.views import MENU
from app.views.portal import MENU as PORTAL
from tests.browser.site import (
    EMAIL,
    PASSWORD,
    SIZES,
    check,
    findings,
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

THEMES = ("light", "dark")
PEOPLE = {
    EMAIL: [screen for _, screen, _ in MENU],
    "buyer@example.com": [s for of, _, s, _ in PORTAL if of != "Selling"],
    "seller@example.com": [s for of, _, s, _ in PORTAL if of != "Buying"],
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
SOME = {EMAIL: 9, "buyer@example.com": 5, "seller@example.com": 6}


@pytest.fixture
def address(committed: Flask, partner: PartnerServer) -> Iterator[str]:
    """A running server on which each screen has something to show."""
    campaign, buyer, vendor = make_campaign(slug="solar"), make_partner(), make_vendor()
    source = make_source(campaign, vendor)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    page = LandingPage(
        campaign_id=campaign.id,
        source_id=make_source(campaign, kind=SourceKind.page).id,
        name="Spring",
        slug="spring",
        status=PageStatus.active,
    )
    db.session.add(page)
    db.session.commit()
    for _ in range(3):
        take(source)
    run_all()
    last = db.session.query(Lead).order_by(Lead.id.desc()).first()
    last.status = LeadStatus.review
    db.session.commit()
    admin = create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    create_user("buyer@example.com", PASSWORD, "Partner", SYSTEM, partner_id=buyer.id)
    create_user("seller@example.com", PASSWORD, "Vendor", SYSTEM, vendor_id=vendor.id)
    stop = Stop(SwitchScope.partner, "Ordered by court", partner_id=buyer.id)
    switch_on(stop, Actor(role=Role.admin, user_id=admin.id))
    with serving(committed) as url:
        yield url


def found_as(
    browser: Browser,
    address: str,
    email: str,
    screens: Sequence[Any],
    themes: Sequence[Sequence[str]],
) -> list[str]:
    with watched(browser) as page:
        log_in(page, address, email)
        found = findings(page)
        for number, _ in enumerate(pages_of(page, address, screens)):
            check(page)
            for theme in themes[number % len(themes)]:
                found += findings(page, theme)
        return found


@pytest.mark.parametrize("email", PEOPLE)
def test_some_screens_have_no_serious_finding(
    browser: Browser, address: str, email: str
) -> None:
    screens = PEOPLE[email][:: SOME[email]]

    assert found_as(browser, address, email, screens, [["light"], ["dark"]]) == []


@pytest.mark.soak
@pytest.mark.parametrize("email", PEOPLE)
def test_no_screen_has_a_serious_finding(
    browser: Browser, address: str, email: str
) -> None:
    assert found_as(browser, address, email, PEOPLE[email], [THEMES]) == []


@pytest.mark.soak
@pytest.mark.parametrize("theme", THEMES)
def test_no_public_page_has_a_serious_finding(
    browser: Browser, address: str, theme: Any
) -> None:
    found: list[str] = []
    for size in SIZES:
        with watched(browser, size) as page:
            page.emulate_media(color_scheme=theme)
            for path in PUBLIC:
                page.goto(f"{address}{path}")
                check(page)
                found += findings(page, theme)
                send = page.locator("main form button[type=submit]")
                if send.count():
                    send.last.click()
                    check(page)
                    found += findings(page, theme)
    assert found == []
