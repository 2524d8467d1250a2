"""What the processes count, added up in PostgreSQL, told to Prometheus.

Each process counts in memory and adds what it counted to the table every few seconds,
so that `/metrics` of any web process speaks for all of them, and restarts lose nothing
but those seconds. Labels are names of ours, never what anybody sent.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Mapping

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.db import db, transaction

log = logging.getLogger(__name__)

FLUSH_S = 5.0
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BUCKETS_MIN = (0.05, 0.25, 1.0, 5.0, 10.0, 20.0, 25.0, 30.0, 60.0)
ADD = text(
    "INSERT INTO metric (name, labels, value)"
    " SELECT * FROM unnest(CAST(:names AS text[]), CAST(:labels AS text[]),"
    " CAST(:values AS double precision[]))"
    " ON CONFLICT (name, labels) DO UPDATE SET value = metric.value + excluded.value"
)

_lock = threading.Lock()
_counted: dict[tuple[str, str], float] = defaultdict(float)


def count(name: str, amount: float = 1, /, **labels: str) -> None:
    """Add to a counter, such as `rings`."""
    with _lock:
        _counted[name, _spelled(labels)] += amount


def observe(
    name: str, value: float, buckets: tuple[float, ...], /, **labels: str
) -> None:
    """Add one observation to a histogram with those upper bounds."""
    bound = next((b for b in buckets if value <= b), None)
    with _lock:
        _counted[f"{name}_sum", _spelled(labels)] += value
        le = "+Inf" if bound is None else str(bound)
        _counted[f"{name}_bucket", _spelled({**labels, "le": le})] += 1


def flush() -> None:
    """Add what this process counted to the table."""
    with _lock:
        taken = dict(_counted)
        _counted.clear()
    if not taken:
        return
    rows = sorted(taken.items())
    try:
        with transaction() as session:
            session.execute(
                ADD,
                {
                    "names": [name for (name, _), _ in rows],
                    "labels": [labels for (_, labels), _ in rows],
                    "values": [value for _, value in rows],
                },
            )
    except SQLAlchemyError as error:
        log.warning("metrics wait: %s", type(error).__name__)
        db.session.rollback()
        with _lock:
            for key, value in taken.items():
                _counted[key] += value


def start(app: Flask) -> None:
    """Flush every few seconds from a thread of this process, until it ends."""

    def run() -> None:
        while not _stop.wait(FLUSH_S):
            with app.app_context():
                flush()

    threading.Thread(target=run, name="metrics", daemon=True).start()


_stop = threading.Event()


def _spelled(labels: Mapping[str, str]) -> str:
    return ",".join(
        f"{name}={value.replace(',', ';')}" for name, value in sorted(labels.items())
    )
