"""A worker process: `python -m app.worker <queue>`.

An RQ SimpleWorker under our supervisor: drains renew their own leases, and the row
decides, so nothing is read from RQ's job states. A SIGTERM ends its drain early.
"""

import logging
import sys
from types import FrameType

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app import create_app, metrics
from app.domain.states import Stage
from app.jobs.drains import stopping
from app.settings import settings

log = logging.getLogger(__name__)

# Without end: while Redis is away the clock drains, and the worker comes back alone.
PATIENCE = Retry(ConstantBackoff(0.5), retries=-1)


class StageWorker(SimpleWorker):
    """A worker whose drain is told as well when the worker is told to stop."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Begin nothing more, finish what is under way, end."""
        stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def main(name: str) -> None:
    """Work on one queue until told to stop."""
    stage = Stage(name)
    app = create_app()
    metrics.start(app)
    with app.app_context():
        connection = Redis.from_url(
            settings.redis_url,
            retry=PATIENCE,
            retry_on_error=[RedisConnectionError, RedisTimeoutError],
        )
        queue = Queue(stage.value, connection=connection, serializer=JSONSerializer)
        worker = StageWorker([queue], connection=connection, serializer=JSONSerializer)
        log.info("worker ready: queue=%s", stage.value)
        worker.work(with_scheduler=False, logging_level="WARNING")


if __name__ == "__main__":
    main(sys.argv[1])
