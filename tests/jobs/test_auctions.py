"""Auctions on a real database: nothing is open or locked while partners think."""

import psycopg
import pytest

from app.db import db
from app.domain.states import LeadStatus
from app.jobs import ping, routing, validation
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
from tests.partner import PartnerServer, Received, Says

pytestmark = pytest.mark.usefixtures("committed")

LOCKS = (
    "SELECT 1 FROM campaign_routing FOR UPDATE NOWAIT",
    "SELECT 1 FROM lead FOR UPDATE NOWAIT",
    "SELECT 1 FROM subscription FOR UPDATE NOWAIT",
    "SELECT 1 FROM account FOR UPDATE NOWAIT",
)
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


def test_nothing_is_locked_or_open_while_partners_think(
    partner: PartnerServer, servers: dict[str, str]
) -> None:
    campaign, buyer = make_campaign(price_cents=1000), make_partner()
    asked = {"url": partner.url, "price": "$.price"}
    endpoint = make_endpoint(buyer, url=partner.url, ping=asked)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    taken = take(make_source(campaign))
    validation.drain()
    routing.drain()
    db.session.remove()
    seen: list[object] = []

    def decide(_: Received) -> Says:
        url = servers["DATABASE_ADMIN_URL"].replace("+psycopg", "")
        with psycopg.connect(url) as connection:
            seen.append(connection.execute(OPEN).fetchone())
            for lock in LOCKS:
                connection.execute(lock)
        return Says(200, b'{"price": 1100}')

    partner.decide = decide
    ping.drain()

    assert seen == [(0,)]
    assert count("transaction", "price_cents = 1100") == 1
    assert lead_of(taken.public_id).status is LeadStatus.available
