"""Every form that a person reaches: found by following links, sent once with errors."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from playwright.sync_api import Page

from tests.browser.site import THEMES, check, findings

HERE = "links => links.map((one) => one.href).filter((url) => url.startsWith(origin))"
MENU, LINKS, ROW = "nav a", "main a[href]", "td.main a"
INPUTS = "main form[method=post] :is(input:not([type=hidden]), select, textarea)"
# What no field takes, whatever it holds: a text, an amount, an address, a word.
SPOIL = """
(text) => {
  const spoilt = "main form[method=post] :is(input[type=text], input[type=email], "
    + "input[type=password], input:not([type]), textarea)";
  for (const input of document.querySelectorAll(spoilt)) {
    input.removeAttribute("maxlength");
    input.value = text;
  }
}
"""
SEND = """
(inputs) => {
  const form = document.querySelector(inputs).form;
  form.noValidate = true;
  form.requestSubmit();
}
"""
PAGES = re.compile(r"/(list|show|download|docs|l)/|/(download)?$")
# Labels that lie over the input of another one; what sticks below lies over anything.
COVERED = """
() => {
  const box = (one) => one.getBoundingClientRect();
  const shown = (one) => box(one).width > 1 && !one.closest(".form-end");
  const every = "main form :is(input, select, textarea)";
  const inputs = [...document.querySelectorAll(every)];
  const labels = [...document.querySelectorAll("main form label")].filter(shown);
  return inputs.filter(shown).flatMap((input) => labels.filter((label) => {
    const [a, b] = [box(input), box(label)];
    return !label.contains(input)
      && a.left < b.right - 1 && b.left < a.right - 1
      && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  }).map((label) => `${label.textContent.trim()} over ${input.name}`));
}
"""
TOO_LONG = "x" * 2500


def paths_of(page: Page, selector: str) -> list[str]:
    """Return the paths that links of this page lead to, each once, in order."""
    found = page.locator(selector).evaluate_all(HERE)
    return list(dict.fromkeys(urlsplit(one).path for one in found))


def forms_of(page: Page, address: str) -> list[str]:
    """Return the path of every form that lists, first rows and the account lead to."""
    page.goto(f"{address}/")
    lists = [*paths_of(page, MENU), "/me/"]
    linked: list[str] = []
    for path in lists:
        page.goto(address + path)
        linked += paths_of(page, LINKS)
        if page.locator(ROW).count():
            page.goto(address + paths_of(page, ROW)[0])
            linked += paths_of(page, LINKS)
    # One row of each kind will do.
    kinds = {re.sub(r"\d+", "#", path): path for path in reversed(linked)}
    return sorted(path for path in kinds.values() if not PAGES.search(path))


def look_at(page: Page, address: str, path: str) -> Iterator[str]:
    """Yield what axe finds in a form: as it opens, and with an error at its fields."""
    page.goto(address + path)
    if not page.locator(INPUTS).count():
        return
    check(page)
    for theme in THEMES:
        yield from findings(page, theme)
    yield from page.evaluate(COVERED)
    page.evaluate(SPOIL, TOO_LONG)
    with page.expect_navigation():
        page.evaluate(SEND, INPUTS)
    assert page.locator(".error, .error-summary").count(), f"{path} took anything"
    check(page)
    for theme in THEMES:
        yield from findings(page, theme)
