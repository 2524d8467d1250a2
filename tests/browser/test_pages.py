"""Every screen in a real browser: the policy is kept, nothing fails or overflows."""

import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from werkzeug.serving import make_server

from app.db import db
from app.domain.people import SYSTEM
from app.domain.states import LeadStatus, PageStatus, SourceKind
from app.landing import stamps
from app.models.campaign import LandingPage
from app.models.lead import Lead
from app.models.subscription import Subscription
from app.services.users import create_user
from app.views import MENU
from tests.factories import (
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)

CHROMIUM = shutil.which("chromium")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
EMAIL, PASSWORD = "admin@example.com", "a sound password 1"
SIZES = ((1280, 800), (390, 844))
# A phone shows every day what a wide screen would hide.
EACH_SIZE = (pytest.param(SIZES[0], marks=pytest.mark.soak), SIZES[1])
LISTENER = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""
UNNAMED = """
[...document.querySelectorAll("input, select, textarea")].filter((input) =>
  input.type !== "hidden" && !input.labels.length && !input.ariaLabel
).map((input) => input.name)
"""

OPEN_EDITORS = """
for (const input of document.querySelectorAll(".way:nth-child(2) input[type=radio]")) {
  input.click();
}
"""
REFUSED = re.compile(r"responded with a status of (401|422) ")
AXE = {"resultTypes": ["violations"]}

if CHROMIUM is None and os.environ.get("CI") != "true":
    pytest.skip("needs chromium on the PATH", allow_module_level=True)


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
    committed.config["WTF_CSRF_ENABLED"] = True
    with serving(committed) as url:
        yield url


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@contextmanager
def watched(
    browser: Browser, size: tuple[int, int], *, script: bool = True
) -> Iterator[Page]:
    """Open a page that fails the test on any error of its scripts."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, java_script_enabled=script
    )
    errors: list[str] = []
    context.add_init_script(LISTENER)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda said: errors.append(said.text) if is_error(said) else None,
    )
    try:
        yield page
        assert errors == []
    finally:
        context.close()


def is_error(said: ConsoleMessage) -> bool:
    """Say whether the console was told of an error, not of a form that was refused."""
    return said.type == "error" and not REFUSED.search(said.text)


def check(page: Page) -> None:
    """Check that the page breaks no policy and scrolls in one direction alone."""
    assert page.evaluate("window.violations") == [], page.url
    wide = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(wide) <= 0, page.url
    assert page.evaluate(UNNAMED) == [], page.url


def findings(page: Page, theme: str = "light") -> list[str]:
    """Return what axe finds serious or critical in a theme."""
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    return [
        f"{theme} {page.url} {one['id']}: {[n['target'] for n in one['nodes']]}"
        for one in Axe().run(page, options=AXE).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login/")
    check(page)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Today", exact=True).wait_for()


@pytest.mark.parametrize("size", EACH_SIZE)
def test_every_screen_keeps_the_policy_and_its_width(
    browser: Browser, address: str, size: tuple[int, int]
) -> None:
    with watched(browser, size) as page:
        log_in(page, address)
        check(page)

        for _, screen, _ in MENU:
            page.goto(f"{address}{screen.route_base}/list/")
            check(page)
            if page.locator("td.main a").count():
                page.locator("td.main a").first.click()
                check(page)
            if "add" in (getattr(screen, "include_route_methods", None) or ()):
                page.goto(f"{address}{screen.route_base}/add")
                check(page)


@pytest.mark.parametrize(
    "every", [7, pytest.param(1, marks=pytest.mark.soak)], ids=["some", "all"]
)
def test_no_screen_has_a_serious_finding(
    browser: Browser, address: str, every: int
) -> None:
    with watched(browser, SIZES[0]) as page:
        # Colours that still change would be measured half way.
        page.emulate_media(reduced_motion="reduce")
        log_in(page, address)
        found = findings(page)

        # Each kind of page in both themes, each page in one: the whole takes a minute.
        for number, (_, screen, _) in enumerate(MENU[::every]):
            theme = ("light", "dark")[number % 2]
            page.goto(f"{address}{screen.route_base}/list/")
            found += findings(page, theme)
            if "add" in (getattr(screen, "include_route_methods", None) or ()):
                page.goto(f"{address}{screen.route_base}/add")
                page.evaluate(OPEN_EDITORS)
                found += findings(page, theme)

        assert found == []


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
