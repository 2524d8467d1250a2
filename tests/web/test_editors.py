"""Forms that edit structured values: rows in, JSON stored, errors in place."""

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.domain.schedule import DAYS
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.subscription import Subscription
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_subscription,
)
from tests.web.screens import logged_in
from tests.web.test_screens import CAMPAIGN

SELECT = re.compile(r'<select[^>]*name="([^"]+)"(.*?)</select>', re.DOTALL)
AREA = re.compile(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', re.DOTALL)
ORDER = {
    "mode": "auto",
    "pacing": "asap",
    "at_cap": "skip",
    "status": "active",
    "priority": "0",
    "weight": "1",
    "backfill_days": "0",
    "percent": "0",
    "sale_type": "shared",
}
NESTED = {"any": [{"all": [{"field": "state", "op": "eq", "value": "CA"}]}]}
FIELDS = [{"name": "roof_age", "type": "number"}, {"name": "state", "type": "state"}]
STORED: list[tuple[str, Any]] = [
    ("filters", {"all": [{"field": "state", "op": "in", "value": ["CA", "NV"]}]}),
    ("filters", {"any": [{"field": "score", "op": "gte", "value": 0.5}]}),
    ("filters", {"all": [{"field": "zip", "op": "eq", "value": "01234"}]}),
    ("filters", {"all": [{"field": "email", "op": "is_set", "value": False}]}),
    ("filters", {"all": [{"field": "score", "op": "between", "value": [1, 2]}]}),
    ("filters", NESTED),
    ("filters", {"all": [{"field": "zip", "op": "eq", "value": 5}]}),
    ("schedule", [{"days": ["mon", "tue"], "from": "09:00", "to": "24:00"}]),
    ("price_rules", [{"when": NESTED["any"][0]["all"][0], "price_cents": 4050}]),
    ("price_rules", [{"when": NESTED, "price_cents": 0}]),
    ("weekday_caps", {"mon": 200, "sat": 0}),
    ("weekday_caps", dict.fromkeys(DAYS, 10**9)),
    ("weekday_budgets_cents", {"tue": 12_345, "sun": 0}),
    ("weekday_budgets_cents", None),
    ("schedule", []),
    ("schedule", None),
]


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


def inputs(page: str) -> dict[str, Any]:
    """Return what a browser would send of the page's form, untouched."""
    form = page[page.index("<form class=") : page.index('<div class="form-end">')]
    form = re.sub(r"<(template|noscript).*?</\1>", "", form, flags=re.DOTALL)
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]+>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = attributes.get("type") in ("checkbox", "radio")
        if "name" in attributes and (not is_box or " checked" in tag):
            value = html.unescape(attributes.get("value", ""))
            found.setdefault(attributes["name"], []).append(value)
    for name, body in SELECT.findall(form):
        chosen = re.findall(r'<option selected value="([^"]*)"', body)
        chosen += re.findall(r'<option value="([^"]*)" selected', body)
        found[name] = chosen or re.findall(r'<option[^>]*value="([^"]*)"', body)[:1]
    for name, text in AREA.findall(form):
        found[name] = [html.unescape(text).strip()]
    return found


@pytest.mark.parametrize(("name", "value"), STORED)
def test_saving_a_form_untouched_changes_nothing(
    admin: FlaskClient, name: str, value: Any
) -> None:
    order = make_subscription(make_campaign(), **{name: value})
    path = f"/subscriptions/edit/{order.id}"

    answer = admin.post(path, data=inputs(admin.get(path).text))

    assert answer.status_code == 302, answer.text
    assert getattr(db.session.get(Subscription, order.id), name) == value


def test_limits_by_weekday_are_typed_and_refused_at_their_day(
    admin: FlaskClient,
) -> None:
    order = make_subscription(make_campaign())
    number, path = order.id, f"/subscriptions/edit/{order.id}"
    typed = {
        **ORDER,
        "endpoint_id": str(order.endpoint_id),
        "weekday_caps-as": "days",
        "weekday_caps-days-mon": "1,200",
        "weekday_caps-days-tue": "-4",
        "weekday_budgets_cents-as": "days",
        "weekday_budgets_cents-days-sat": "many",
    }

    refused = html.unescape(admin.post(path, data=typed).text)
    typed |= {"weekday_caps-days-tue": "", "weekday_budgets_cents-days-sat": "12.50"}
    saved = admin.post(path, data=typed)

    assert "Tue: Send a number from 0 to 1000000000." in refused
    assert "Sat: " in refused
    assert 'value="1,200"' in refused
    assert saved.status_code == 302, saved.text
    order = db.session.get_one(Subscription, number)
    assert order.weekday_caps == {"mon": 1_200}
    assert order.weekday_budgets_cents == {"sat": 1_250}
    page = admin.get(f"/subscriptions/show/{number}").text
    assert "Mon 1,200" in page
    assert "Sat $12.50" in page


