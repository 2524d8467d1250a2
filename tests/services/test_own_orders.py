"""What a partner's people may write: their own rows, and of those what is theirs."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db
from app.domain.errors import FieldError, InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor, Role
from app.domain.states import CampaignStatus, MemberRole, SubscriptionStatus
from app.models.partner import Endpoint, Partner
from app.models.subscription import Subscription
from app.services.campaigns import save_campaign
from app.services.endpoints import save_endpoint
from app.services.subscriptions import save_subscription
from tests.factories import (
    STAFF,
    count,
    make_campaign,
    make_endpoint,
    make_partner,
    make_subscription,
    make_vendor,
)

URL = "http://127.0.0.1:8999/never"


def owner_of(partner: Partner, member: MemberRole = MemberRole.owner) -> Actor:
    return Actor(Role.client, 7, partner_id=partner.id, member=member)


def refused(subscription: Subscription, actor: Actor) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        save_subscription(subscription, actor)
    return {error.field: error.code for error in refusal.value.errors}


def test_a_partner_orders_changes_and_pauses_what_is_its_own(database: Flask) -> None:
    partner, campaign = make_partner(), make_campaign()
    order = Subscription(
        partner_id=partner.id,
        campaign_id=campaign.id,
        endpoint_id=make_endpoint(partner).id,
    )
    actor = owner_of(partner, MemberRole.buyer)

    save_subscription(order, actor)
    order.daily_cap, order.price_cents = 5, campaign.price_cents + 100
    order.status = "paused"
    save_subscription(order, actor)

    assert order.status is SubscriptionStatus.paused
    assert (order.daily_cap, order.price_cents, order.version) == (5, 2600, 2)


def test_what_staff_set_stays_theirs_on_new_and_stored_orders(database: Flask) -> None:
    partner, campaign = make_partner(), make_campaign()
    stored = make_subscription(campaign, partner)
    new = Subscription(
        partner_id=partner.id,
        campaign_id=make_campaign().id,
        endpoint_id=make_endpoint(partner).id,
        priority=0,
        weight=9,
    )
    actor = owner_of(partner)

    stored.priority, stored.status = 3, "archived"
    on_stored = refused(stored, actor)
    on_new = refused(new, actor)

    assert on_stored == {"priority": "staff_only", "status": "staff_only"}
    assert on_new == {"priority": "staff_only", "weight": "staff_only"}


@pytest.mark.parametrize("member", [None, MemberRole.viewer, MemberRole.uploader])
def test_who_only_reads_writes_nothing(
    database: Flask, member: MemberRole | None
) -> None:
    partner = make_partner()
    order = make_subscription(make_campaign(), partner)
    viewer = replace(owner_of(partner), member=member)

    with pytest.raises(NotAllowed):
        save_subscription(order, viewer)
    with pytest.raises(NotAllowed):
        save_endpoint(make_endpoint(partner), viewer)


def test_anothers_row_is_as_one_that_is_not_there(database: Flask) -> None:
    order = make_subscription(make_campaign())
    stranger = owner_of(make_partner())
    endpoint = db.session.get_one(Endpoint, order.endpoint_id)
    order.daily_cap = 1

    with pytest.raises(NotFound):
        save_subscription(order, stranger)
    with pytest.raises(NotFound):
        save_endpoint(endpoint, stranger)


def test_a_row_is_neither_taken_over_nor_given_away(database: Flask) -> None:
    mine, other = make_partner(), make_partner()
    actor = owner_of(mine)
    taken = make_subscription(make_campaign(), other)
    given = make_subscription(make_campaign(), mine)
    made = Endpoint(partner_id=other.id, name="Theirs", url=URL)

    for order, partner_id in ((taken, mine.id), (given, other.id)):
        order.partner_id = partner_id
        with pytest.raises(NotFound):
            save_subscription(order, actor)
    with pytest.raises(NotFound):
        save_endpoint(made, actor)


def test_anothers_endpoint_is_refused(database: Flask) -> None:
    mine = make_partner()
    order = make_subscription(make_campaign(), mine)
    actor, foreign = owner_of(mine), make_endpoint(make_partner()).id
    order.endpoint_id = foreign

    assert refused(order, actor) == {"endpoint_id": "unknown"}


def test_a_partner_pays_the_campaigns_price_or_more(database: Flask) -> None:
    partner = make_partner()
    order = make_subscription(make_campaign(price_cents=2500), partner)
    actor = owner_of(partner)
    order.price_cents = 2499
    assert refused(order, actor) == {"price_cents": "out_of_range"}

    order.price_cents = 2000
    save_subscription(order, STAFF)
    order.daily_cap = 3
    save_subscription(order, actor)

    # What the operator agreed to holds until the partner itself asks for another.
    assert (order.price_cents, order.daily_cap) == (2000, 3)


def test_a_partner_orders_only_what_is_on_sale(database: Flask) -> None:
    partner, campaign = make_partner(), make_campaign()
    campaign.status = CampaignStatus.paused
    save_campaign(campaign, STAFF)
    order = Subscription(
        partner_id=partner.id,
        campaign_id=campaign.id,
        endpoint_id=make_endpoint(partner).id,
    )

    assert refused(order, owner_of(partner)) == {"campaign_id": "not_active"}


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_drafts_and_others_endpoints_are_as_what_is_not_there(
    database: Flask, currency: str
) -> None:
    partner = make_partner()
    draft = make_campaign(status=CampaignStatus.draft, currency=currency)
    theirs = make_endpoint(make_partner()).id

    def told(campaign_id: int, endpoint_id: int) -> list[FieldError]:
        order = Subscription(partner_id=partner.id, price_cents=1)
        order.campaign_id, order.endpoint_id = campaign_id, endpoint_id
        with pytest.raises(InvalidInput) as refusal:
            save_subscription(order, owner_of(partner))
        return refusal.value.errors

    assert told(draft.id, theirs) == told(10**9, 10**9)


def test_a_circuit_that_a_person_closes_is_in_the_audit_log(database: Flask) -> None:
    partner = make_partner()
    endpoint, actor = make_endpoint(partner, url=URL), owner_of(partner)
    failed = text("UPDATE endpoint SET failures = 12, open_until = now()")
    db.session.execute(failed)
    db.session.refresh(endpoint)

    endpoint.name = "Renamed"
    save_endpoint(endpoint, actor)
    before = count("audit", "action = 'endpoint.circuit_reset'")
    endpoint.url = f"{URL}/anew"
    save_endpoint(endpoint, actor)
    endpoint.url = f"{URL}/again"
    save_endpoint(endpoint, actor)

    assert before == 0
    assert endpoint.failures == 0
    assert count("audit", "action = 'endpoint.circuit_reset'") == 1


def test_only_an_owner_says_where_leads_go(database: Flask) -> None:
    partner = make_partner()
    made = Endpoint(partner_id=partner.id, name="Ours", url=URL)

    shown = save_endpoint(made, owner_of(partner))
    made.name = "Renamed"

    assert shown["signing_secret"].startswith("whsec_")
    with pytest.raises(NotAllowed):
        save_endpoint(made, owner_of(partner, MemberRole.buyer))


def test_a_vendor_writes_neither(database: Flask) -> None:
    vendor = Actor(Role.vendor, 8, vendor_id=make_vendor().id, member=MemberRole.owner)
    order = make_subscription(make_campaign())

    with pytest.raises(NotAllowed):
        save_subscription(order, vendor)
    with pytest.raises(NotAllowed):
        save_endpoint(db.session.get_one(Endpoint, order.endpoint_id), vendor)
