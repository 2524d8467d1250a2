"""Every screen in a real browser: the policy is kept, nothing fails or overflows."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from app.db import db
from app.domain.people import SYSTEM
from app.domain.states import LeadStatus, PageStatus, SourceKind
from app.landing import stamps
from app.models.campaign import LandingPage
from app.models.lead import Lead
from app.models.subscription import Subscription
from app.services.users import create_user
from app.views import MENU
from tests.browser.site import (
    EMAIL,
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
    make_partner,
    make_source,
    make_subscription,
    take,
)


@pytest.fixture
def address(committed: Flask) -> Iterator[str]:
    """The address of a running server with one row of each kind."""
    campaign = make_campaign(slug="solar")
    source = make_source(campaign, kind=SourceKind.page)
    page = LandingPage(
        campaign_id=campaign.id,
        source_id=source.id,
        name="Spring",
        slug="spring",
        status=PageStatus.active,
    )
    db.session.add(page)
    db.session.commit()
    make_subscription(campaign)
    for _ in range(2):
        take(source)
    db.session.query(Lead).order_by(Lead.id.desc()).first().status = LeadStatus.review
    db.session.commit()
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    with serving(committed) as url:
        yield url


def visit(browser: Browser, address: str, size: tuple[int, int], every: int) -> None:
    with watched(browser, size) as page:
        log_in(page, address)
        check(page)
        for _ in pages_of(page, address, [screen for _, screen, _ in MENU[::every]]):
            check(page)


def test_some_screens_keep_the_policy_and_their_width(
    browser: Browser, address: str
) -> None:
    visit(browser, address, SIZES[1], every=5)


@pytest.mark.soak
@pytest.mark.parametrize("size", SIZES)
def test_every_screen_keeps_the_policy_and_its_width(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    visit(browser, address, size, every=1)


def test_a_header_stays_in_sight(browser: Browser, address: str) -> None:
    for _ in range(12):
        make_partner(0)
    with watched(browser, (1280, 400)) as page:
        log_in(page, address)
        page.goto(f"{address}/partners/list/")
        page.locator(".fits").wait_for()
        page.evaluate("scrollTo(0, 500)")

        assert page.locator("thead th").first.bounding_box()["y"] == 0


def test_a_wrong_form_says_so_and_a_right_one_is_saved(
    browser: Browser, address: str
) -> None:
    with watched(browser, SIZES[0]) as page:
        log_in(page, address)
        page.goto(f"{address}/campaigns/add")
        page.locator("#name").fill("Second")
        page.get_by_label("Address name").fill("solar")
        page.get_by_role("button", name="Save").click()
        summary = page.get_by_role("alert")

        assert "taken already" in summary.inner_text()
        assert page.evaluate("document.activeElement.className") == "error-summary"
        page.get_by_label("Address name").fill("second")
        page.get_by_role("button", name="Save").click()

        page.get_by_role("heading", name="Second").wait_for()
        check(page)


def test_a_lead_is_rejected_only_after_the_question(
    browser: Browser, address: str
) -> None:
    with watched(browser, SIZES[0]) as page:
        log_in(page, address)
        page.goto(f"{address}/review/list/")
        page.locator("td.main a").first.click()
        page.get_by_role("button", name="Reject lead").click()
        dialog = page.get_by_role("dialog")
        assert "will not be sold" in dialog.inner_text()
        dialog.get_by_role("button", name="Reject lead").click()

        page.get_by_role("status").wait_for()
        assert "Lead rejected." in page.get_by_role("status").inner_text()


def test_the_resources_are_described_within_the_policy(
    browser: Browser, address: str
) -> None:
    with watched(browser, SIZES[0]) as page:
        log_in(page, address)
        page.goto(f"{address}/swagger/v1")
        page.locator(".opblock-post").first.click()
        page.locator(".opblock-body").first.wait_for()

        assert page.evaluate("window.violations") == []


def test_a_search_leaves_no_contact_data_in_the_address(
    browser: Browser, address: str
) -> None:
    with watched(browser, SIZES[0]) as page:
        log_in(page, address)
        page.goto(f"{address}/leads/list/")
        page.get_by_label("Reference, email or phone").fill("nobody@example.org")
        page.get_by_role("button", name="Find").click()

        page.get_by_text("No lead has that reference").wait_for()
        assert page.url == f"{address}/leads/list/"
        check(page)


def test_the_theme_is_chosen_and_kept(browser: Browser, address: str) -> None:
    with watched(browser, SIZES[0]) as page:
        log_in(page, address)
        page.get_by_role("button", name="Dark theme").click()
        page.reload()

        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.get_by_role("button", name="Light theme").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_consumer_fills_in_the_page_with_and_without_script(
    browser: Browser, address: str, monkeypatch: pytest.MonkeyPatch, script: bool
) -> None:
    monkeypatch.setattr(stamps, "LEAST_S", 0)
    with watched(browser, SIZES[1], script=script) as page:
        page.goto(f"{address}/l/solar/spring")
        page.locator("#email").fill("nonsense")
        page.get_by_role("button").click()
        assert "Please check" in page.title()
        assert page.locator("#email").input_value() == "nonsense"
        page.locator("#email").fill("grace@gmail.com")
        page.get_by_label("First name").fill("Grace")
        page.get_by_label("I agree").check()
        if script:
            check(page)
        page.get_by_role("button").click()

        page.get_by_role("heading", name="Thank you").wait_for()
        assert page.context.cookies() == []


def test_hours_are_added_row_by_row_and_leaving_asks(
    browser: Browser, address: str
) -> None:
    with watched(browser, SIZES[0]) as page:
        log_in(page, address)
        page.goto(f"{address}/subscriptions/list/")
        page.locator("td.end a").first.click()
        page.get_by_label("In these hours").check()
        rows = page.locator("#schedule [data-row]")
        rows.first.get_by_text("Mon").click()
        rows.first.get_by_label("From").fill("09:00")
        rows.first.get_by_label("To").fill("17:00")
        page.locator("#schedule").get_by_role("button", name="Add a row").click()
        rows.nth(1).get_by_text("Sat").click()
        rows.nth(1).get_by_label("From").fill("10:00")
        rows.nth(1).get_by_label("To").fill("12:00")
        asked: list[str] = []
        page.once(
            "dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss())
        )
        page.get_by_role("link", name="Leads", exact=True).click()
        page.get_by_role("button", name="Save").click()

        page.get_by_role("status").wait_for()
        assert asked == ["beforeunload"]
        [order] = db.session.query(Subscription)
        assert [entry["days"] for entry in order.schedule] == [["mon"], ["sat"]]
        check(page)


def test_a_partner_is_searched_by_typing_and_chosen_by_keys(
    browser: Browser, address: str
) -> None:
    for number in range(25):
        make_partner(0, name=f"Buyer {number:02d}")
    with watched(browser, SIZES[0]) as page:
        log_in(page, address)
        page.goto(f"{address}/endpoints/add")
        box = page.get_by_role("combobox", name="Partner")
        box.fill("Buyer 24")
        page.get_by_role("option", name="Buyer 24").wait_for()
        box.press("ArrowDown")
        box.press("Enter")

        assert box.input_value() == "Buyer 24"
        assert page.locator("select[name=partner_id]").input_value() != ""
        check(page)
