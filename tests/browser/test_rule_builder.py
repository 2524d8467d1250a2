"""The builder of rules in a browser: by keyboard, in groups, and without script."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from app.db import db
from app.domain.people import SYSTEM
from app.jobs import validation
from app.models.subscription import Subscription
from app.services.users import create_user
from tests.browser.site import (
    BUYER,
    EMAIL,
    PASSWORD,
    SIZES,
    THEMES,
    check,
    findings,
    log_in,
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

FIELDS = [
    {"name": "email", "label": "Email", "type": "email", "required": True},
    {"name": "state", "label": "State", "type": "state"},
    {
        "name": "roof",
        "label": "Roof",
        "type": "select",
        "options": ["Tile", "Flat, old", "Slate"],
    },
    {"name": "bill", "label": "Monthly bill", "type": "number"},
    {"name": "owner", "label": "Owns the house", "type": "boolean"},
]


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


NESTED = {
    "all": [
        leaf("state", "in", ["CA", "NV"]),
        {"any": [leaf("fields.bill", "gte", 50), leaf("fields.owner", "eq", True)]},
        {"not": {"any": [leaf("fields.roof", "in", ["Slate", "Flat, old"])]}},
        {"not": leaf("email", "contains", "spam")},
        leaf("submitted_at", "gte", "2020-01-01"),
    ]
}


@pytest.fixture
def orders(committed: Flask) -> Iterator[tuple[str, int, int]]:
    """A server with a campaign of ten leads, an order without rules and one with."""
    campaign = make_campaign(name="Solar West", fields=FIELDS)
    source = make_source(campaign)
    for number in range(10):
        roof = ["Tile", "Flat, old"][number % 2]
        take(source, fields={"roof": roof, "bill": number * 10, "owner": True})
    validation.drain()
    buyer = make_partner(name="Acme")
    plain = make_subscription(campaign, buyer).id
    nested = make_subscription(campaign, buyer, filters=NESTED).id
    create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    create_user(BUYER, PASSWORD, "Partner", SYSTEM, partner_id=buyer.id)
    db.session.commit()
    with serving(committed) as url:
        yield url, plain, nested


def filters_of(order: int) -> Any:
    db.session.expire_all()
    return db.session.get(Subscription, order).filters


def counted(page: Page, said: str) -> None:
    expect(page.locator("[data-matches]")).to_have_text(said)


def save(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()


def inputs(rule: Locator) -> tuple[Locator, Locator, Locator]:
    return (
        rule.locator("[name$='-field']"),
        rule.locator("[name$='-op']"),
        rule.locator("[data-cell=value] [name]").first,
    )


def test_rules_are_built_grouped_and_negated_by_keyboard(
    browser: Browser, orders: tuple[str, int, int]
) -> None:
    url, order, _ = orders
    with watched(browser) as page:
        log_in(page, url)
        page.goto(f"{url}/subscriptions/edit/{order}")
        counted(page, "10 leads came in the last 7 days.")
        page.get_by_label("Leads for which").focus()
        page.keyboard.press("Space")
        field, op, _ = inputs(page.locator("#filters [data-rule]").first)
        field.focus()
        field.select_option(label="Monthly bill")
        op.select_option(label="is at least")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("40")
        counted(page, "Matches 6 of 10 leads of the last 7 days.")
        first = page.locator("#filters [data-rule]").first
        first.get_by_role("button", name="Negate this rule").focus()
        page.keyboard.press("Enter")
        expect(op).to_have_value("not-gte")
        counted(page, "Matches 4 of 10 leads of the last 7 days.")
        first.get_by_role("button", name="Group this rule").focus()
        page.keyboard.press("Enter")
        group = page.locator("#filters .rule-group:not(.root)")
        group.get_by_role("button", name="Add a rule").focus()
        page.keyboard.press("Enter")
        expect(
            group.locator("[data-rule]").last.locator("select").first
        ).to_be_focused()
        field, op, _ = inputs(group.locator("[data-rule]").last)
        field.select_option(label="Roof")
        op.select_option(label="is one of")
        group.get_by_label("Flat, old").check()
        counted(page, "Matches 7 of 10 leads of the last 7 days.")
        group.get_by_role("button", name="Negate this group").click()
        counted(page, "Matches 3 of 10 leads of the last 7 days.")
        check(page)
        save(page)

    assert filters_of(order) == {
        "all": [
            {
                "not": {
                    "any": [
                        {"not": leaf("fields.bill", "gte", 40)},
                        leaf("fields.roof", "in", ["Flat, old"]),
                    ]
                }
            }
        ]
    }


def test_stored_rules_are_shown_and_saved_as_they_are(
    browser: Browser, orders: tuple[str, int, int]
) -> None:
    url, _, order = orders
    for size in SIZES:
        with watched(browser, size) as page:
            log_in(page, url)
            page.goto(f"{url}/subscriptions/edit/{order}")
            counted(page, "Matches 5 of 10 leads of the last 7 days.")
            found = [one for theme in THEMES for one in findings(page, theme)]
            check(page)
            page.goto(f"{url}/subscriptions/edit/{order}")
            counted(page, "Matches 5 of 10 leads of the last 7 days.")
            save(page)
            assert page.url.endswith(f"/subscriptions/show/{order}")

        assert found == []
        assert filters_of(order) == NESTED


def test_parts_are_removed_ungrouped_and_their_errors_told(
    browser: Browser, orders: tuple[str, int, int]
) -> None:
    url, _, order = orders
    with watched(browser, SIZES[1]) as page:
        log_in(page, url, BUYER)
        page.goto(f"{url}/portal/subscriptions/edit/{order}")
        counted(page, "Not counted: rules on Email could tell who somebody is.")
        groups = page.locator("#filters .rule-group:not(.root)")
        groups.nth(1).get_by_role("button", name="Remove this group").click()
        groups.nth(0).get_by_role("button", name="Ungroup this group").click()
        expect(groups).to_have_count(0)
        rules = page.locator("#filters [data-rule]")
        rules.nth(3).get_by_role("button", name="Remove this rule").click()
        rules.nth(1).locator("[data-cell=value] input").fill("much")
        expect(rules.nth(1).locator(".error")).to_contain_text("Give a number")
        check(page)
        save(page)
        expect(page.locator(".error-summary")).to_contain_text("Monthly bill: Give")
        expect(rules.nth(1).locator(".error")).to_contain_text("Give a number")
        assert findings(page) == []


def test_fields_follow_the_chosen_campaign(
    browser: Browser, orders: tuple[str, int, int]
) -> None:
    url, _, _ = orders
    with watched(browser) as page:
        log_in(page, url, BUYER)
        page.goto(f"{url}/portal/subscriptions/add")
        page.get_by_label("Leads for which").check()
        counted(page, "Choose a campaign to see how many of its leads match.")
        field, _, _ = inputs(page.locator("#filters [data-rule]").first)
        assert "Monthly bill" not in field.inner_text()

        page.locator("[name=campaign_id]").select_option(label="Solar West")

        counted(page, "About 10 leads came in the last 7 days.")
        expect(field.locator("option", has_text="Monthly bill")).to_have_count(1)


def test_rules_are_edited_without_script(
    browser: Browser, orders: tuple[str, int, int]
) -> None:
    url, _, order = orders
    with watched(browser, script=False) as page:
        log_in(page, url)
        page.goto(f"{url}/subscriptions/edit/{order}")
        rules = page.locator("#filters [data-rule]")
        inputs(rules.first)[2].fill("CA\nOR")
        spare = page.locator("#filters [data-group=''] > * > noscript [data-rule]")
        field, op, value = inputs(spare.first)
        field.select_option(label="Monthly bill")
        op.select_option(label="is between")
        value.fill("10, 60")
        save(page)

    rules = NESTED["all"]
    assert filters_of(order) == {
        "all": [
            leaf("state", "in", ["CA", "OR"]),
            *rules[1:],
            leaf("fields.bill", "between", [10, 60]),
        ]
    }


def test_prices_are_set_by_the_same_rules(
    browser: Browser, orders: tuple[str, int, int]
) -> None:
    url, order, _ = orders
    with watched(browser, SIZES[1]) as page:
        log_in(page, url)
        page.goto(f"{url}/subscriptions/edit/{order}")
        prices = page.locator("#price_rules")
        prices.get_by_label("By the first of these").check()
        prices.get_by_role("button", name="Add a row").click()
        for row, (price, label) in enumerate([("40", "Slate"), ("30.50", "Tile")]):
            part = prices.locator("[data-row]").nth(row)
            part.get_by_label("Price").fill(price)
            field, op, value = inputs(part.locator("[data-rule]").first)
            field.select_option(label="Roof")
            op.select_option(label="is")
            value.select_option(label=label)
        check(page)
        assert findings(page) == []
        page.goto(f"{url}/subscriptions/edit/{order}")
        prices.get_by_label("By the first of these").check()
        part = prices.locator("[data-row]").first
        part.get_by_label("Price").fill("40")
        inputs(part.locator("[data-rule]").first)[0].select_option(label="Roof")
        save(page)
        expect(part.locator(".error")).to_contain_text("Blank text")
        inputs(part.locator("[data-rule]").first)[2].select_option(label="Slate")
        save(page)

    db.session.expire_all()
    assert db.session.get(Subscription, order).price_rules == [
        {"when": {"all": [leaf("fields.roof", "eq", "Slate")]}, "price_cents": 4000}
    ]
