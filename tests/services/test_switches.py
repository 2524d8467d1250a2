"""Kill switches: what stops, what waits, what goes on, and who may."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import LeadStatus, SwitchScope
from app.jobs import delivery, routing, validation
from app.jobs.sender import Sender
from app.models.campaign import Campaign
from app.models.partner import Partner
from app.services.integrity import run_checks
from app.services.leases import claim_parcels, mark_sent
from app.services.outbound import outbound_guard
from app.services.routing import route_due, sell_lead
from app.services.switches import Stop, switch_off, switch_on, switches_on
from app.services.trace import trace_of
from app.services.users import create_user
from app.services.wallet import credit_partner, wallet_of
from tests.conftest import PASSWORD
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
from tests.partner import PartnerServer, Says

ALL = Stop(SwitchScope.all, "Wrong prices")


def of_campaign(campaign: Campaign) -> Stop:
    return Stop(SwitchScope.campaign, "Bad consent", campaign_id=campaign.id)


def of_partner(partner: Partner) -> Stop:
    return Stop(SwitchScope.partner, "Their server leaks", partner_id=partner.id)


def run_all() -> None:
    for _ in range(4):
        validation.drain()
        routing.drain()
        delivery.drain()


def reasons(lead_id: int) -> list[str | None]:
    return [decision["reason"] for decision in trace_of(lead_id)["decisions"]]


def kinds(lead_id: int) -> list[str]:
    return [event["kind"] for event in trace_of(lead_id)["events"]]


def failing() -> list[str]:
    return [c["name"] for c in run_checks()["checks"] if not c["ok"]]


def execute(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))


@pytest.fixture
def buyer(database: Flask) -> Partner:
    """A partner with money."""
    return make_partner(100_000)


@pytest.fixture
def campaign(buyer: Partner, partner: PartnerServer) -> Campaign:
    """A campaign of which that partner buys everything."""
    campaign = make_campaign(price_cents=2500)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    return campaign


@pytest.mark.parametrize("scope", ["all", "campaign", "partner"])
def test_lead_waits_under_a_switch_and_is_sold_after_it(
    campaign: Campaign, buyer: Partner, partner: PartnerServer, scope: str
) -> None:
    stops = {
        "all": ALL,
        "campaign": of_campaign(campaign),
        "partner": of_partner(buyer),
    }
    switch = switch_on(stops[scope], SYSTEM)

    lead_id = lead_of(take(make_source(campaign)).public_id).id
    run_all()
    waiting = (reasons(lead_id), kinds(lead_id)[-1], count("transaction"))
    switch_off(switch.id, SYSTEM)
    run_all()

    assert waiting == ([f"stopped:{scope}"], "stopped", 0)
    assert count("lead", f"id = {lead_id} AND status = 'sold'") == 1
    assert len(partner.received) == 1
    assert failing() == []


@pytest.mark.usefixtures("database")
def test_a_switch_stops_nothing_but_its_target() -> None:
    stopped, other = make_campaign(), make_campaign()
    for one in (stopped, other):
        make_subscription(one)
        take(make_source(one))
    switch_on(of_campaign(stopped), SYSTEM)

    run_all()

    assert count("transaction", f"campaign_id = {stopped.id}") == 0
    assert count("transaction", f"campaign_id = {other.id}") > 0


def test_lead_goes_to_the_next_partner_when_one_is_stopped(
    campaign: Campaign, buyer: Partner, partner: PartnerServer
) -> None:
    other = make_partner()
    endpoint = make_endpoint(other, url=partner.url)
    make_subscription(campaign, other, endpoint_id=endpoint.id, priority=1)
    switch_on(of_partner(buyer), SYSTEM)

    lead_id = lead_of(take(make_source(campaign)).public_id).id
    run_all()

    assert reasons(lead_id) == ["stopped:partner", None]
    assert count("transaction", f"partner_id = {other.id} AND status='captured'") == 1
    assert count("work") == 0


def test_lead_that_a_stopped_partner_would_not_get_waits_for_nothing(
    campaign: Campaign, buyer: Partner
) -> None:
    execute(f"UPDATE subscription SET daily_cap = 0 WHERE partner_id = {buyer.id}")
    switch_on(of_partner(buyer), SYSTEM)

    lead_id = lead_of(take(make_source(campaign)).public_id).id
    run_all()

    assert kinds(lead_id)[-1] == "unsold"
    assert count("work") == 0


def test_what_waits_is_told_once_however_often_it_is_looked_at(
    campaign: Campaign,
) -> None:
    switch_on(ALL, SYSTEM)
    lead_id = lead_of(take(make_source(campaign)).public_id).id
    validation.drain()

    for _ in range(3):
        routing.drain()
        execute("UPDATE work SET run_at = now()")

    assert kinds(lead_id).count("stopped") == 1
    assert count("routing_run") == 1


def test_lead_whose_promise_passes_under_a_switch_stays_on_the_market(
    campaign: Campaign,
) -> None:
    switch_on(ALL, SYSTEM)
    taken = take(make_source(campaign))
    validation.drain()
    routing.drain()
    execute("UPDATE work SET run_at = now()")
    execute("UPDATE lead SET due_at = now() - interval '1 second'")

    routing.drain()

    lead = lead_of(taken.public_id)
    assert lead.status is LeadStatus.available
    assert kinds(lead.id)[-2:] == ["stopped", "unsold"]
    assert count("work") == 0


def test_held_sale_that_was_not_sent_is_given_back_and_sold_again(
    campaign: Campaign, buyer: Partner, partner: PartnerServer
) -> None:
    taken = take(make_source(campaign))
    validation.drain()
    routing.drain()

    switch = switch_on(of_partner(buyer), SYSTEM)
    delivery.drain()
    given_back = wallet_of(buyer.id)["held_cents"], len(partner.received)
    switch_off(switch.id, SYSTEM)
    run_all()

    assert given_back == (0, 0)
    assert count("transaction", "status='released' AND reason='stopped:partner'") == 1
    assert lead_of(taken.public_id).status is LeadStatus.sold
    assert failing() == []


def test_sale_that_waits_for_its_next_attempt_is_given_back_at_once(
    campaign: Campaign, buyer: Partner, partner: PartnerServer
) -> None:
    partner.says(Says(503))
    take(make_source(campaign))
    validation.drain()
    routing.drain()
    delivery.drain()

    switch_on(ALL, SYSTEM)
    delivery.drain()

    assert count("transaction", "status = 'released' AND reason = 'stopped:all'") == 1
    assert len(partner.received) == 1
    assert wallet_of(buyer.id)["available_cents"] == 100_000


def test_claimed_parcel_is_not_sent_once_the_switch_is_thrown(
    campaign: Campaign, buyer: Partner
) -> None:
    take(make_source(campaign))
    validation.drain()
    routing.drain()
    parcels = claim_parcels(10)

    switch_on(of_campaign(campaign), SYSTEM)

    assert mark_sent(parcels) == frozenset()
    # Given back as if it had never been claimed, to be decided on anew.
    assert count("delivery", "lease_token IS NULL AND attempts = 0") == 1
    delivery.drain()
    assert count("transaction", "status = 'released'") == 1


def test_what_the_partner_may_have_stays_theirs_and_is_not_asked_about(
    campaign: Campaign, buyer: Partner, partner: PartnerServer
) -> None:
    partner.says(Says(hang_up=True), Says())
    take(make_source(campaign))
    validation.drain()
    routing.drain()
    delivery.drain()

    switch = switch_on(of_partner(buyer), SYSTEM)
    delivery.drain()
    under_it = count("delivery", "status = 'unknown'"), len(partner.received)
    switch_off(switch.id, SYSTEM)
    delivery.drain()

    assert under_it == (1, 1)
    assert len({r.headers["idempotency-key"] for r in partner.received}) == 1
    assert count("transaction", "status = 'captured'") == 1
    assert failing() == []


def test_what_is_on_the_wire_is_booked_and_what_waits_behind_it_is_not_sent(
    campaign: Campaign, buyer: Partner, partner: PartnerServer
) -> None:
    source = make_source(campaign)
    for _ in range(12):
        take(source)
    validation.drain()
    routing.drain()
    partner.says(Says(wait_s=0.3))
    sender = Sender(outbound_guard())
    sender.turn()
    on_wire = len(sender.on_wire)

    switch_on(of_partner(buyer), SYSTEM)
    sender.heeded_at = 0.0
    sender.drain()

    assert 0 < on_wire == len(partner.received) < 12
    assert count("transaction", "status = 'captured'") == on_wire
    assert count("transaction", "status = 'released'") == 12 - on_wire
    assert failing() == []


def test_nothing_is_sold_by_hand_under_a_switch(campaign: Campaign) -> None:
    switch_on(of_campaign(campaign), SYSTEM)
    lead_id = lead_of(take(make_source(campaign)).public_id).id
    run_all()
    subscription_id = db.session.scalar(text("SELECT id FROM subscription"))

    with pytest.raises(Conflict) as refused:
        sell_lead(lead_id, subscription_id, STAFF)

    assert refused.value.code == "stopped:campaign"


def test_credits_stay_possible_under_a_switch(buyer: Partner) -> None:
    switch_on(ALL, SYSTEM)

    credit_partner(buyer.id, 500, "Bank transfer", STAFF)

    assert wallet_of(buyer.id)["available_cents"] == 100_500


def test_switch_is_on_once_and_off_once(campaign: Campaign) -> None:
    switch = switch_on(of_campaign(campaign), SYSTEM)
    assert switch.settled_at is not None
    assert [one.id for one in switches_on()] == [switch.id]

    with pytest.raises(Conflict, match="already"):
        switch_on(of_campaign(campaign), SYSTEM)
    switch_off(switch.id, SYSTEM)

    assert switches_on() == []
    with pytest.raises(Conflict, match="already"):
        switch_off(switch.id, SYSTEM)
    assert count("audit", "action IN ('switch.on', 'switch.off')") == 2


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("stop", "field"),
    [
        (Stop(SwitchScope.all, "  "), "reason"),
        (Stop(SwitchScope.all, "x" * 501), "reason"),
        (Stop(SwitchScope.all, "why", campaign_id=1), "campaign_id"),
        (Stop(SwitchScope.campaign, "why"), "campaign_id"),
        (Stop(SwitchScope.campaign, "why", campaign_id=2**40), "campaign_id"),
        (Stop(SwitchScope.partner, "why", campaign_id=1), "campaign_id"),
        (Stop(SwitchScope.partner, "why", partner_id=0), "partner_id"),
    ],
)
def test_bad_stop_is_refused_by_its_field(stop: Stop, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        switch_on(stop, SYSTEM)

    assert refused.value.errors[0].field == field


@pytest.mark.usefixtures("database")
def test_only_staff_throw_switches_and_only_admins_end_a_stop_of_everything() -> None:
    operator = Actor(
        Role.operator, create_user("o@x.org", PASSWORD, "Operator", SYSTEM).id
    )
    switch = switch_on(ALL, operator)

    for actor in (Actor(Role.client, partner_id=1), Actor(Role.vendor, vendor_id=1)):
        with pytest.raises(NotAllowed):
            switch_on(ALL, actor)
        with pytest.raises(NotAllowed):
            switch_off(switch.id, actor)
    with pytest.raises(NotAllowed):
        switch_off(switch.id, operator)
    with pytest.raises(NotFound):
        switch_off(switch.id + 1, SYSTEM)

    assert switches_on()[0].on_by_id == operator.user_id


def test_auditor_finds_a_sale_under_a_switch(campaign: Campaign) -> None:
    take(make_source(campaign))
    validation.drain()
    routing.drain()
    assert failing() == []

    execute(
        "INSERT INTO kill_switch (scope, reason, on_at, settled_at) SELECT 'all', 'x',"
        " held_at - interval '2 s', held_at - interval '1 s' FROM transaction"
    )

    assert "nothing_is_sold_while_stopped" in failing()


def test_no_sale_begins_once_a_switch_is_on(committed: Flask) -> None:
    """Eight threads sell eight campaigns; one switch is thrown in the midst."""
    for _ in range(8):
        campaign = make_campaign(price_cents=0, dedupe_days=0)
        make_subscription(campaign)
        source = make_source(campaign)
        for _ in range(60):
            take(source)
    while validation.drain():
        pass
    selling, thrown, done = Event(), Event(), Event()

    def sell(_: int) -> int:
        with committed.app_context():
            rounds = 0
            while not done.is_set():
                if route_due() and not selling.is_set():
                    selling.set()
                rounds += thrown.is_set()
            return rounds

    with ThreadPoolExecutor(8) as pool:
        sellers = [pool.submit(sell, n) for n in range(8)]
        assert selling.wait(10)
        switch = switch_on(ALL, SYSTEM)
        [at] = db.session.execute(text("SELECT clock_timestamp()")).one()
        thrown.set()
        sold = count("transaction")
        done.wait(1)
        done.set()
        rounds = [seller.result() for seller in sellers]

    db.session.expire_all()
    assert 0 < sold < 480, "thrown in the midst, or it proves nothing"
    assert min(rounds) > 0, "every thread went on trying"
    assert count("routing_run", "decisions::text LIKE '%stopped:all%'") > 0
    assert count("transaction") == sold
    assert count("transaction", f"held_at > '{at}'") == 0
    assert count("transaction", f"held_at > '{switch.settled_at}'") == 0
    assert failing() == []
