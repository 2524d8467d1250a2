"""The doorbell: after a commit, Redis is told that a stage has work, nothing more.

PostgreSQL is the truth. A ring that fails is counted and harmless: the clock rings
each second for whatever is due, and drains by itself while Redis is away. A thread of
its own talks to Redis, so that who commits never waits for it.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import cast

import redis
from flask import Flask, current_app
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.crashes import reached
from app.db import db, transaction
from app.domain.states import Stage
from app.metrics import count

log = logging.getLogger(__name__)

RING_MS = 1000
DRAIN_S = 20
JOB_TIMEOUT_S = 120
REDIS_TIMEOUT_S = 0.25
SILENCE_S = 1.0
# Rings within so short a time are one: a drain that was rung for sees them all.
PACE_S = 0.01
EXTENSION = "leadnexus_queue"
DRAINS = {stage: f"app.jobs.{stage.value}.drain" for stage in Stage}


class Doorbell:
    """The connection to Redis, its count of failed rings and its short silence."""

    def __init__(self, url: str) -> None:
        self.redis = redis.Redis.from_url(
            url,
            socket_timeout=REDIS_TIMEOUT_S,
            socket_connect_timeout=REDIS_TIMEOUT_S,
            # A ring is not worth waiting for: the clock rings again within a second.
            retry=Retry(NoBackoff(), 0),
        )
        self.failed = 0
        self.silent_until = 0.0
        self.ringer = Ringer(self.ring)

    def ring(self, stage: Stage) -> bool:
        """Enqueue one drain of the stage unless one was rung a moment ago.

        Return False when Redis did not answer; for a second afterwards it is not
        asked again, so that a dead Redis slows nobody down.
        """
        if time.monotonic() < self.silent_until:
            self._note_failure(stage)
            return False
        try:
            if self.redis.set(ring_key(stage), "1", nx=True, px=RING_MS):
                reached("ring.set")
                self._enqueue(stage)
        except redis.RedisError as error:
            self._note_failure(stage)
            self.silent_until = time.monotonic() + SILENCE_S
            log.warning("ring failed: stage=%s error=%s", stage.value, type(error))
            return False
        count("rings", stage=stage.value, ok="yes")
        return True

    def _note_failure(self, stage: Stage) -> None:
        self.failed += 1
        count("rings", stage=stage.value, ok="no")

    def answer(self, stage: Stage) -> None:
        """Let the stage be rung again: called by a drain before it looks for work."""
        if time.monotonic() < self.silent_until:
            return
        try:
            self.redis.delete(ring_key(stage))
        except redis.RedisError as error:
            self.silent_until = time.monotonic() + SILENCE_S
            log.warning("ring not reset: stage=%s error=%s", stage.value, type(error))

    def _enqueue(self, stage: Stage) -> None:
        queue = Queue(stage.value, connection=self.redis, serializer=JSONSerializer)
        queue.enqueue(
            DRAINS[stage],
            result_ttl=0,
            failure_ttl=60,
            job_timeout=JOB_TIMEOUT_S,
        )


class Ringer:
    """A thread that rings; what is rung for meanwhile waits for it as one ring.

    It ends with its process: a ring that is lost then is made up for by the clock.
    """

    def __init__(self, ring: Callable[[Stage], object]) -> None:
        self._ring = ring
        self._wanted: set[Stage] = set()
        self.is_busy = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring_soon(self, stage: Stage) -> None:
        """Have the stage rung for, without waiting for Redis."""
        with self._changed:
            self._wanted.add(stage)
            self._changed.notify_all()
            # A thread does not outlive a fork, so each process starts its own.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._run, name="ringer", daemon=True
                )
                self._thread.start()

    def wait(self, seconds: float = 1.0) -> bool:
        """Wait until all that was rung for is told to Redis; return whether it is."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._wanted and not self.is_busy, seconds
            )

    def _run(self) -> None:
        while True:
            for stage in self._take():
                self._ring(stage)
            with self._changed:
                self.is_busy = False
                self._changed.notify_all()
            time.sleep(PACE_S)

    def _take(self) -> list[Stage]:
        with self._changed:
            self._changed.wait_for(lambda: self._wanted)
            wanted, self._wanted = list(self._wanted), set()
            self.is_busy = True
            return wanted


def ring_key(stage: Stage) -> str:
    """Return the name of the key that says a stage has been rung."""
    return f"ring-{stage.value}"


def init_app(app: Flask, url: str) -> None:
    """Connect the application to its doorbell; no connection is opened yet."""
    app.extensions[EXTENSION] = Doorbell(url)


def doorbell() -> Doorbell:
    """Return the running application's doorbell."""
    return cast(Doorbell, current_app.extensions[EXTENSION])


def ring(stage: Stage) -> None:
    """Ring for the stage when the open transaction commits."""
    with transaction() as session:
        session.info.setdefault("rings", set()).add(stage)


def ring_soon(stage: Stage) -> None:
    """Ring for the stage now, after a commit that was no session's."""
    reached("ring.committed")
    doorbell().ringer.ring_soon(stage)


@event.listens_for(db.session, "after_commit")
def _ring_after_commit(session: Session) -> None:
    # The event also fires when a SAVEPOINT is released.
    if session.in_nested_transaction():
        return
    for stage in session.info.pop("rings", ()):
        ring_soon(stage)


@event.listens_for(db.session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    session.info.pop("rings", None)
