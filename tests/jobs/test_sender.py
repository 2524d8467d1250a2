"""The sender: what a partner answered is never lost, whatever happens meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.db import transaction
from app.jobs import sender as sending
from app.jobs.sender import PER_PARTNER, Sender
from app.models.lead import Lead
from app.services.outbound import outbound_guard
from app.services.routing import route_due
from app.services.validation import validate_due
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
        away.setattr(sending, "write_outcomes", fail)
        sender.drain()
    sender.drain()

    assert lead_of(lead.public_id).sold_count == 1
    assert len(partner.received) == 1


def test_parcel_claimed_again_while_it_is_under_way_ends_once(
    partner: PartnerServer, sender: Sender
) -> None:
    lead = held_lead(partner)
    partner.says(Says(wait_s=0.5))

    sender.claim()
    lapse()
    sender.claim()
    sender.finish()

    assert lead_of(lead.public_id).sold_count == 1
    assert len(partner.received) == 2
    assert count("attempt") == 2


def test_outcome_that_cannot_be_written_harms_no_other(
    partner: PartnerServer, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = held_lead(partner), held_lead(partner)
    write = sending.write_outcomes

    def poisoned(sent: list[sending.Sent]) -> None:
        if any(one.parcel.lead_id == bad.id for one in sent):
            raise RuntimeError("poison")
        write(sent)

    monkeypatch.setattr(sending, "write_outcomes", poisoned)
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

    sender.claim()
    on_wire, waiting = len(sender.on_wire), len(sender.in_hand)
    sender.drain()

    assert (on_wire, waiting) == (4, 9)
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
    assert sender.busy.total() == 0
