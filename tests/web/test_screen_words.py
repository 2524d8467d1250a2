"""What screens say of rows: words instead of JSON, amounts in their own currency."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from app.db import db
from app.domain.people import Actor, Role
from app.models.lead import Refusal
from app.services.subscriptions import save_subscription
from app.services.wallet import credit_partner
from app.views.leads import told
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
)
from tests.web.screens import logged_in

ADMIN = Actor(role=Role.admin, user_id=1)


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


def test_an_order_in_yen_has_no_decimals(admin: FlaskClient) -> None:
    campaign = make_campaign(currency="JPY", price_cents=4800)
    partner = make_partner(0, currency="JPY", timezone="Asia/Tokyo")
    order = make_subscription(campaign, partner)

    as_campaign = admin.get(f"/subscriptions/show/{order.id}").text
    order.price_cents, order.daily_budget_cents = 5200, 480_000
    save_subscription(order, ADMIN)
    own = admin.get(f"/subscriptions/show/{order.id}").text

    assert "¥4,800" in as_campaign
    assert "At all times" in as_campaign
    assert escape("Asia/Tokyo, the account's") in as_campaign
    assert "¥5,200" in own
    assert "¥480,000" in own


def test_the_audit_log_counts_in_the_currency_of_what_was_changed(
    admin: FlaskClient,
) -> None:
    partner = make_partner(0, currency="JPY")
    credit_partner(partner.id, 9600, "Bank transfer", ADMIN)

    assert "<ins>¥9,600</ins>" in admin.get("/audit/list/").text


def test_a_refused_post_is_named_by_its_reason(admin: FlaskClient) -> None:
    source = make_source(make_campaign(), name="Posts")
    refusal = Refusal(
        campaign_id=source.campaign_id,
        source_id=source.id,
        code="invalid",
        status=422,
        errors=[{"field": "email", "code": "disposable_email"}],
        masked={"email": "a***@e***.org"},
    )
    db.session.add(refusal)
    db.session.commit()

    text = admin.get(f"/refused/show/{refusal.id}").text

    assert "<h1>Invalid: Posts</h1>" in text
    assert "email: disposable email" in text
    assert "email: disposable email" in admin.get("/refused/list/").text


def test_an_endpoint_without_rules_says_what_holds(admin: FlaskClient) -> None:
    endpoint = make_endpoint(make_partner(0))

    text = admin.get(f"/endpoints/show/{endpoint.id}").text

    assert "The standard body" in text
    assert "Any 2xx accepts the lead" in text
    assert f'data-copy="{endpoint.url}"' in text


def test_a_step_of_a_lead_is_told_without_ids() -> None:
    detail = {"delivery_id": 5, "partner_id": 3, "attempts": 2, "status": "accepted"}

    assert told(detail, {3: "Sunny"}, "USD") == "Sunny · Attempts 2"
    assert told({"amount_cents": 500, "by": "user:1"}, {}, "JPY") == "¥500 · By user:1"
