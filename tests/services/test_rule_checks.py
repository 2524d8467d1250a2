"""Orders' rules and their campaign's fields: each keeps to the other."""

from typing import Any

import pytest
from flask import Flask

from app.db import db
from app.domain.errors import InvalidInput
from app.domain.people import Actor, MemberRole, Role
from app.domain.states import CampaignStatus, SubscriptionStatus
from app.jobs import routing, validation
from app.models.campaign import Campaign
from app.models.subscription import Subscription
from app.services import orders
from app.services.campaigns import save_campaign
from app.services.subscriptions import save_subscription
from tests.conftest import ADMIN
from tests.factories import (
    lead_of,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)

FIELDS = [
    {"name": "email", "type": "email", "required": True},
    {"name": "roof", "label": "Roof", "type": "select", "options": ["Tile", "Flat"]},
    {"name": "bill", "label": "Bill", "type": "number"},
]


def leaf(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "value": value}


def order_of(campaign: Campaign, rule: Any) -> Subscription:
    partner = make_partner()
    return Subscription(
        partner_id=partner.id,
        campaign_id=campaign.id,
        endpoint_id=make_endpoint(partner).id,
        filters=rule,
    )


def refusals(run: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        run()
    return {error.field: error.message for error in refused.value.errors}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("is_staff", [True, False])
def test_rule_on_what_the_campaign_has_not_is_refused_to_all(*, is_staff: bool) -> None:
    order = order_of(make_campaign(fields=FIELDS), leaf("rof", "eq", "Tile"))
    owner = Actor(Role.client, 1, order.partner_id, None, MemberRole.owner)
    actor = ADMIN if is_staff else owner

    said = refusals(lambda: save_subscription(order, actor))

    assert said == {"filters.field": "The campaign has no field rof."}


@pytest.mark.usefixtures("database")
def test_price_rules_and_fields_keep_to_each_other() -> None:
    campaign = make_campaign(fields=FIELDS)
    order = order_of(campaign, None)
    tile = {"when": leaf("roof", "eq", "Tile"), "price_cents": 1}
    order.price_rules = [tile, {"when": leaf("rof", "eq", "x"), "price_cents": 1}]

    said = refusals(lambda: save_subscription(order, ADMIN))
    order.price_rules = [tile]
    save_subscription(order, ADMIN)
    campaign.fields = FIELDS[:1]
    kept = refusals(lambda: save_campaign(campaign, ADMIN))

    assert said == {"price_rules[1].when.field": "The campaign has no field rof."}
    assert "The campaign has no field roof" in kept["fields"]


@pytest.mark.usefixtures("database")
def test_partner_learns_no_fields_of_a_draft() -> None:
    draft = make_campaign(fields=FIELDS, status=CampaignStatus.draft)
    order = order_of(draft, leaf("roof", "eq", "Slate"))
    owner = Actor(Role.client, 1, order.partner_id, None, MemberRole.owner)

    said = refusals(lambda: save_subscription(order, owner))

    assert set(said) == {"campaign_id"}


@pytest.mark.usefixtures("database")
def test_order_is_changed_otherwise_while_its_rule_is_out_of_date() -> None:
    order = make_subscription(make_campaign(fields=FIELDS), filters=leaf("x", "eq", 1))
    order.status = SubscriptionStatus.paused

    save_subscription(order, ADMIN)

    assert db.session.get(Subscription, order.id).status is SubscriptionStatus.paused


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (FIELDS[:1], "The campaign has no field roof"),
        ([FIELDS[0], FIELDS[1] | {"options": ["Flat"]}], "Tile is none of its options"),
        ([FIELDS[0], {"name": "roof", "type": "number"}], "Give a number"),
    ],
)
def test_campaign_keeps_the_fields_that_orders_filter_on(
    fields: list[dict[str, Any]], said: str
) -> None:
    campaign = make_campaign(fields=FIELDS)
    partner = make_partner(name="Acme")
    rule = {"all": [leaf("roof", "eq", "Tile")]}
    order = make_subscription(campaign, partner, filters=rule)
    campaign.fields = fields

    [message] = refusals(lambda: save_campaign(campaign, ADMIN)).values()

    assert message.startswith("Subscriptions filter on it, change them first: ")
    assert f"Acme (subscription {order.id}): {said}" in message


@pytest.mark.usefixtures("database")
def test_fields_go_when_no_order_needs_them_any_more() -> None:
    campaign = make_campaign(fields=FIELDS)
    rule = leaf("roof", "eq", "Tile")
    make_subscription(campaign, filters=rule, status=SubscriptionStatus.archived)
    make_subscription(campaign, filters=leaf("never", "eq", "there"))
    campaign.fields = FIELDS[:1]

    save_campaign(campaign, ADMIN)

    assert db.session.get(Campaign, campaign.id).fields == FIELDS[:1]


@pytest.mark.parametrize(
    "rule",
    [
        leaf("roof", "eq", "tile"),
        leaf("fields.bill", "between", [100, 200]),
        leaf("name", "eq", "Ada Byron"),
        leaf("campaign", "starts_with", "solar-"),
        leaf("submitted_at", "gt", "2020-01-01"),
        leaf("submitted_at", "lte", "2999-01-01T00:00:00Z"),
        leaf("validation_status", "in", ["valid", "risky", "unknown", "pending"]),
        leaf("test", "eq", False),
        leaf("score", "between", [0, 1]),
        leaf("source_id", "gt", 0),
        leaf("sub_id", "eq", "ad-7"),
        leaf("email", "is_set", True),
        leaf("city", "contains", "francisco"),
    ],
)
def test_every_standard_field_is_seen_by_the_router(
    committed: Flask, rule: dict[str, Any]
) -> None:
    campaign = make_campaign(fields=FIELDS)
    make_subscription(campaign, filters={"all": [rule]})
    make_subscription(campaign, filters={"not": rule})
    answers = {"roof": "Tile", "bill": 150}

    taken = take(make_source(campaign), fields=answers, sub_id="ad-7")
    validation.drain()
    routing.drain()

    assert lead_of(taken.public_id).slots_taken == 1
    sold = db.session.execute(
        db.text("SELECT subscription_id FROM transaction")
    ).scalars()
    assert list(sold) == [min(row.id for row in db.session.query(Subscription))]


def test_rules_are_compiled_once_for_each_version(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Any] = []
    real = orders.compile_rule
    monkeypatch.setattr(
        orders,
        "compile_rule",
        lambda rule, regex: (compiled.append(rule), real(rule, regex))[1],
    )
    campaign = make_campaign(max_sales=5)
    order = make_subscription(campaign, filters=leaf("state", "eq", "CA"))
    source = make_source(campaign)

    for rule in (order.filters, order.filters, leaf("state", "eq", "NV")):
        if rule != order.filters:
            order.filters = rule
            save_subscription(order, ADMIN)
        take(source)
        validation.drain()
        routing.drain()

    assert compiled == [leaf("state", "eq", "CA"), leaf("state", "eq", "NV")]
