"""The clock: rings each second for what is due, and runs the periodic tasks.

Any number may run. A task runs once per tick, under its row's lock in PostgreSQL.
While Redis is away the clock drains by itself: `python -m app.clock`.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import FrameType

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import create_app, metrics
from app.db import db, transaction
from app.domain.states import Stage
from app.jobs import delivery, routing, validation
from app.jobs.drains import stopping
from app.queue import doorbell
from app.services.housekeeping import expire_leads, forget_old
from app.services.integrity import audit
from app.services.work import due_stages

log = logging.getLogger(__name__)

BEAT_S = 1.0
TAKE_TICK = text(
    "INSERT INTO tick (task, ticked_at) VALUES (:task, now())"
    " ON CONFLICT (task) DO UPDATE SET ticked_at = now()"
    " WHERE tick.ticked_at <= now() - make_interval(secs => :every) RETURNING task"
)
DRAINS: dict[Stage, Callable[[], int]] = {
    Stage.validation: validation.drain,
    Stage.routing: routing.drain,
    Stage.delivery: delivery.drain,
}


@dataclass(frozen=True)
class Task:
    """A periodic task: its name, how often in seconds, and what it does."""

    name: str
    every_s: int
    run: Callable[[], None]


TASKS = (
    Task("audit", 60, audit),
    Task("expire_leads", 60, expire_leads),
    Task("forget_old", 3600, forget_old),
)


class Fallback:
    """Drains in this process while Redis is away, each stage in a thread of its own."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(len(DRAINS), "drain")
        self.running: dict[Stage, Future[int]] = {}
        self.has_news = threading.Event()

    def drain(self, stage: Stage) -> None:
        """Start a drain of the stage unless one is still running."""
        running = self.running.get(stage)
        if running is None or running.done():
            self.running[stage] = self.pool.submit(self._drain, stage)

    def wait(self, seconds: float) -> None:
        """Wait for the next beat; what a drain did may be due elsewhere at once."""
        self.has_news.wait(max(0.0, seconds))
        self.has_news.clear()

    def close(self) -> None:
        """Let the drains that run come to a good end."""
        self.pool.shutdown()
        with self.app.app_context():
            delivery.finish()

    def _drain(self, stage: Stage) -> int:
        with self.app.app_context():
            try:
                done = DRAINS[stage]()
            except SQLAlchemyError as error:
                log.warning("drain failed: %s %s", stage.value, type(error).__name__)
                return 0
        if done:
            self.has_news.set()
        return done


def beat(fallback: Fallback) -> None:
    """Ring for whatever is due, drain it where nobody hears the bell, run tasks."""
    for stage in due_stages():
        if not doorbell().ring(stage):
            fallback.drain(stage)
    for task in TASKS:
        with transaction("clock.tick") as session:
            bound = {"task": task.name, "every": task.every_s}
            is_ours = session.execute(TAKE_TICK, bound).first() is not None
        if is_ours:
            task.run()


def run(app: Flask, stop: threading.Event) -> None:
    """Beat once a second until told to stop; a database that is away is waited for."""
    fallback = Fallback(app)
    while not stop.is_set():
        began = time.monotonic()
        with app.app_context():
            try:
                beat(fallback)
            except SQLAlchemyError as error:
                log.warning("clock missed a beat: %s", type(error).__name__)
                db.session.rollback()
        fallback.wait(BEAT_S - (time.monotonic() - began))
    fallback.close()


def main() -> None:
    """Be the clock of this installation until SIGTERM or SIGINT."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        stopping.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    app = create_app()
    metrics.start(app)
    run(app, stop)


if __name__ == "__main__":
    main()
