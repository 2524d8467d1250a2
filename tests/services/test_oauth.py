"""Endpoints with OAuth 2.0: leads go out under a token, or go on to another."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import InvalidInput
from app.gateways.errands import TOKENS
from app.jobs import delivery, ping, routing, validation
from app.jobs.sender import Sender
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.source import Source
from app.sealing import AUTH_PLACE, seal
from app.services.endpoints import save_endpoint, shown_auth
from app.services.outbound import outbound_guard
from app.services.trial import try_endpoint
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

SECRET = "s3cret-of-the-client"
TOKEN = "t0k-of-the-server"

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def _no_token_of_before() -> None:
    TOKENS._kept.clear()


@pytest.fixture
def other() -> Iterator[PartnerServer]:
    with partner_server() as server:
        yield server


def auth_of(server: PartnerServer, **more: str) -> dict[str, str]:
    url = server.url.replace("/leads", "/token")
    names = {"token_url": url, "client_id": "nexus", "client_secret": SECRET}
    return {"type": "oauth2", **names, **more}


def buyer(server: PartnerServer, **values: Any) -> Endpoint:
    partner = make_partner(1_000_000)
    sealed = seal(json.dumps(auth_of(server)), AUTH_PLACE)
    return make_endpoint(partner, url=server.url, auth_sealed=sealed, **values)


def order(campaign: Campaign, endpoint: Endpoint) -> None:
    partner = db.session.get(Partner, endpoint.partner_id)
    make_subscription(campaign, partner, endpoint_id=endpoint.id)


def decide(server: PartnerServer, token: Says | None = None, door: Any = None) -> None:
    told = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}
    granted = token or Says(200, json.dumps(told).encode())

    def answer(got: Received) -> Says:
        return granted if is_ask(got) else (door(got) if door else Says())

    server.decide = answer


def is_ask(got: Received) -> bool:
    return got.path.endswith("/token")


def seen(server: PartnerServer) -> list[str]:
    return ["token" if is_ask(got) else "lead" for got in server.received]


def run_all() -> None:
    for drain in (validation.drain, routing.drain, ping.drain, delivery.drain):
        drain()


def make_well(server: PartnerServer) -> Endpoint:
    return make_endpoint(make_partner(1_000_000), url=server.url)


def seconds_to_all(server: PartnerServer, sources: list[Source]) -> float:
    """Sell four leads of each source; return when the last reached this server."""
    before = len(server.received)
    for source in sources:
        for _ in range(4):
            take(source)
    validation.drain()
    routing.drain()
    began = time.time()
    delivery.drain()
    assert len(server.received) == before + 4
    return server.received[-1].at - began


def kept() -> str:
    """Everything that is written of an attempt and of its lead."""
    tables = ("attempt", "delivery", "lead_event", "audit", "decision_run")
    with transaction() as session:
        known = set(session.scalars(text("SELECT tablename FROM pg_tables")))
        return "".join(
            str(session.execute(text(f"SELECT * FROM {name}")).all())
            for name in tables
            if name in known
        )


def test_leads_go_out_under_one_token(
    partner: PartnerServer, caplog: pytest.LogCaptureFixture
) -> None:
    decide(partner)
    campaign, endpoint = make_campaign(), buyer(partner)
    order(campaign, endpoint)
    source = make_source(campaign)
    for _ in range(5):
        take(source)

    run_all()

    assert sorted(seen(partner)) == ["lead"] * 5 + ["token"]
    assert {
        got.headers["authorization"] for got in partner.received if not is_ask(got)
    } == {f"Bearer {TOKEN}"}
    assert count("transaction", "status = 'captured'") == 5
    for secret in (SECRET, TOKEN):
        assert secret not in kept() + caplog.text


def test_token_that_the_partner_refuses_is_renewed_and_the_lead_sold_once(
    partner: PartnerServer,
) -> None:
    doors = [Says(401), Says()]
    decide(partner, door=lambda _: doors.pop(0))
    campaign, endpoint = make_campaign(), buyer(partner)
    order(campaign, endpoint)
    taken = take(make_source(campaign))

    run_all()

    assert seen(partner) == ["token", "lead", "token", "lead"]
    keys = {got.headers.get("idempotency-key") for got in partner.received} - {None}
    assert len(keys) == 1
    assert lead_of(taken.public_id).sold_count == 1
    assert count("attempt") == 1


def test_token_server_that_fails_is_a_retry_that_was_not_taken(
    partner: PartnerServer,
) -> None:
    decide(partner, token=Says(500))
    campaign, endpoint = make_campaign(), buyer(partner)
    order(campaign, endpoint)
    take(make_source(campaign))

    run_all()

    assert seen(partner) == ["token"]
    assert count("attempt", "failure = 'token' AND verdict = 'retry'") == 1
    assert "token:The token server answered 500" in kept()
    assert count("delivery", "definite_failures = 1 AND NOT maybe_taken") == 1


def test_lead_that_waits_for_a_token_when_the_sender_ends_is_in_no_doubt(
    partner: PartnerServer, committed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(partner, token=Says(200, b"{}", wait_s=2.0))
    campaign, endpoint = make_campaign(), buyer(partner)
    order(campaign, endpoint)
    take(make_source(campaign))
    validation.drain()
    routing.drain()
    sender = Sender(outbound_guard())
    monkeypatch.setattr("app.jobs.sender.FINISH_S", 0.0)

    sender.turn()
    waits = len(sender.wire.unsent)
    sender.finish()

    sender.wire.close()
    assert waits == 1
    assert count("delivery", "lease_token IS NULL AND sent_at IS NULL") == 1
    assert count("delivery", "maybe_taken") == 0


def test_token_server_that_hangs_holds_up_no_other_partner(
    partner: PartnerServer, other: PartnerServer, committed: Any
) -> None:
    decide(other, token=Says(200, b"{}", wait_s=3.0))
    made = {"sick": buyer(other, timeout_s=4), "well": make_well(partner)}
    sources = {}
    for name, endpoint in made.items():
        campaign = make_campaign(slug=name)
        order(campaign, endpoint)
        sources[name] = make_source(campaign)

    usual = seconds_to_all(partner, [sources["well"]])
    beside = seconds_to_all(partner, [sources["sick"], sources["well"]])

    assert seen(other) == ["token"]
    assert count("attempt", "failure = 'token'") == 4
    assert beside < usual + 1.0


def test_bids_are_asked_for_under_the_token(partner: PartnerServer) -> None:
    bid = Says(200, b'{"price": 90000}')
    decide(partner, door=lambda got: bid if got.path.endswith("/ping") else Says())
    asked = {"url": f"{partner.url}/ping", "price": "$.price"}
    campaign, endpoint = make_campaign(), buyer(partner, ping=asked)
    order(campaign, endpoint)
    take(make_source(campaign))

    for _ in range(3):
        run_all()

    assert seen(partner) == ["token", "lead", "lead"]
    assert {
        got.headers["authorization"] for got in partner.received if not is_ask(got)
    } == {f"Bearer {TOKEN}"}


def test_test_lead_is_sent_under_the_token(partner: PartnerServer) -> None:
    decide(partner)
    endpoint = buyer(partner)

    trial = try_endpoint(endpoint.id, STAFF)

    assert (trial.verdict, seen(partner)) == ("accepted", ["token", "lead"])
    assert TOKEN not in repr(trial)


def test_test_lead_says_that_no_token_came(partner: PartnerServer) -> None:
    decide(partner, token=Says(400, b'{"error": "invalid_client"}'))

    trial = try_endpoint(buyer(partner).id, STAFF)

    assert trial.verdict == "retry"
    assert trial.reason == f"token:{trial.came}"
    assert trial.came == "The token server answered 400 (invalid_client)"
    assert seen(partner) == ["token"]


def test_owner_sets_a_log_in_that_is_never_shown(partner: PartnerServer) -> None:
    row = make_partner(0)
    endpoint = Endpoint(partner_id=row.id, name="CRM", url=partner.url)
    endpoint.auth = auth_of(partner, scope="leads")  # type: ignore[attr-defined]
    save_endpoint(endpoint, STAFF)

    assert shown_auth(endpoint) == {"type": "oauth2"}
    assert SECRET not in kept()


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "0xa.1"])
def test_token_server_inside_is_refused_on_its_field(
    partner: PartnerServer, host: str
) -> None:
    endpoint = Endpoint(partner_id=make_partner(0).id, name="CRM", url=partner.url)
    auth = auth_of(partner) | {"token_url": f"https://{host}/token"}
    endpoint.auth = auth  # type: ignore[attr-defined]

    with pytest.raises(InvalidInput) as refused:
        save_endpoint(endpoint, STAFF)

    assert [error.field for error in refused.value.errors] == ["auth.token_url"]
