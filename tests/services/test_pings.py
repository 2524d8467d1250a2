"""Ping before post: who is asked, what a bid does, and that no lead is ever lost."""

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db import db
from app.domain.people import Actor, Role
from app.domain.states import LeadStatus, Method, SaleType, SwitchScope
from app.jobs import auctions, delivery, ping, routing, validation
from app.jobs.auctions import Auctions
from app.models.campaign import Campaign
from app.models.partner import Partner
from app.models.subscription import Subscription
from app.services.integrity import run_checks
from app.services.outbound import outbound_guard
from app.services.ping_log import Pinged
from app.services.reject_rates import measure_rejections
from app.services.routing import sell_lead
from app.services.switches import Stop, switch_on
from app.services.trace import trace_of
from app.services.wallet import wallet_of
from app.services.work import MAX_CLAIMS, Claim
from tests.factories import (
    STAFF,
    count,
    lead_of,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer, Received, Says, partner_server

pytestmark = pytest.mark.usefixtures("database")

FIELDS = [
    {"name": "email", "type": "email"},
    {"name": "roof", "type": "select", "options": ["tile", "flat"]},
    {"name": "bill", "type": "number"},
    {"name": "notes", "type": "text"},
    {"name": "partner_phone", "type": "phone"},
]


@pytest.fixture
def rival() -> Iterator[PartnerServer]:
    with partner_server() as server:
        yield server


def bids(cents: object, **values: Any) -> Says:
    return Says(200, json.dumps({"price": cents, "id": "b-1"}).encode(), **values)


def bidder(
    campaign: Campaign, server: PartnerServer, answer: Says, **values: Any
) -> Subscription:
    """Make a subscription whose partner answers pings so, and takes what it is sent."""
    partner = make_partner(values.pop("wallet_cents", 1_000_000))
    asked = {"url": f"{server.url}/ping", "price": "$.price", **values.pop("ping", {})}
    endpoint = make_endpoint(partner, url=server.url, ping=asked)
    server.decide = lambda got: answer if is_ping(got) else Says()
    return make_subscription(campaign, partner, endpoint_id=endpoint.id, **values)


def is_ping(received: Received) -> bool:
    return received.path.endswith("/ping")


def pinged(server: PartnerServer) -> list[Any]:
    return [json.loads(one.body) for one in server.received if is_ping(one)]


def posted(server: PartnerServer) -> list[Received]:
    return [one for one in server.received if not is_ping(one)]


def run_all() -> None:
    for _ in range(4):
        validation.drain()
        routing.drain()
        ping.drain()
        delivery.drain()


def reasons(lead_id: int) -> dict[int, str | None]:
    """The last decision on each subscription."""
    return {
        one["subscription_id"]: one["reason"] for one in trace_of(lead_id)["decisions"]
    }


def assert_books_balance() -> None:
    assert [c for c in run_checks()["checks"] if not c["ok"]] == []


def test_highest_bid_wins_and_is_the_price(
    partner: PartnerServer, rival: PartnerServer
) -> None:
    campaign = make_campaign(method=Method.price, price_cents=1000)
    low = bidder(campaign, partner, bids(1500))
    high = bidder(campaign, rival, bids("18.25"))

    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()

    assert lead_of(lead.public_id).status is LeadStatus.sold
    assert posted(partner) == []
    [sent] = posted(rival)
    assert json.loads(sent.body)["price_cents"] == 1825
    assert wallet_of(high.partner_id)["balance_cents"] == 1_000_000 - 1825
    trace = trace_of(lead.id)
    told = {
        one["subscription_id"]: (one["bid_cents"], one["reason"], one["won"])
        for one in trace["pings"]
    }
    assert told == {low.id: (1500, None, False), high.id: (1825, None, True)}
    assert_books_balance()


def test_ping_holds_no_contact_data(partner: PartnerServer) -> None:
    campaign = make_campaign(fields=FIELDS)
    bidder(campaign, partner, bids(2600))
    answers = {
        "roof": "tile",
        "bill": 120,
        "notes": "call Ada on 555",
        "partner_phone": "+14155550101",
        "undeclared": "Byron",
    }

    take(make_source(campaign), fields=answers, sub_id="ad-7")
    run_all()

    [told] = pinged(partner)
    assert told["fields"] == {"roof": "tile", "bill": 120}
    assert set(told) == {
        *("campaign", "currency", "state", "city", "zip", "country", "industry"),
        *("score", "source_id", "sub_id", "submitted_at", "test", "fields"),
    }
    [raw] = [one for one in partner.received if is_ping(one)]
    for secret in (b"Ada", b"Byron", b"example.org", b"+1415", b"Main St", b"call"):
        assert secret not in raw.body
        assert secret.decode() not in str(raw.headers)


def test_answer_of_another_type_than_asked_now_stays_here(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign(fields=FIELDS)
    bidder(campaign, partner, bids(2600))
    taken = take(make_source(campaign), fields={"roof": "tile", "bill": 9})
    db.session.execute(
        text("UPDATE lead_contact SET fields = :new WHERE lead_id = :lead"),
        {
            "new": json.dumps({"roof": "at Ada's", "bill": "call 555-0101"}),
            "lead": lead_of(taken.public_id).id,
        },
    )

    run_all()

    [told] = pinged(partner)
    assert told["fields"] == {}


def test_number_of_the_bid_goes_with_the_lead(partner: PartnerServer) -> None:
    campaign = make_campaign()
    bidder(campaign, partner, bids(2600), ping={"ping_id": "$.id"})

    take(make_source(campaign))
    run_all()

    [sent] = posted(partner)
    assert sent.headers["ping-id"] == "b-1"
    assert json.loads(sent.body)["ping_id"] == "b-1"


def test_number_of_the_bid_can_be_mapped(partner: PartnerServer) -> None:
    campaign = make_campaign()
    one = bidder(campaign, partner, bids(2600), ping={"ping_id": "$.id"})
    db.session.execute(
        text("UPDATE endpoint SET mapping = :new WHERE id = :id"),
        {
            "new": json.dumps([{"target": "ref.ping", "source": "ping.id"}]),
            "id": one.endpoint_id,
        },
    )

    take(make_source(campaign))
    run_all()

    [sent] = posted(partner)
    assert json.loads(sent.body) == {"ref": {"ping": "b-1"}}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (bids(2400), "bid:low"),
        (bids(-1), "bid:negative"),
        (bids(None), "bid:none"),
        (bids("12.50 EUR"), "bid:currency"),
        (bids("a lot"), "bid:not_a_number"),
        (bids(12.5), "bid:fraction"),
        (Says(200, b""), "bid:none"),
        (Says(204, b""), "bid:none"),
        (Says(500, b"{}"), "bid:http_500"),
        (Says(302, b"", {"Location": "/elsewhere"}), "bid:redirect"),
        (Says(200, b'{"price": 9999, "price": 1}'), "bid:unreadable"),
        (Says(200, b"x" * 5_000_000), "bid:unreadable"),
        (Says(hang_up=True), "bid:broken"),
    ],
)
def test_lead_goes_on_without_what_is_no_bid(
    partner: PartnerServer, rival: PartnerServer, answer: Says, code: str
) -> None:
    campaign = make_campaign(price_cents=2500)
    odd = bidder(campaign, partner, answer, priority=0)
    buyer = make_partner()
    target = make_endpoint(buyer, url=rival.url)
    plain = make_subscription(campaign, buyer, endpoint_id=target.id, priority=1)

    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()

    assert lead_of(lead.public_id).status is LeadStatus.sold
    assert reasons(lead.id) == {odd.id: code, plain.id: None}
    assert posted(partner) == []
    assert len(posted(rival)) == 1
    assert count("work") == 0


