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

from app import create_core, metrics
from app.db import db, transaction
from app.domain.states import Stage
from app.jobs import delivery, ping, routing, validation
from app.jobs.drains import stopping
from app.queue import doorbell
from app.services.backfill import put_leads_back
from app.services.booked_days import count_booked_days
from app.services.days import count_days
from app.services.housekeeping import expire_leads, forget_old
from app.services.integrity import audit
from app.services.limit_mail import tell_limits
from app.services.low_balance import tell_low_balances
from app.services.mail import send_due
from app.services.reject_rates import measure_rejections
from app.services.resets import answer_requests
from app.services.return_mail import tell_partners_of_returns, tell_staff_of_returns
from app.services.return_rates import measure_returns
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
    Stage.ping: ping.drain_alone,
    Stage.delivery: delivery.drain_alone,
}


@dataclass(frozen=True)
class Task:
    """A periodic task: its name, how often in seconds, and what it does."""

    name: str
    every_s: int
    run: Callable[[], None]


TASKS = (
    Task("audit", 60, audit),
    Task("count_days", 60, count_days),
    Task("count_booked_days", 60, count_booked_days),
    Task("expire_leads", 60, expire_leads),
    Task("put_leads_back", 2, put_leads_back),
    Task("answer_resets", 2, answer_requests),
    Task("send_mail", 5, send_due),
    Task("tell_low_balances", 60, tell_low_balances),
    # So seldom, that however many returns are decided, or limits reached, few mails go.
    Task("tell_partners_of_returns", 300, tell_partners_of_returns),
    Task("tell_limits", 300, tell_limits),
    Task("tell_staff_of_returns", 900, tell_staff_of_returns),
    Task("measure_returns", 3600, measure_returns),
    Task("measure_rejections", 300, measure_rejections),
    Task("forget_old", 3600, forget_old),
)


class Hands:
    """The clock's threads: a task or a drain that takes long delays no beat."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.pool = ThreadPoolExecutor(len(DRAINS) + len(TASKS), "hand")
        self.running: dict[str, Future[None]] = {}
        self.has_news = threading.Event()

    def do(self, name: str, job: Callable[[], object]) -> None:
        """Start a job unless the one of that name is still running."""
        running = self.running.get(name)
        if running is None or running.done():
            self.running[name] = self.pool.submit(self._do, name, job)

    def wait(self, seconds: float) -> None:
        """Wait for the next beat; what a drain did may be due elsewhere at once."""
        self.has_news.wait(max(0.0, seconds))
        self.has_news.clear()

    def close(self) -> None:
        """Let what runs come to a good end."""
        self.pool.shutdown()
        with self.app.app_context():
            ping.finish()
            delivery.finish()

    def _do(self, name: str, job: Callable[[], object]) -> None:
        with self.app.app_context():
            try:
                if job():
                    self.has_news.set()
            except SQLAlchemyError as error:
                log.warning("failed: %s %s", name, type(error).__name__)


def beat(hands: Hands) -> None:
    """Ring for whatever is due, drain it where nobody hears the bell, begin tasks."""
    for stage in due_stages():
        if not doorbell().ring(stage):
            hands.do(stage.value, DRAINS[stage])
    for task in TASKS:
        with transaction("clock.tick") as session:
            bound = {"task": task.name, "every": task.every_s}
            is_ours = session.execute(TAKE_TICK, bound).first() is not None
        if is_ours:
            hands.do(task.name, task.run)


def run(app: Flask, stop: threading.Event) -> None:
    """Beat once a second until told to stop; a database that is away is waited for."""
    hands = Hands(app)
    while not stop.is_set():
        began = time.monotonic()
        with app.app_context():
            try:
                beat(hands)
            except SQLAlchemyError as error:
                log.warning("clock missed a beat: %s", type(error).__name__)
                db.session.rollback()
        hands.wait(BEAT_S - (time.monotonic() - began))
    hands.close()


def main() -> None:
    """Be the clock of this installation until SIGTERM or SIGINT."""
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        stopping.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    app = create_core()
    metrics.start(app)
    run(app, stop)


if __name__ == "__main__":
    main()
