"""Real RQ on a real Valkey: a commit rings, a worker drains, the lead is sold."""

from threading import Event

import pytest
from flask import Flask
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import text

from app import queue
from app.clock import DRAINS, Hands, beat
from app.db import transaction
from app.domain.states import LeadStatus, Stage
from app.jobs import routing, sender, validation
from app.services.work import MAX_CLAIMS, claim, due_stages
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
from tests.processes.helpers import until

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(autouse=True)
def quiet_bell(committed: Flask) -> None:
    with committed.app_context():
        queue.doorbell().ringer.wait()
        queue.doorbell().redis.flushall()


def work(stage: Stage) -> None:
    """Let one worker of the stage's queue do what was rung for."""
    assert queue.doorbell().ringer.wait()
    connection = queue.doorbell().redis
    waiting = Queue(stage.value, connection=connection, serializer=JSONSerializer)
    worker = SimpleWorker([waiting], connection=connection, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="ERROR")


def test_each_commit_rings_the_next_stage(
    committed: Flask, partner: PartnerServer
) -> None:
    campaign = make_campaign()
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)

    taken = take(make_source(campaign))
    for stage in Stage:
        work(stage)

    assert lead_of(taken.public_id).status is LeadStatus.sold
    assert len(partner.received) == 1
    assert queue.doorbell().failed == 0


def test_jobs_carry_no_payload(committed: Flask) -> None:
    take(make_source(make_campaign()))
    assert queue.doorbell().ringer.wait()

    [job] = Queue(
        "validation", connection=queue.doorbell().redis, serializer=JSONSerializer
    ).get_jobs()
    assert job.func_name == "app.jobs.validation.drain"
    assert (job.args, job.kwargs) == ([], {})


def test_many_commits_ring_once(committed: Flask) -> None:
    source = make_source(make_campaign())

    for _ in range(5):
        take(source)

    assert queue.doorbell().ringer.wait()
    waiting = Queue("validation", connection=queue.doorbell().redis)
    assert len(waiting) == 1


def test_rolled_back_work_does_not_ring(committed: Flask) -> None:
    with pytest.raises(RuntimeError), transaction():
        queue.ring(Stage.routing)
        raise RuntimeError

    assert queue.doorbell().ringer.wait()
    assert len(Queue("routing", connection=queue.doorbell().redis)) == 0


def test_clock_drains_while_redis_is_away(
    committed: Flask, partner: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_campaign()
    buyer = make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    dead = queue.Doorbell("redis://127.0.0.1:1/0")
    monkeypatch.setitem(committed.extensions, queue.EXTENSION, dead)

    taken = take(make_source(campaign))
    hands = Hands(committed)
    for _ in range(4):
        beat(hands)
        for running in list(hands.running.values()):
            running.result()

    assert lead_of(taken.public_id).status is LeadStatus.sold
    assert dead.failed > 0


def test_clock_that_is_relieved_keeps_nothing_in_hand(
    committed: Flask, partner: PartnerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, buyer = make_campaign(), make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    taken = take(make_source(campaign))
    validation.drain()
    routing.drain()
    partner.says(Says(wait_s=0.3))
    monkeypatch.setattr(sender, "DRAIN_S", 0)

    # Redis is back: it rings for another process, which knows nothing of this one.
    DRAINS[Stage.delivery]()

    assert lead_of(taken.public_id).status is LeadStatus.sold
    assert len(partner.received) == 1


def test_who_commits_does_not_wait_for_redis(committed: Flask) -> None:
    gate, rung = Event(), []

    def slowly(stage: Stage) -> None:
        gate.wait(5)
        rung.append(stage)

    ringer = queue.Ringer(slowly)
    ringer.ring_soon(Stage.routing)
    assert until(lambda: ringer.is_busy)
    for _ in range(5):
        ringer.ring_soon(Stage.validation)
    waited = ringer.wait(0.05)
    gate.set()

    assert not waited
    assert ringer.wait()
    assert rung == [Stage.routing, Stage.validation]


def test_commit_of_another_connection_can_ring(committed: Flask) -> None:
    queue.ring_soon(Stage.routing)

    assert queue.doorbell().ringer.wait()
    assert len(Queue("routing", connection=queue.doorbell().redis)) == 1


def test_row_that_killed_its_worker_three_times_is_set_aside() -> None:
    take(make_source(make_campaign()))

    for _ in range(MAX_CLAIMS):
        assert len(claim(Stage.validation, 10).rows) == 1
        lapse()
    assert claim(Stage.validation, 10).rows == ()

    assert count("work", "set_aside_at IS NOT NULL") == 1
    assert Stage.validation not in due_stages()


def test_worker_that_lost_its_lease_changes_nothing(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = take(make_source(make_campaign()))
    late = claim(Stage.validation, 10)
    lapse()
    claim(Stage.validation, 10)
    monkeypatch.setattr("app.services.work.claim", lambda *_: late)

    validation.validate_due()

    assert lead_of(taken.public_id).status is LeadStatus.received


def lapse() -> None:
    """Let every lease end as if fifteen seconds had passed."""
    with transaction() as session:
        session.execute(text("UPDATE work SET lease_until = now() - interval '1 s'"))