def test_late_bid_is_ignored_and_the_others_count(
    partner: PartnerServer, rival: PartnerServer
) -> None:
    campaign = make_campaign(method=Method.price, price_cents=1000)
    slow = bidder(campaign, partner, bids(9000, wait_s=3))
    quick = bidder(campaign, rival, bids(1100))
    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    routing.drain()

    began = time.monotonic()
    ping.drain()
    took_s = time.monotonic() - began

    assert 1.9 <= took_s < 3
    assert reasons(lead.id) == {slow.id: "bid:late", quick.id: None}
    [row] = db.session.execute(text("SELECT price_cents FROM transaction"))
    assert row.price_cents == 1100


def test_private_address_is_not_asked(partner: PartnerServer) -> None:
    campaign = make_campaign()
    one = bidder(campaign, partner, bids(2600), ping={"url": "http://10.0.0.1/ping"})

    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()

    assert reasons(lead.id) == {one.id: "bid:blocked"}
    assert partner.received == []


def test_who_may_not_have_the_lead_is_not_asked(
    partner: PartnerServer, rival: PartnerServer
) -> None:
    campaign = make_campaign(max_sales=2)
    wrong = {"all": [{"field": "state", "op": "eq", "value": "TX"}]}
    bidder(campaign, partner, bids(9000), filters=wrong)
    bidder(campaign, rival, bids(2600))
    poor = make_partner(100)
    asked = {"url": f"{partner.url}/ping", "price": "$.price"}
    endpoint = make_endpoint(poor, url=partner.url, ping=asked)
    make_subscription(campaign, poor, endpoint_id=endpoint.id)

    take(make_source(campaign))
    run_all()

    assert partner.received == []
    assert len(pinged(rival)) == 1


