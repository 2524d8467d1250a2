"""Real threads on a real PostgreSQL: nothing is sold, charged or stored twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from app.domain.errors import Conflict, LeadNexusError, StillRunning
from app.domain.states import AtCap
from app.jobs import auctions, routing, validation
from app.jobs.auctions import Auctions
from app.services import intake
from app.services.channels import channel_of_source
from app.services.idempotency import answer_once
from app.services.intake import take_lead
from app.services.integrity import run_checks
from app.services.outbound import outbound_guard
from app.services.routing import sell_lead
from app.services.wallet import credit_partner, wallet_of
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
from tests.partner import PartnerServer, Says

pytestmark = pytest.mark.usefixtures("committed")


def at_once(app: Flask, jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run the jobs in threads that start together; return results or refusals."""
    gate = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        with app.app_context():
            gate.wait()
            try:
                return job()
            except LeadNexusError as refused:
                return refused

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


@pytest.fixture(params=["in one call", "in calls of their own"])
def stored(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Store what threads post together, or each by itself as other processes would."""
    if request.param != "in one call":
        alone = lambda post: intake.store_all([post])[0]  # noqa: E731
        monkeypatch.setattr(intake, "store_together", alone)


@pytest.mark.usefixtures("stored")
def test_one_of_many_equal_leads_is_stored(committed: Flask) -> None:
    channel = channel_of_source(make_source(make_campaign()).id)
    bodies = [enquiry(email="ada@example.org", first_name=f"A{n}") for n in range(8)]

    answers = at_once(
        committed, [lambda body=body: take_lead(channel, body) for body in bodies]
    )

    assert sum(isinstance(answer, Conflict) for answer in answers) == 7
    assert count("lead") == 1


@pytest.mark.usefixtures("stored")
def test_one_key_stores_one_lead_and_answers_all_alike(committed: Flask) -> None:
    channel = channel_of_source(make_source(make_campaign()).id)
    body = enquiry()

    answers = at_once(committed, [lambda: take_lead(channel, body, "k")] * 8)

    assert len({answer.public_id for answer in answers}) == 1
    assert sum(answer.is_new for answer in answers) == 1
    assert count("lead") == 1


@pytest.mark.usefixtures("stored")
def test_one_key_without_contact_to_lock_stores_one_lead(committed: Flask) -> None:
    channel = channel_of_source(make_source(make_campaign(dedupe_days=0)).id)
    body = enquiry()

    answers = at_once(committed, [lambda: take_lead(channel, body, "k")] * 8)

    assert len({answer.public_id for answer in answers}) == 1
    assert count("lead") == 1


def test_posts_stored_together_in_any_order_never_wait_for_each_other(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = channel_of_source(make_source(make_campaign()).id)
    posts: list[dict[str, Any]] = []

    def keep(post: dict[str, Any]) -> None:
        posts.append(post)
        raise Conflict("Kept for later.", "kept")

    monkeypatch.setattr(intake, "store_together", keep)
    for _ in range(40):
        with pytest.raises(Conflict):
            take_lead(channel, enquiry())

    def store(some: list[dict[str, Any]]) -> list[Any]:
        return [intake.store_all(some[at : at + 10]) for at in range(0, 40, 10)]

    # Both begin each round with the other's last lead.
    tens = [posts[at : at + 10] for at in range(0, 40, 10)]
    back = [post for ten in tens for post in reversed(ten)]
    answers = at_once(committed, [lambda: store(posts), lambda: store(back)])

    assert not [one for one in answers if isinstance(one, LeadNexusError)]
    assert count("lead") == 40


def test_auctions_racing_for_leads_and_a_budget_sell_each_once(
    committed: Flask, partner: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auctions, "MOST_HELD", 2)
    campaign = make_campaign(price_cents=1000)
    buyer = make_partner()
    asked = {"url": partner.url, "price": "$.price"}
    endpoint = make_endpoint(buyer, url=partner.url, ping=asked)
    limits = {"daily_budget_cents": 10_000}
    make_subscription(campaign, buyer, endpoint_id=endpoint.id, **limits)
    partner.says(Says(200, b'{"price": 1100}'))
    source = make_source(campaign)
    for _ in range(20):
        take(source)
    validation.drain()
    routing.drain()

    def auction() -> None:
        own = Auctions(outbound_guard())
        own.drain()
        own.give_up()

    at_once(committed, [auction] * 4)

    assert count("transaction") == 9
    assert count("work") == 0
    twice = "lead_id IN (SELECT lead_id FROM ping GROUP BY 1 HAVING count(*) > 1)"
    assert count("ping", twice) == 0
    assert count("ping", "transaction_id IS NOT NULL") == 9
    assert wallet_of(buyer.id)["held_cents"] == 9900
    assert run_checks()["ok"]


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("day", {"daily_cap": 5}),
        ("hour", {"hourly_cap": 5, "at_cap": AtCap.queue}),
        ("total", {"total_budget_cents": 13_000}),
    ],
)
def test_workers_racing_for_one_cap_sell_up_to_it(
    committed: Flask, kind: str, limits: dict[str, Any]
) -> None:
    campaign = make_campaign()
    make_subscription(campaign, make_partner(), **limits)
    source = make_source(campaign)
    for _ in range(40):
        take(source)
    validation.drain()

    at_once(committed, [routing.drain] * 4)

    assert count("transaction", "status = 'held'") == 5
    assert count("subscription_window", f"kind = '{kind}' AND holds = 5") == 1
    assert run_checks()["ok"]


def test_one_wallet_under_many_campaigns_never_falls_below_zero(
    committed: Flask,
) -> None:
    partner = make_partner(10_000)
    for _ in range(4):
        campaign = make_campaign(price_cents=1000)
        make_subscription(campaign, partner)
        source = make_source(campaign)
        for _ in range(10):
            take(source)
    validation.drain()

    at_once(committed, [routing.drain] * 4)

    assert count("transaction", "status = 'held'") == 10
    assert wallet_of(partner.id)["available_cents"] == 0
    assert run_checks()["ok"]


def test_one_lead_sold_by_many_hands_is_sold_once(committed: Flask) -> None:
    campaign = make_campaign()
    lead_id = lead_of(take(make_source(campaign)).public_id).id
    validation.drain()
    routing.drain()
    subscriptions = [make_subscription(campaign).id for _ in range(6)]

    answers = at_once(
        committed,
        [lambda one=one: sell_lead(lead_id, one, STAFF).id for one in subscriptions],
    )

    assert sum(isinstance(answer, int) for answer in answers) == 1
    assert count("transaction") == 1
    assert run_checks()["ok"]


def test_one_key_credits_once(committed: Flask) -> None:
    partner_id = make_partner(0).id

    def credit() -> Any:
        return answer_once(
            "user:1",
            "k",
            b"body",
            lambda: (201, credit_partner(partner_id, 100, "once", STAFF)),
        )

    answers = at_once(committed, [credit] * 8)

    given = [answer for answer in answers if isinstance(answer, tuple)]
    others = [answer for answer in answers if not isinstance(answer, tuple)]
    assert given
    assert all(answer == given[0] for answer in given)
    assert all(isinstance(answer, StillRunning) for answer in others)
    assert wallet_of(partner_id)["balance_cents"] == 100
