"""What one RQ job per lead costs at the least: jobs that do nothing.

RQ's usual worker forks for each job; the SimpleWorker does not. They run in a process
of their own, since a worker takes over the signals: `python -m benchmarks.rq_floor`.
"""

import subprocess
import sys
import time

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

KINDS = {"fork": Worker, "simple": SimpleWorker}
QUEUE = "bench"
JOBS = 60


def jobs_per_second(redis_url: str, kind: str) -> float:
    """Return how many empty jobs one worker of that kind does in a second."""
    done = subprocess.run(  # noqa: S603 - the command is our own
        (sys.executable, "-m", "benchmarks.rq_floor", kind),
        input=redis_url,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def nothing() -> None:
    """Be a job that does nothing."""


def main(kind: str, redis_url: str) -> None:
    """Print the jobs a second of one worker of that kind."""
    redis = Redis.from_url(redis_url)
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
    for _ in range(JOBS):
        queue.enqueue("benchmarks.rq_floor.nothing", result_ttl=0)
    worker = KINDS[kind]([queue], connection=redis, serializer=JSONSerializer)
    began = time.perf_counter()
    worker.work(burst=True, logging_level="ERROR")
    print(JOBS / (time.perf_counter() - began))


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin.read().strip())