def test_bid_that_the_wallet_does_not_bear_is_not_sold(partner: PartnerServer) -> None:
    campaign = make_campaign(price_cents=2500)
    one = bidder(campaign, partner, bids(6000), wallet_cents=5000)

    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()

    assert reasons(lead.id) == {one.id: "insufficient_funds"}
    assert_books_balance()


def test_budget_counts_the_bid(partner: PartnerServer) -> None:
    campaign = make_campaign(price_cents=2500)
    one = bidder(campaign, partner, bids(6000), daily_budget_cents=8000)
    source = make_source(campaign)

    first = lead_of(take(source).public_id)
    second = lead_of(take(source).public_id)
    run_all()

    told = {reasons(lead.id)[one.id] for lead in (first, second)}
    assert told == {None, "budget:day"}
    assert_books_balance()


def test_who_rejects_after_winning_is_not_asked_again_for_that_lead(
    partner: PartnerServer, rival: PartnerServer
) -> None:
    campaign = make_campaign(method=Method.price, price_cents=1000)
    fickle = bidder(campaign, partner, bids(3000))
    partner.decide = lambda got: bids(3000) if is_ping(got) else Says(422)
    steady = bidder(campaign, rival, bids(2000))

    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()

    assert lead_of(lead.public_id).status is LeadStatus.sold
    assert reasons(lead.id) == {
        fickle.id: "duplicate_for_partner:tried",
        steady.id: None,
    }
    assert len(pinged(partner)) == 1
    assert len(pinged(rival)) == 2
    assert_books_balance()


def test_test_lead_is_asked_about_and_costs_nothing(partner: PartnerServer) -> None:
    campaign = make_campaign()
    one = bidder(campaign, partner, bids(2600))

    lead = lead_of(take(make_source(campaign), test=True).public_id)
    run_all()

    [told] = pinged(partner)
    assert told["test"] is True
    assert reasons(lead.id) == {one.id: None}
    assert wallet_of(one.partner_id)["balance_cents"] == 1_000_000


def test_unusable_ping_asks_nobody_and_loses_nothing(partner: PartnerServer) -> None:
    campaign = make_campaign()
    one = bidder(campaign, partner, bids(2600), ping={"price": "no path"})

    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()

    assert reasons(lead.id) == {one.id: "bid:bad_endpoint"}
    assert lead_of(lead.public_id).status is LeadStatus.available
    assert partner.received == []


