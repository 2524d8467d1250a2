"""What tests in a browser share: a running server, a watched page, checks, log-ins."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page
from werkzeug.serving import make_server

EMAIL, PASSWORD = "admin@example.com", "a sound password 1"
OPERATOR, BUYER, SELLER = (
    f"{name}@example.com" for name in ("operator", "buyer", "seller")
)
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
OPEN_ALL = """
for (const input of document.querySelectorAll(".way:nth-child(2) input[type=radio]")) {
  input.click();
}
for (const folded of document.querySelectorAll("details:not([data-part])")) {
  folded.open = true;
}
"""
REFUSED = re.compile(r"responded with a status of (401|404|422) ")
FAILED = re.compile(r"responded with a status of (500|503) ")
# One with a name that takes as much room as any.
LONG_ZONE = "America/Argentina/Buenos_Aires"
THEMES = ("light", "dark")
AXE = {"resultTypes": ["violations"]}


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve the application on a free port."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def watched(
    browser: Browser,
    size: tuple[int, int] = SIZES[0],
    *,
    script: bool = True,
    refused: re.Pattern[str] = REFUSED,
    zone: str = "UTC",
) -> Iterator[Page]:
    """Open a page that fails the test on any error of its scripts.

    `refused` is what the console may be told of pages that were no success.
    """
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=script,
        timezone_id=zone,
        # Colours that still change would be measured half way.
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    errors: list[str] = []
    context.add_init_script(LISTENER)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda said: errors.append(said.text) if is_error(said, refused) else None,
    )
    try:
        yield page
        assert errors == []
    finally:
        context.close()


def is_error(said: ConsoleMessage, refused: re.Pattern[str]) -> bool:
    """Say whether the console was told of an error, not of a page that was refused."""
    is_refused = refused.search(said.text) and "/assets/" not in said.location["url"]
    return said.type == "error" and not is_refused


def check(page: Page) -> None:
    """Check that the page breaks no policy and scrolls in one direction alone."""
    # A click may have left for another page that has no content yet.
    page.wait_for_load_state("domcontentloaded")
    assert page.evaluate("window.violations") == [], page.url
    wide = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(wide) <= 0, page.url
    assert page.evaluate(UNNAMED) == [], page.url


def findings(page: Page, theme: str = "light") -> list[str]:
    """Return what axe finds serious or critical in a theme, all parts unfolded."""
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    page.evaluate(OPEN_ALL)
    return [
        f"{theme} {page.url} {one['id']}: {[n['target'] for n in one['nodes']]}"
        for one in Axe().run(page, options=AXE).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def log_in(page: Page, address: str, email: str = EMAIL) -> None:
    """Log in without showing the form, and open the first page."""
    form = page.request.get(f"{address}/login/").text()
    [token] = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', form)
    sent = {"csrf_token": token, "username": email, "password": PASSWORD}
    page.request.post(f"{address}/login/", form=sent, max_redirects=0)
    page.goto(f"{address}/")
    assert page.url == f"{address}/"


def pages_of(page: Page, address: str, screens: Any) -> Iterator[str]:
    """Open each list, the page of its first row, and its form."""
    for screen in screens:
        page.goto(f"{address}{screen.route_base}/list/")
        yield page.url
        if page.locator("td.main a").count():
            page.goto(address + page.locator("td.main a").first.get_attribute("href"))
            yield page.url
        if "add" in (getattr(screen, "include_route_methods", None) or ()):
            page.goto(f"{address}{screen.route_base}/add")
            yield page.url
