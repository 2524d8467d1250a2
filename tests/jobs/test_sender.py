"""The sender: what a partner answered is never lost, whatever happens meanwhile."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db import transaction
from app.jobs import answers
from app.jobs import sender as sending
from app.jobs.lanes import PER_PARTNER
from app.jobs.sender import RENEW_S, Sender
from app.models.lead import Lead
from app.services.leases import claim_parcels
from app.services.outbound import outbound_guard
from app.services.routing import route_due
from app.services.validation import validate_due
from app.services.work import MAX_CLAIMS
from tests.factories import (
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

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def sender(committed: Any) -> Iterator[Sender]:
    made = Sender(outbound_guard())
    yield made
    made.wire.close()


def fail(_these: object) -> None:
    raise OperationalError("", {}, Exception())


def lapse() -> None:
    """Let every lease end as if fifteen seconds had passed."""
    with transaction() as session:
        session.execute(
            text("UPDATE delivery SET lease_until = now() - interval '1 s'")
        )


def held_lead(partner: PartnerServer) -> Lead:
    """A lead that is held for one partner and waits to be sent."""
    campaign, buyer = make_campaign(), make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    taken = take(make_source(campaign))
    validate_due()
    route_due()
    return lead_of(taken.public_id)


def test_answer_is_written_once_the_database_is_back(
    partner: PartnerServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = held_lead(partner)

    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(answers, "write_outcomes", fail)
        sender.drain()
    sender.drain()

    assert lead_of(lead.public_id).sold_count == 1
    assert len(partner.received) == 1


def test_parcel_claimed_again_while_it_is_under_way_ends_once(
    partner: PartnerServer, sender: Sender
) -> None:
    lead = held_lead(partner)
    partner.says(Says(wait_s=0.5))

    sender.turn()
    lapse()
    sender.claimed_at = 0.0
    sender.turn()
    sender.finish()

    assert lead_of(lead.public_id).sold_count == 1
    assert len(partner.received) == 2
    assert count("attempt") == 2


def test_outcome_that_cannot_be_written_harms_no_other(
    partner: PartnerServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = held_lead(partner), held_lead(partner)
    write = answers.write_outcomes

    def poisoned(sent: list[answers.Sent]) -> None:
        if any(one.parcel.lead_id == bad.id for one in sent):
            raise RuntimeError("poison")
        write(sent)

    monkeypatch.setattr(answers, "write_outcomes", poisoned)
    sender.drain()

    assert lead_of(good.public_id).sold_count == 1
    assert lead_of(bad.public_id).sold_count == 0


def test_no_partner_has_more_than_four_on_the_wire(
    partner: PartnerServer, sender: Sender
) -> None:
    campaign, buyer = make_campaign(), make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    source = make_source(campaign)
    for _ in range(9):
        take(source)
    validate_due()
    route_due()
    partner.says(Says(wait_s=0.3))

    sender.turn()
    on_wire, in_hand = len(sender.on_wire), len(sender.in_hand)
    sender.drain()

    assert (on_wire, in_hand) == (4, 9)
    assert len(partner.received) == 9
    assert count("transaction", "status = 'captured'") == 9


def test_partner_keeps_its_room_when_the_database_was_away_before_a_send(
    partner: PartnerServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = [held_lead(partner) for _ in range(2)]

    for _ in range(PER_PARTNER):
        with monkeypatch.context() as away, pytest.raises(OperationalError):
            away.setattr(sending, "mark_sent", fail)
            sender.drain()
    sender.drain()

    assert [lead_of(lead.public_id).sold_count for lead in leads] == [1, 1]
    assert len(partner.received) == 2
    assert (sender.in_hand, sender.on_wire) == ({}, {})


def test_outages_of_the_database_set_no_parcel_aside(
    partner: PartnerServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = held_lead(partner)

    for _ in range(MAX_CLAIMS + 1):
        with monkeypatch.context() as away, pytest.raises(OperationalError):
            away.setattr(sending, "mark_sent", fail)
            sender.drain()
        lapse()
    sender.drain()

    assert lead_of(lead.public_id).sold_count == 1
    assert len(partner.received) == 1


def test_claim_that_could_not_be_decided_on_is_given_back_later(
    partner: PartnerServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_lead(partner)

    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(sending, "step_without_sending", fail)
        sender.drain()
    claimed = count("delivery", "attempts = 1 AND lease_until > now()")
    sender.renew()

    assert claimed == 1
    assert count("delivery", "attempts = 0 AND lease_until IS NULL") == 1


def test_what_waited_for_long_is_given_back_and_decided_anew(
    partner: PartnerServer, sender: Sender
) -> None:
    held_lead(partner)
    sender.claim()
    with transaction() as session:
        session.execute(text("UPDATE endpoint SET status = 'disabled'"))

    for parcel in sender.lanes.by_partner.values():
        parcel.waiting.live[0] = replace(parcel.waiting.live[0], claimed_at=0.0)
    sender.renewed_at = 0.0
    sender.drain()

    assert partner.received == []
    assert count("delivery", "reason = 'endpoint_down'") == 1


def test_parcel_that_another_took_over_is_not_sent(
    partner: PartnerServer, sender: Sender
) -> None:
    held_lead(partner)
    sender.claim()
    sender.note()
    lapse()
    claim_parcels(10)

    sender.renewed_at = time.monotonic() - RENEW_S - 1
    sender.send()

    assert (sender.on_wire, sender.in_hand) == ({}, {})


def test_end_gives_back_what_was_not_sent_and_keeps_in_doubt_what_was(
    partner: PartnerServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, buyer = make_campaign(), make_partner()
    endpoint = make_endpoint(buyer, url=partner.url, timeout_s=60)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    source = make_source(campaign)
    for _ in range(PER_PARTNER + 2):
        take(source)
    validate_due()
    route_due()
    partner.says(Says(wait_s=2.0))
    monkeypatch.setattr(sending, "FINISH_S", 0.3)

    while len(partner.received) < PER_PARTNER:
        sender.turn()
    sender.finish()
    unsent = count("delivery", "sent_at IS NULL AND status = 'pending'")
    again = claim_parcels(10)

    assert unsent == 2
    assert sum(parcel.history.maybe_taken for parcel in again) == PER_PARTNER
    assert count("delivery", "attempts = 1") == PER_PARTNER + 2