def test_an_order_that_never_opens_is_saved_and_says_so(admin: FlaskClient) -> None:
    order = make_subscription(make_campaign())
    number, path = order.id, f"/subscriptions/edit/{order.id}"
    never = {**inputs(admin.get(path).text), "schedule-as": "never"}

    saved = admin.post(path, data=never, follow_redirects=True)

    assert "Its schedule never opens: it takes no leads." in saved.text
    assert "Never open" in admin.get("/subscriptions/list/").text
    assert db.session.get_one(Subscription, number).schedule == []


def test_a_campaigns_lists_survive_their_editors(admin: FlaskClient) -> None:
    fields = [
        {"name": "email", "type": "email", "required": True},
        {
            "name": "roof",
            "label": "Roof",
            "type": "select",
            "options": ["tile", "flat"],
        },
        {"name": "consent", "type": "consent", "required": True},
    ]
    checks = [{"check": "email", "providers": ["offline"], "on": {"risky": "review"}}]
    campaign = make_campaign(fields=fields, checks=checks)
    path = f"/campaigns/edit/{campaign.id}"
    page = admin.get(path).text

    answer = admin.post(path, data=inputs(page))

    assert 'value="rows" checked' in page
    assert answer.status_code == 302, answer.text
    stored = db.session.get(Campaign, campaign.id)
    assert stored.fields[1] == {**fields[1], "required": False}
    assert stored.checks == [{**checks[0], "required": True}]


def test_prices_by_age_survive_their_editor(admin: FlaskClient) -> None:
    steps = [{"after_hours": 24, "percent": 50}, {"after_hours": 48, "percent": 0}]
    campaign = make_campaign(age_prices=steps)
    path = f"/campaigns/edit/{campaign.id}"
    form = inputs(admin.get(path).text)

    kept = admin.post(path, data=form)
    assert kept.status_code == 302, kept.text
    assert db.session.get(Campaign, campaign.id).age_prices == steps

    refused = admin.post(path, data={**form, "age_prices-rows-1-percent": ["60"]})
    assert "Row 2, percent: Send a percentage from 0 to 49" in refused.text


def test_price_rule_is_typed_in_the_campaigns_currency(admin: FlaskClient) -> None:
    order = make_subscription(make_campaign(fields=FIELDS))
    path = f"/subscriptions/edit/{order.id}"
    page = admin.get(path).text
    form = inputs(page) | {
        "price_rules-as": ["rows"],
        "price_rules-rows-0-when-0-field": ["state"],
        "price_rules-rows-0-when-0-op": ["in"],
        "price_rules-rows-0-when-0-value": ["CA, NV"],
        "price_rules-rows-0-price_cents": ["40.50"],
    }

    typed = admin.post(path, data=form)
    bad = admin.post(path, data={**form, "price_rules-rows-0-price_cents": ["-1"]})
    shown = admin.get(f"/subscriptions/show/{order.id}").text

    assert '<option value="fields.roof_age">' in page
    assert typed.status_code == 302, typed.text
    assert db.session.get(Subscription, order.id).price_rules == [
        {
            "when": {"all": [{"field": "state", "op": "in", "value": ["CA", "NV"]}]},
            "price_cents": 4050,
        }
    ]
    assert "Row 1, price: Send a price from 0" in bad.text
    assert "State is one of CA, NV: $40.50" in shown
    assert "By its rules alone" in shown


PINGS: list[dict[str, Any]] = [
    {"url": "http://127.0.0.1:8099/p", "price": "$.price"},
    {
        "url": "http://127.0.0.1:8099/p",
        "price": "$.bid.amount",
        "currency": "$.bid.currency",
        "unit": "major",
        "ping_id": "$.id",
        "accept": {"jsonpath": "$.status", "equals": "matched"},
        "mapping": [
            {"target": "where.state", "source": "state"},
            {"target": "test", "source": "'yes'", "transform": "upper"},
        ],
    },
]


