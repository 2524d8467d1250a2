"""One bad row, endpoint or moment harms nothing but itself."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.domain.states import CampaignStatus, LeadStatus
from app.jobs import delivery, routing, validation
from app.services import routing as routing_service
from app.services.channels import channel_of_source
from app.services.intake import take_lead
from app.services.integrity import run_checks
from app.services.leases import claim_parcels, mark_sent
from app.services.routing import sell_lead
from app.services.trace import trace_of
from tests.factories import (
    STAFF,
    count,
    enquiry,
    lead_of,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer

pytestmark = pytest.mark.usefixtures("database")


def execute(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))


def lapse() -> None:
    """Let every lease end as if fifteen seconds had passed."""
    for table in ("work", "delivery"):
        execute(f"UPDATE {table} SET lease_until = now() - interval '1 s'")


def failing() -> list[str]:
    return [c["name"] for c in run_checks()["checks"] if not c["ok"]]


def test_campaign_that_cannot_be_routed_holds_up_no_other() -> None:
    bad, good = make_campaign(), make_campaign()
    for campaign in (bad, good):
        make_subscription(campaign)
    lost = take(make_source(bad))
    sold = take(make_source(good))
    validation.drain()
    execute(f"UPDATE subscription SET filters = '1' WHERE campaign_id = {bad.id}")

    routing.drain()

    assert count("transaction", f"lead_id = {lead_of(sold.public_id).id}") == 1
    assert count("work", f"lead_id = {lead_of(lost.public_id).id}") == 1


def test_rows_that_failed_before_are_tried_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = make_campaign()
    make_subscription(campaign)
    source = make_source(campaign)
    taken = [take(source) for _ in range(3)]
    bad = lead_of(taken[1].public_id).id
    # A claim commits by itself: no savepoint of the session may be around it.
    db.session.commit()
    validation.drain()
    route_lead = routing_service._route_lead

    def poisoned(row: Any, *rest: Any) -> Any:
        if row.id == bad:
            raise RuntimeError("poison")
        return route_lead(row, *rest)

    monkeypatch.setattr(routing_service, "_route_lead", poisoned)
    for _ in range(4):
        routing.drain()
        lapse()

    assert count("transaction") == 2
    assert count("work", f"lead_id = {bad} AND set_aside_at IS NOT NULL") == 1


def test_endpoint_whose_secret_does_not_open_holds_up_no_other(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign(max_sales=2)
    for secret in (b"sealed under a key that was dropped", None):
        buyer = make_partner()
        values = {"signing_secret_sealed": secret} if secret else {}
        endpoint = make_endpoint(buyer, url=partner.url, **values)
        make_subscription(campaign, buyer, endpoint_id=endpoint.id)

    take(make_source(campaign))
    for drain in (validation.drain, routing.drain, delivery.drain):
        drain()

    assert len(partner.received) == 1
    assert count("delivery", "reason = 'bad_endpoint'") == 1
    assert failing() == []


def test_claim_that_died_before_sending_leaves_no_doubt(
    partner: PartnerServer,
) -> None:
    campaign = make_campaign()
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    take(make_source(campaign))
    validation.drain()
    routing.drain()

    claim_parcels(10)
    lapse()
    [unsent] = claim_parcels(10)
    mark_sent([unsent])
    lapse()
    [sent] = claim_parcels(10)

    assert not unsent.history.maybe_taken
    assert sent.history.maybe_taken


def test_sale_by_hand_has_a_promise_of_its_own(partner: PartnerServer) -> None:
    campaign = make_campaign()
    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    routing.drain()
    execute("UPDATE lead SET due_at = now() - interval '1 hour'")
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    order = make_subscription(campaign, buyer, endpoint_id=endpoint.id)

    sell_lead(lead.id, order.id, STAFF)
    delivery.drain()

    assert lead_of(lead.public_id).status is LeadStatus.sold
    assert count("breach") == 0


def test_lead_past_its_promise_is_not_sold_by_itself_and_says_so() -> None:
    campaign = make_campaign()
    make_subscription(campaign)
    lead = lead_of(take(make_source(campaign)).public_id)
    validation.drain()
    execute("UPDATE lead SET due_at = now() - interval '1 minute'")

    routing.drain()

    last = trace_of(lead.id)["events"][-1]
    assert (last["kind"], last["detail"]["reason"]) == ("unsold", "past_due")
    assert count("transaction") == 0


def test_hold_belongs_to_the_window_it_was_counted_in() -> None:
    campaign = make_campaign()
    make_subscription(campaign, daily_cap=5)
    take(make_source(campaign))
    validation.drain()
    routing.drain()

    outside = db.session.execute(
        text(
            "SELECT count(*) FROM transaction t JOIN subscription_window w"
            " ON w.subscription_id = t.subscription_id"
            " WHERE NOT (w.starts_at <= t.held_at AND t.held_at < w.ends_at)"
        )
    ).scalar_one()

    assert outside == 0
    assert failing() == []


def test_post_is_answered_as_before_although_the_campaign_was_paused() -> None:
    campaign = make_campaign()
    channel = channel_of_source(make_source(campaign).id)
    body = enquiry()
    first = take_lead(channel, body, "k")
    with transaction():
        campaign.status = CampaignStatus.paused
        campaign.version += 1

    again = take_lead(channel_of_source(channel.source_id), body, "k")

    assert (again.public_id, again.is_new) == (first.public_id, False)


def test_auditor_names_what_nobody_ever_claimed() -> None:
    take(make_source(make_campaign()))

    execute("UPDATE work SET run_at = now() - interval '2 minutes'")

    assert failing() == ["no_stage_is_forgotten"]


def test_promise_is_counted_from_the_database_clock() -> None:
    lead = lead_of(take(make_source(make_campaign(delivery_minutes=30))).public_id)

    assert lead.due_at - lead.live_at == timedelta(minutes=30)