def test_lead_of_a_campaign_without_pings_never_comes_by(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    buyer: Partner = make_partner()
    target = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=target.id)

    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    routing.drain()

    assert count("transaction", f"lead_id = {lead.id}") == 1
    assert count("ping") == 0


def test_four_at_once_are_asked_of_a_partner(partner: PartnerServer) -> None:
    campaign = make_campaign(price_cents=1000)
    bidder(campaign, partner, bids(1100))

    def decide(got: Received) -> Says:
        return bids(1100, wait_s=0.1) if is_ping(got) else Says()

    partner.decide = decide
    source = make_source(campaign)
    for _ in range(10):
        take(source)
    validation.drain()
    routing.drain()
    began = time.monotonic()
    ping.drain()

    stamps = sorted(one.at for one in partner.received if is_ping(one))
    assert len(stamps) == 10
    for first, fifth in zip(stamps, stamps[4:], strict=False):
        assert fifth - first >= 0.09
    assert time.monotonic() - began < 1.5
    assert count("transaction") == 10


def test_who_does_not_answer_rests(partner: PartnerServer) -> None:
    campaign = make_campaign()
    one = bidder(campaign, partner, Says(500))
    source = make_source(campaign)
    for _ in range(10):
        take(source)
    run_all()

    last = lead_of(take(source).public_id)
    run_all()

    assert len(pinged(partner)) == 10
    assert reasons(last.id) == {one.id: "endpoint_down"}
    [row] = db.session.execute(
        text("SELECT failures, ping_failures, open_until FROM endpoint")
    )
    assert tuple(row) == (0, 10, None)


def test_who_refuses_what_it_won_is_worth_less(
    partner: PartnerServer, rival: PartnerServer
) -> None:
    campaign = make_campaign(method=Method.price, price_cents=1000)
    fickle = bidder(campaign, partner, bids(2100))
    partner.decide = lambda got: bids(2100) if is_ping(got) else Says(422)
    steady = bidder(campaign, rival, bids(2000))
    source = make_source(campaign)
    take(source)
    run_all()

    measure_rejections()
    lead = lead_of(take(source).public_id)
    run_all()

    db.session.refresh(fickle)
    db.session.refresh(steady)
    # One of one, as if four had been taken before.
    assert (fickle.reject_rate_bp, steady.reject_rate_bp) == (2000, 0)
    told = {one["subscription_id"]: one for one in trace_of(lead.id)["decisions"]}
    assert told[fickle.id]["bid_cents"] == 1680
    assert told[fickle.id]["price_cents"] == 2100
    assert (told[fickle.id]["rank"], told[steady.id]["rank"]) == (2, 1)
    assert len(posted(partner)) == 1

    age = "UPDATE ping SET at = at - interval '31 days'"
    db.session.execute(text(age))
    measure_rejections()
    db.session.refresh(fickle)
    assert fickle.reject_rate_bp == 0


def test_sold_by_hand_nobody_is_asked(partner: PartnerServer) -> None:
    campaign = make_campaign(price_cents=2500)
    one = bidder(campaign, partner, bids(2000))
    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()
    assert reasons(lead.id) == {one.id: "bid:low"}

    sold = sell_lead(lead.id, one.id, STAFF)

    assert sold.price_cents == 2500
    assert len(pinged(partner)) == 1