@pytest.mark.parametrize("ping", PINGS)
def test_a_ping_survives_its_editor(admin: FlaskClient, ping: dict[str, Any]) -> None:
    endpoint = make_endpoint(make_partner(), url="http://127.0.0.1:8099/x", ping=ping)
    path = f"/endpoints/edit/{endpoint.id}"
    page = admin.get(path).text

    answer = admin.post(path, data=inputs(page))
    shown = admin.get(f"/endpoints/show/{endpoint.id}").text

    assert 'name="ping-as" value="rows" checked' in page
    assert answer.status_code == 302, answer.text
    stored = db.session.get(Endpoint, endpoint.id).ping
    lines = [{"transform": None, **one} for one in ping.get("mapping", [])]
    assert stored == ({**ping, "mapping": lines} if lines else ping)
    assert f"Price at {ping['price']}" in shown


def test_a_ping_that_tells_contact_data_is_refused_in_its_row(
    admin: FlaskClient,
) -> None:
    endpoint = make_endpoint(make_partner(), url="http://127.0.0.1:8099/x")
    path = f"/endpoints/edit/{endpoint.id}"
    form = inputs(admin.get(path).text) | {
        "ping-as": ["rows"],
        "ping-rows-url": ["http://10.0.0.1/ping"],
        "ping-rows-price": ["$.price"],
        "ping-rows-0-target": ["mail"],
        "ping-rows-0-source": ["email"],
    }

    answer = admin.post(path, data=form)

    assert "Row 1, source: A ping tells nothing by which a person" in answer.text
    assert "Url: This address is private" in answer.text
    assert db.session.get(Endpoint, endpoint.id).ping is None


def test_an_endpoints_lists_survive_their_editors(admin: FlaskClient) -> None:
    mapping = [{"target": "person.mail", "source": "email", "transform": "lower"}]
    rules = [
        {"when": {"status": [200, 201]}, "verdict": "accepted"},
        {"when": {"jsonpath": "$.result", "equals": "no"}, "verdict": "rejected"},
    ]
    endpoint = make_endpoint(
        make_partner(),
        url="http://127.0.0.1:8099/x",
        mapping=mapping,
        reply_rules=rules,
    )
    path = f"/endpoints/edit/{endpoint.id}"

    answer = admin.post(path, data=inputs(admin.get(path).text))

    assert answer.status_code == 302, answer.text
    stored = db.session.get(Endpoint, endpoint.id)
    assert stored.mapping == mapping
    assert stored.reply_rules == rules


def test_hours_are_typed_as_rows_and_blank_rows_are_left_out(
    admin: FlaskClient,
) -> None:
    order = make_subscription(make_campaign())
    rows = {
        "schedule-as": "hours",
        "schedule-hours-0-from": "",
        "schedule-hours-2-days": ["mon", "fri"],
        "schedule-hours-2-from": "09:00",
        "schedule-hours-2-to": "17:00",
    }

    answer = admin.post(
        f"/subscriptions/edit/{order.id}",
        data={**ORDER, **rows, "endpoint_id": order.endpoint_id},
    )

    assert answer.status_code == 302, answer.text
    stored = db.session.get(Subscription, order.id).schedule
    assert stored == [{"days": ["mon", "fri"], "from": "09:00", "to": "17:00"}]


def test_an_error_stands_at_its_row_with_what_was_typed(admin: FlaskClient) -> None:
    order = make_subscription(make_campaign())
    rows = {
        "schedule-as": "hours",
        "schedule-hours-1-days": "mon",
        "schedule-hours-1-from": "25:99",
        "schedule-hours-1-to": "17:00",
        "priority": "much",
    }

    page = admin.post(
        f"/subscriptions/edit/{order.id}",
        data={**ORDER, **rows, "endpoint_id": order.endpoint_id},
    ).text

    assert 'value="25:99"' in page
    assert "From: " in page or "from: " in page
    assert 'id="priority-error"' in page
    assert 'aria-invalid="true"' in page


def test_the_forms_errors_and_the_services_are_told_at_once(
    admin: FlaskClient,
) -> None:
    make_campaign(slug="solar")
    wrong = {"price_cents": "abc", "slug": "Not A Slug", "currency": "ABC"}

    page = admin.post("/campaigns/add", data={**CAMPAIGN, **wrong}).text

    for name in wrong:
        assert f'id="{name}-error"' in page
        assert f'href="#{name}"' in page
    assert db.session.query(Campaign).count() == 1


