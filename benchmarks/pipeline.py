"""The pipeline: from received to captured, and from receipt to the partner's server."""

import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import LiteralString

from app.domain.states import Stage
from app.queue import doorbell
from benchmarks.figures import Figure
from benchmarks.fill import fill_bulk, fill_waiting, forget_work, let_go, settle
from benchmarks.floor import sales_per_second
from benchmarks.house import CannotMeasure, House
from benchmarks.load import percentile
from benchmarks.rq_floor import KINDS, jobs_per_second
from benchmarks.seed import Shape

ROUNDS = 3
TIMES_A_FORK = 10.0
LEADS = {"one": 1000, "ten": 3000}
PATIENCE_S = 60.0
LATENCY_S = 8.0
WARM_S = 5.0
WARM_RATE = 100.0
# An upload, and the few live leads that must not wait for it.
BULK = 1_000_000
LIVE_RATE = 10.0
LOOK_S = 0.02
SETTLE_S = 5.0
LAST = "SELECT coalesce(max(id), 0) FROM transaction"
CAPTURED = "SELECT count(*) FROM transaction WHERE id > %s AND status = 'captured'"


def measure_pipeline(house: House) -> list[Figure]:
    """Measure the way from received to captured, and its latency at half that rate."""
    figures: list[Figure] = []
    # Whatever was taken in before this would be routed, too.
    forget_work(house.admin)
    with house.pipeline():
        for name, count in LEADS.items():
            shape = house.shapes[name]
            figures += _measure_shape(house, shape, count)
        # The last shape is the larger: its own rate, and the one that is asked of it.
        own, forks, *_ = figures[-len(KINDS) - 1 :]
        asked = TIMES_A_FORK * (forks.floor or 0)
        with house.web():
            _warm_up(house, shape)
            figures += measure_latency(house, shape, asked / 2)
            for figure in measure_latency(house, shape, own.value / 2):
                figures.append(replace(figure, least=None, goal=None))
    return figures


def _warm_up(house: House, shape: Shape) -> None:
    """Bring the web processes just started to where running ones are."""
    last = _scalar(house, LAST)
    result = house.post_leads(shape, seconds=WARM_S, rate=WARM_RATE)
    _await_captured(house, last, result.sent)
    house.seen()
    settle(house.admin)


def _measure_shape(house: House, shape: Shape, count: int) -> list[Figure]:
    rates: list[float] = []
    floors = [sales_per_second(house.postgres)]
    jobs: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(ROUNDS):
        rates.append(capture_rate(house, shape, count))
        floors.append(sales_per_second(house.postgres))
        for kind, found in jobs.items():
            found.append(jobs_per_second(house.settings.redis_url, kind))
    rate, title = median(rates), f"received to captured, {shape.partners} partner(s)"
    forks, stays = median(jobs["fork"]), median(jobs["simple"])
    return [
        Figure(f"{title} / pgbench", rate, "leads/s", median(floors), 0.25, 1.0),
        Figure(f"{title} / RQ job that forks", rate, "leads/s", forks, TIMES_A_FORK),
        Figure(f"{title} / RQ job that does not", rate, "leads/s", stays),
    ]


def capture_rate(house: House, shape: Shape, count: int) -> float:
    """Let so many received leads go at once; return how many a second are captured."""
    fill_waiting(house.admin, shape, count)
    last = _scalar(house, LAST)
    let_go(house.admin)
    began = time.monotonic()
    with house.app.app_context():
        doorbell().answer(Stage.validation)
        doorbell().ring(Stage.validation)
    _await_captured(house, last, count)
    elapsed = time.monotonic() - began
    if len(house.seen()) != count:
        raise CannotMeasure("the partners did not get every lead exactly once")
    return count / elapsed


def measure_latency(house: House, shape: Shape, rate: float) -> list[Figure]:
    """Measure how long a lead takes from its 201 to its first byte at the partner."""
    rounds = [_latencies(house, shape, rate) for _ in range(ROUNDS)]
    p50, p95, meant_p95, reached = map(median, zip(*rounds, strict=True))
    at = f"at {rate:.0f} leads/s with intake beside"
    return [
        Figure(f"receipt to first byte, p50, {at}", p50, "ms"),
        Figure(
            f"receipt to first byte, p95, {at}",
            p95,
            "ms",
            least=200,
            goal=50,
            less_is_better=True,
        ),
        Figure("meant to be sent to first byte, p95", meant_p95, "ms"),
        Figure("that load's own rate", reached, "leads/s", rate, 0.9),
    ]


def _latencies(
    house: House, shape: Shape, rate: float
) -> tuple[float, float, float, float]:
    """Return p50, p95 and p95 from when it was meant to be sent (ms), and the rate."""
    record = house.home / "record"
    last = _scalar(house, LAST)
    result = house.post_leads(
        shape, seconds=LATENCY_S, rate=rate, connections=64, record=str(record)
    )
    _await_captured(house, last, result.sent)
    seen = house.seen()
    answered, meant = [], []
    for line in Path(record).read_text().splitlines():
        lead, meant_at, came_at = line.split()
        answered.append(max(0.0, 1000 * (seen[lead] - float(came_at))))
        meant.append(1000 * (seen[lead] - float(meant_at)))
    answered.sort()
    return (
        percentile(answered, 50),
        percentile(answered, 95),
        percentile(sorted(meant), 95),
        result.per_second,
    )


def measure_bulk(house: House) -> list[Figure]:
    """Measure how long live leads take while a million rows of an upload wait."""
    forget_work(house.admin)
    shape = house.shapes["ten"]
    fill_bulk(house.admin, shape, BULK)
    record = house.home / "record-bulk"
    with house.pipeline(), house.web():
        house.post_leads(
            shape, seconds=2 * LATENCY_S, rate=LIVE_RATE, record=str(record)
        )
        time.sleep(SETTLE_S)
        seen = house.seen()
    lines = [line.split() for line in Path(record).read_text().splitlines()]
    if missing := [lead for lead, _, _ in lines if lead not in seen]:
        raise CannotMeasure(f"{len(missing)} live leads did not reach a partner")
    took = sorted(max(0.0, 1000 * (seen[lead] - float(at))) for lead, _, at in lines)
    waiting = _scalar(house, "SELECT count(*) FROM work WHERE is_bulk")
    forget_work(house.admin)
    name = "receipt to first byte of a live lead while an upload waits"
    return [
        Figure(f"{name}, p50", percentile(took, 50), "ms"),
        Figure(f"{name}, p95", percentile(took, 95), "ms", None, 1000, 500, True),
        Figure("rows of the upload still waiting", waiting, "rows"),
    ]


def _await_captured(house: House, last: int, count: int) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while (captured := _scalar(house, CAPTURED, last)) < count:
        if time.monotonic() > give_up_at:
            raise CannotMeasure(f"only {captured} of {count} leads were captured")
        time.sleep(LOOK_S)


def _scalar(house: House, query: LiteralString, *bound: int) -> int:
    row = house.admin.execute(query, bound).fetchone()
    return int(row[0]) if row else 0