def test_lead_that_a_switch_stops_while_bids_come_in_is_not_sold(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    bidder(campaign, partner, bids(2600))
    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    routing.drain()
    stop = Stop(SwitchScope.campaign, "tried", campaign_id=campaign.id)
    own = Auctions(outbound_guard())
    own.claim()
    switch_on(stop, Actor(role=Role.admin))
    while own.in_hand:
        own.turn()
    own.wire.close()

    assert count("transaction") == 0
    assert count("work", f"lead_id = {lead.id} AND stage = 'routing'") == 1


def test_auction_that_dies_is_held_again(partner: PartnerServer) -> None:
    campaign = make_campaign()
    bidder(campaign, partner, bids(2600))
    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    routing.drain()
    own = Auctions(outbound_guard())
    own.claim()
    while not own.in_hand[0].pinged:
        own.send()
        own.collect()
    own.wire.close()
    assert count("work", "stage = 'ping' AND lease_until IS NOT NULL") == 1

    db.session.execute(text("UPDATE work SET lease_until = now() - interval '1 s'"))
    run_all()

    assert lead_of(lead.public_id).status is LeadStatus.sold
    assert len(pinged(partner)) == 2
    assert len(posted(partner)) == 1


def test_who_lost_the_lease_meanwhile_sells_nothing(partner: PartnerServer) -> None:
    campaign = make_campaign(max_sales=2)
    bidder(campaign, partner, bids(2600))
    take(make_source(campaign))
    validation.drain()
    routing.drain()
    slow, quick = Auctions(outbound_guard()), Auctions(outbound_guard())
    slow.claim()
    db.session.execute(text("UPDATE work SET lease_until = now() - interval '1 s'"))
    quick.drain()

    while slow.in_hand:
        slow.turn()
    slow.wire.close()

    assert count("transaction") == 1
    assert count("ping") == 1


def test_auditor_finds_a_sale_that_did_not_cost_its_bid(partner: PartnerServer) -> None:
    campaign = make_campaign()
    bidder(campaign, partner, bids(2600))
    take(make_source(campaign))
    run_all()
    assert_books_balance()

    db.session.execute(text("UPDATE ping SET bid_cents = 2599"))

    wrong = [check["name"] for check in run_checks()["checks"] if not check["ok"]]
    assert wrong == ["sales_with_bids_cost_their_bids"]


def test_database_that_goes_away_counts_against_no_lead(
    partner: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign()
    bidder(campaign, partner, bids(2600))
    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    routing.drain()

    def fail(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    for _ in range(MAX_CLAIMS + 1):
        with monkeypatch.context() as away, pytest.raises(OperationalError):
            away.setattr(auctions, "route_with_bids", fail)
            ping.drain()
    run_all()

    assert lead_of(lead.public_id).status is LeadStatus.sold
    assert count("work") == 0


def test_part_that_fails_comes_due_again_and_stops_no_other(
    partner: PartnerServer, rival: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_campaign(), make_campaign()
    bidder(bad, partner, bids(2600))
    bidder(good, rival, bids(2600))
    lost = lead_of(take(make_source(bad)).public_id)
    sold = lead_of(take(make_source(good)).public_id)
    real = auctions.route_with_bids

    def route(part: Claim, pinged: Sequence[Pinged]) -> None:
        if lost.id in part.lead_ids:
            raise KeyError("planted")
        real(part, pinged)

    with monkeypatch.context() as broken:
        broken.setattr(auctions, "route_with_bids", route)
        run_all()
    assert count("transaction", f"lead_id = {sold.id}") == 1
    assert count("work", f"lead_id = {lost.id}") == 1
    db.session.execute(text("UPDATE work SET lease_until = now() - interval '1 s'"))
    run_all()

    assert lead_of(lost.public_id).status is LeadStatus.sold


@pytest.mark.parametrize(("cents", "reason"), [(3500, None), (2500, "bid:low")])
def test_alone_the_exclusive_price_is_the_floor(
    partner: PartnerServer, rival: PartnerServer, cents: int, reason: str | None
) -> None:
    campaign = make_campaign(method=Method.price, price_cents=1000, max_sales=2)
    alone = {"sale_type": SaleType.exclusive, "exclusive_price_cents": 3000}
    lonely = bidder(campaign, partner, bids(cents), **alone)
    bidder(campaign, rival, bids(1200))

    lead = lead_of(take(make_source(campaign)).public_id)
    run_all()

    assert reasons(lead.id)[lonely.id] == reason
    prices = db.session.scalars(text("SELECT price_cents FROM transaction")).all()
    assert prices == [3500 if reason is None else 1200]
    assert_books_balance()
