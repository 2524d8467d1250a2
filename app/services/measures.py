"""What `/metrics` tells: the counters of all processes, and how the queues stand."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction

COUNTERS = {
    "rings": ("Rings after commits, and whether Redis answered", ("stage", "ok")),
    "drains": ("Drains begun", ("stage",)),
    "claims": ("Rows claimed", ("stage",)),
    "leases_lost": ("Rows claimed anew because a lease had lapsed", ("stage",)),
    "pings": ("Questions for bids, by what came of them", ("outcome",)),
    "delivery_steps": ("What followed deliveries", ("kind", "status")),
}
HISTOGRAMS = {
    "request_seconds": ("Requests answered", ("method", "rule", "status")),
    "promise_minutes": ("Minutes from hold to accepted delivery", ()),
}
QUEUES = text(
    "SELECT stage, count(*) AS waiting,"
    " coalesce(extract(epoch FROM now() - min(run_at)), 0)::float AS oldest"
    " FROM work WHERE set_aside_at IS NULL AND run_at <= now() GROUP BY stage"
    " UNION ALL"
    " SELECT 'delivery', count(*),"
    " coalesce(extract(epoch FROM now() - min(run_at)), 0)::float FROM delivery"
    " WHERE set_aside_at IS NULL AND ended_at IS NULL AND run_at <= now()"
)
SET_ASIDE = text(
    "SELECT (SELECT count(*) FROM work WHERE set_aside_at IS NOT NULL)"
    " + (SELECT count(*) FROM delivery WHERE set_aside_at IS NOT NULL)"
)
BREACHES = text("SELECT count(*) FROM breach")
SWITCHES = text(
    "SELECT scope, count(*) AS thrown FROM kill_switch WHERE off_at IS NULL"
    " GROUP BY scope"
)
FAILED = text("SELECT name FROM audit_result WHERE NOT ok")
# Before the first run there is no sample, which the alert tells from 0.
CHECKED = text("SELECT extract(epoch FROM now() - min(at))::float FROM audit_result")


class Measures(Collector):
    """All families, read from the database in one go."""

    def collect(self) -> Iterable[Metric]:
        """Yield every family with its samples."""
        with transaction() as session:
            rows = session.execute(text("SELECT name, labels, value FROM metric")).all()
            found: dict[str, list[tuple[dict[str, str], float]]] = defaultdict(list)
            for row in rows:
                found[row.name].append((_labels(row.labels), row.value))
            queues = session.execute(QUEUES).all()
            yield from _counters(found)
            yield from _histograms(found)
            waiting = GaugeMetricFamily(
                "leadnexus_due", "Rows that are due", labels=["stage"]
            )
            oldest = GaugeMetricFamily(
                "leadnexus_oldest_due_seconds", "Age of the oldest", labels=["stage"]
            )
            for row in queues:
                waiting.add_metric([row.stage], row.waiting)
                oldest.add_metric([row.stage], row.oldest)
            yield waiting
            yield oldest
            aside = session.scalar(SET_ASIDE) or 0
            yield GaugeMetricFamily("leadnexus_set_aside", "Rows set aside", aside)
            breaches = session.scalar(BREACHES) or 0
            yield CounterMetricFamily("leadnexus_breaches", "Promises broken", breaches)
            yield from _integrity(session)
            switches = GaugeMetricFamily(
                "leadnexus_switches_on", "Kill switches that are on", labels=["scope"]
            )
            for row in session.execute(SWITCHES):
                switches.add_metric([row.scope], row.thrown)
            yield switches


def exposition() -> bytes:
    """Return everything in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Measures())
    return generate_latest(registry)


Found = dict[str, list[tuple[dict[str, str], float]]]


def _integrity(session: Session) -> Iterator[Metric]:
    failed = GaugeMetricFamily(
        "leadnexus_integrity_failed",
        "Checks that the last audit found failing",
        labels=["check"],
    )
    for name in session.scalars(FAILED):
        failed.add_metric([name], 1)
    yield failed
    age = session.scalar(CHECKED)
    if age is not None:
        yield GaugeMetricFamily(
            "leadnexus_integrity_age_seconds", "Time since the last audit", age
        )


def _counters(found: Found) -> Iterator[Metric]:
    for name, (help_, labels) in COUNTERS.items():
        family = CounterMetricFamily(f"leadnexus_{name}", help_, labels=labels)
        for values, value in found[name]:
            family.add_metric([values.get(label, "") for label in labels], value)
        yield family


def _histograms(found: Found) -> Iterator[Metric]:
    for name, (help_, labels) in HISTOGRAMS.items():
        family = HistogramMetricFamily(f"leadnexus_{name}", help_, labels=labels)
        buckets: dict[tuple[str, ...], list[tuple[str, float]]] = defaultdict(list)
        for values, value in found[f"{name}_bucket"]:
            key = tuple(values.get(label, "") for label in labels)
            buckets[key].append((values["le"], value))
        sums = {
            tuple(values.get(label, "") for label in labels): value
            for values, value in found[f"{name}_sum"]
        }
        for key, counted in buckets.items():
            family.add_metric(key, _cumulated(counted), sums.get(key, 0))
        yield family


def _cumulated(counted: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Turn counts per bucket into counts up to each bound, +Inf last."""
    total, result = 0.0, []
    for bound, value in sorted(counted, key=lambda pair: float(pair[0])):
        total += value
        result.append((bound, total))
    if result[-1][0] != "+Inf":
        result.append(("+Inf", total))
    return result


def _labels(spelled: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in spelled.split(",") if part)