@pytest.mark.parametrize(
    ("currency", "typed", "stored"), [("JPY", "2,500", 2500), ("KWD", "2.5", 2500)]
)
def test_money_is_typed_and_shown_in_the_currencys_own_unit(
    admin: FlaskClient, currency: str, typed: str, stored: int
) -> None:
    data = {**CAMPAIGN, "currency": currency, "price_cents": typed}

    answer = admin.post("/campaigns/add", data=data)

    assert answer.status_code == 302, answer.text
    campaign = db.session.query(Campaign).one()
    assert campaign.price_cents == stored
    shown = {"JPY": "2500", "KWD": "2.500"}[currency]
    assert f'value="{shown}"' in admin.get(f"/campaigns/edit/{campaign.id}").text


def test_a_limit_of_money_is_told_in_its_unit(admin: FlaskClient) -> None:
    page = admin.post("/campaigns/add", data={**CAMPAIGN, "price_cents": "-1"}).text

    assert "Enter an amount from 0.00 to 10,000,000,000.00." in page


def test_a_form_sent_twice_adds_one_row(admin: FlaskClient) -> None:
    data = {"name": "North", "status": "active", "currency": "USD", "once": "k1"}
    data |= {"timezone": "UTC", "billing_mode": "prepaid", "credit_limit_cents": "0"}

    places = [admin.post("/partners/add", data=data).headers["Location"] for _ in "12"]

    assert places[0] == places[1]
    assert db.session.query(Partner).count() == 1


def test_a_credit_sent_twice_is_booked_once(admin: FlaskClient) -> None:
    partner = make_partner(wallet_cents=0)
    data = {"amount_cents": "12.50", "reason": "Transfer", "once": "k2"}

    for _ in range(2):
        admin.post(f"/partners/credit/{partner.id}", data=data)

    assert "$12.50" in admin.get(f"/partners/show/{partner.id}").text


def test_a_form_that_failed_may_be_sent_again_with_its_key(admin: FlaskClient) -> None:
    data = {**CAMPAIGN, "once": "k3", "currency": "ABC"}
    admin.post("/campaigns/add", data=data)

    answer = admin.post("/campaigns/add", data={**data, "currency": "USD"})

    assert answer.status_code == 302, answer.text


def test_many_rows_are_searched_and_only_the_chosen_one_is_rendered(
    admin: FlaskClient,
) -> None:
    for number in range(25):
        make_partner(0, name=f"Buyer number {number}")

    page = admin.get("/subscriptions/add").text
    found = admin.get("/partners/options/?q=buyer number 17").json

    assert "Buyer number" not in page
    assert 'data-url="/partners/options/"' in page
    assert [item["text"] for item in found] == ["Buyer number 17"]


def test_endpoints_to_choose_are_the_partners_own(admin: FlaskClient) -> None:
    order = make_subscription(make_campaign())
    other = make_endpoint(make_partner())
    path = f"/subscriptions/edit/{order.id}"

    page = admin.get(path).text
    answer = admin.post(path, data={**ORDER, "endpoint_id": other.id})

    assert f'value="{other.id}"' not in page
    assert 'id="endpoint_id-error"' in answer.text


def test_credentials_are_typed_kept_and_never_shown(admin: FlaskClient) -> None:
    partner = make_partner()
    data = {"partner_id": partner.id, "name": "CRM", "url": "http://127.0.0.1:8099/x"}
    data |= {"format": "json", "timeout_s": "15", "auth-as": "bearer"}
    added = admin.post("/endpoints/add", data={**data, "auth-bearer-token": "t0p"})
    endpoint = db.session.query(Endpoint).one()
    sealed = endpoint.auth_sealed
    path = f"/endpoints/edit/{endpoint.id}"

    page = admin.get(path).text
    kept = admin.post(path, data=inputs(page))

    assert added.status_code == 302, added.text
    assert "As stored (bearer)" in page
    assert "t0p" not in page
    assert kept.status_code == 302, kept.text
    assert db.session.get(Endpoint, endpoint.id).auth_sealed == sealed


def test_a_partner_searches_nobodys_rows(database: Flask) -> None:
    make_partner(name="Secret name")
    partner = make_partner()
    browser = logged_in(database, "Partner", "p@example.com", partner_id=partner.id)

    assert browser.get("/partners/options/?q=Secret").status_code == 403
