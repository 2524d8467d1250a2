"""A worker process: `python -m app.worker <queue>`.

An RQ SimpleWorker under our supervisor: drains renew their own leases, and the row
decides, so nothing is read from RQ's job states. A SIGTERM ends its drain early.
"""

import logging
import sys
from types import FrameType
from typing import Any

from redis import Redis, RedisError
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer

from app import create_core, metrics
from app.domain.states import Stage
from app.jobs import delivery, ping
from app.jobs.drains import patience, stopping
from app.settings import settings

log = logging.getLogger(__name__)

# What keeps something in hand from one drain to the next.
FINISH = {Stage.ping: ping.finish, Stage.delivery: delivery.finish}
PATIENCE = Retry(ConstantBackoff(0.2), retries=2)
PAUSE_S = 0.5
# RQ asks Redis for 15 s less than this, and gives up on a silent one 10 s later.
TTL_S = 20


class StageWorker(SimpleWorker):
    """RQ's worker, which lets drains know of a SIGTERM and quotes no row in a log."""

    max_connection_wait_time = 1.0

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Let the drain end soon, and then this worker."""
        stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def subscribe(self) -> None:
        """Take no commands over Redis: who writes there may ring, nothing more."""

    def handle_exception(self, _job: Job, *exc_info: Any) -> None:  # noqa: ANN401
        """Say where a drain failed; what it had claimed comes due by its leases."""
        log.error("drain failed", exc_info=exc_info)


def main(name: str) -> None:
    """Work on one queue until told to stop; outlive whatever happens to Redis."""
    stage = Stage(name)
    patience.seconds = patience.WORKER_S
    app = create_core(by_keys=True)
    metrics.start(app)
    with app.app_context():
        log.info("worker ready: queue=%s", stage.value)
        try:
            while not stopping.is_set():
                work(stage)
                stopping.wait(PAUSE_S)
        except StopRequested:
            log.info("worker stops: queue=%s", stage.value)
        if stage in FINISH:
            FINISH[stage]()


def work(stage: Stage) -> None:
    """Work on the queue until told to stop, or until Redis fails for good.

    While Redis is away the clock drains: nothing here is worth dying for.
    """
    connection = Redis.from_url(settings.redis_url, retry=PATIENCE)
    try:
        queue = Queue(stage.value, connection=connection, serializer=JSONSerializer)
        worker = StageWorker(
            [queue],
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=TTL_S,
        )
        worker.work(with_scheduler=False, logging_level="WARNING")
    except RedisError as error:
        log.warning("worker waits: queue=%s error=%s", stage.value, type(error))
    finally:
        connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
