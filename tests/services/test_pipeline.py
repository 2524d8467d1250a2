"""The whole way: received, validated, scored, routed, delivered, captured."""

import json

import pytest
from lxml import etree

from app.domain.states import (
    DeliveryStatus,
    EndpointFormat,
    LeadStatus,
    TransactionStatus,
)
from app.jobs import delivery, routing, validation
from app.services.integrity import run_checks
from app.services.review import approve_lead, reject_lead
from app.services.trace import trace_of
from app.services.wallet import wallet_of
from tests.factories import (
    STAFF,
    count,
    lead_of,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer, Says

pytestmark = pytest.mark.usefixtures("database")


def run_all() -> None:
    """Let every stage do what is due, until nothing is."""
    for _ in range(5):
        validation.drain()
        routing.drain()
        delivery.drain()


def assert_books_balance() -> None:
    assert [c for c in run_checks()["checks"] if not c["ok"]] == []


def test_lead_reaches_the_partner_and_is_charged(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign(price_cents=2500)
    vendor = make_vendor(commission_bp=2000)
    buyer = make_partner(10_000)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)

    taken = take(make_source(campaign, vendor), fields={"roof": "tile"})
    run_all()

    lead = lead_of(taken.public_id)
    assert lead.status is LeadStatus.sold
    assert wallet_of(buyer.id)["balance_cents"] == 7500
    [request] = partner.received
    body = json.loads(request.body)
    assert body["contact"]["first_name"] == "Ada"
    assert body["fields"] == {"roof": "tile"}
    assert request.headers["idempotency-key"] == body["transaction_id"]
    assert request.headers["webhook-signature"].startswith("v1,")
    assert count("account", "kind = 'payable' AND balance_cents = 2000") == 1
    assert_books_balance()


def test_trace_tells_every_step_and_every_decision(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    rich = make_partner(10_000)
    won = make_subscription(
        campaign, rich, endpoint_id=make_endpoint(rich, url=partner.url).id
    )
    poor = make_subscription(campaign, make_partner(0))
    capped = make_subscription(campaign, make_partner(), daily_cap=0)
    picky = make_subscription(
        campaign,
        filters={"all": [{"field": "state", "op": "eq", "value": "NY"}]},
    )

    taken = take(make_source(campaign))
    run_all()

    lead = lead_of(taken.public_id)
    trace = trace_of(lead.id)
    kinds = [event["kind"] for event in trace["events"]]
    assert kinds == ["received", "validated", "scored", "held", "delivered"]
    reasons = {d["subscription_id"]: d["reason"] for d in trace["decisions"]}
    assert reasons[won.id] is None
    assert reasons[poor.id] == "insufficient_funds"
    assert reasons[capped.id] == "cap:day"
    assert reasons[picky.id].startswith("filter:")


def test_partner_gets_xml_where_its_endpoint_wants_xml(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url, format=EndpointFormat.xml)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)

    take(make_source(campaign), first_name="Ada & <Co>")
    run_all()

    root = etree.fromstring(partner.received[0].body)
    assert root.tag == "lead"
    assert root.findtext("contact/first_name") == "Ada & <Co>"


def test_rejected_lead_goes_to_the_next_partner(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    first, second = make_partner(10_000), make_partner(10_000)
    for number, buyer in enumerate((first, second)):
        endpoint = make_endpoint(buyer, url=partner.url)
        make_subscription(campaign, buyer, endpoint_id=endpoint.id, priority=number)
    partner.says(Says(422, b"no"), Says(200))

    taken = take(make_source(campaign))
    run_all()

    assert lead_of(taken.public_id).status is LeadStatus.sold
    assert wallet_of(first.id)["available_cents"] == 10_000
    assert wallet_of(second.id)["available_cents"] == 7500
    assert_books_balance()


def test_shared_lead_is_sold_up_to_its_limit_and_once_per_partner(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign(max_sales=2)
    for _ in range(3):
        buyer = make_partner()
        endpoint = make_endpoint(buyer, url=partner.url)
        make_subscription(campaign, buyer, endpoint_id=endpoint.id)
        make_subscription(campaign, buyer, endpoint_id=endpoint.id)

    taken = take(make_source(campaign))
    run_all()

    lead = lead_of(taken.public_id)
    assert (lead.sold_count, lead.status) == (2, LeadStatus.sold)
    assert count("transaction") == 2
    assert_books_balance()


def test_silent_partner_keeps_slot_and_money(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    buyer, other = make_partner(10_000), make_partner(10_000)
    endpoint = make_endpoint(buyer, url=partner.url, timeout_s=1)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id, priority=0)
    make_subscription(
        campaign,
        other,
        endpoint_id=make_endpoint(other, url=partner.url).id,
        priority=1,
    )
    partner.says(Says(wait_s=1.5))

    take(make_source(campaign))
    validation.drain()
    routing.drain()
    delivery.drain()

    assert count("delivery", "status = 'unknown' AND maybe_taken") == 1
    assert wallet_of(buyer.id)["held_cents"] == 2500
    assert len(partner.received) == 1
    assert_books_balance()


def test_approval_is_waited_for(partner: PartnerServer) -> None:
    campaign = make_campaign(requires_approval=True)
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    source = make_source(campaign)
    approved, rejected = take(source), take(source)

    run_all()
    waiting = {lead_of(t.public_id).status for t in (approved, rejected)}
    approve_lead(lead_of(approved.public_id).id, STAFF)
    reject_lead(lead_of(rejected.public_id).id, "bogus", STAFF)
    run_all()

    assert waiting == {LeadStatus.review}
    assert lead_of(approved.public_id).status is LeadStatus.sold
    assert lead_of(rejected.public_id).status is LeadStatus.rejected
    assert len(partner.received) == 1


def test_test_lead_is_delivered_and_costs_nothing(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    buyer = make_partner(0)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id, daily_cap=0)

    take(make_source(campaign), test=True)
    run_all()

    assert json.loads(partner.received[0].body)["test"] is True
    assert count("transaction", "price_cents = 0 AND status = 'captured'") == 1
    assert_books_balance()


def test_caps_hold_over_a_batch(partner: PartnerServer) -> None:
    campaign = make_campaign()
    for cap in (3, 5):
        buyer = make_partner()
        endpoint = make_endpoint(buyer, url=partner.url)
        make_subscription(campaign, buyer, endpoint_id=endpoint.id, daily_cap=cap)
    source = make_source(campaign)
    for _ in range(12):
        take(source)

    run_all()

    assert count("transaction", "status = 'captured'") == 8
    assert count("lead", "status = 'available'") == 4
    assert_books_balance()


def test_endpoint_that_is_gone_is_disabled(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    partner.says(Says(410))

    take(make_source(campaign))
    run_all()

    assert count("endpoint", "status = 'disabled'") == 1
    assert count("transaction", "status = 'released'") == 1
    assert_books_balance()


def test_endpoint_that_cannot_be_used_holds_nothing_up(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    broken, sound = make_partner(), make_partner()
    bad = make_endpoint(broken, url=partner.url, mapping=[{"target": "a..b"}])
    make_subscription(campaign, broken, endpoint_id=bad.id, priority=0)
    good = make_endpoint(sound, url=partner.url)
    make_subscription(campaign, sound, endpoint_id=good.id, priority=1)

    taken = take(make_source(campaign))
    run_all()

    assert lead_of(taken.public_id).status is LeadStatus.sold
    assert count("delivery", "reason = 'bad_endpoint'") == 1
    assert_books_balance()


def test_states_of_a_sale_are_as_the_contract_names_them() -> None:
    assert [status.value for status in TransactionStatus] == [
        "paying",
        "funding",
        "held",
        "captured",
        "released",
        "refunded",
    ]
    assert DeliveryStatus.undeliverable.value == "undeliverable"
