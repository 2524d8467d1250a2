"""The intake: how many leads a second, against a bare route and FAB's own REST POST."""

from statistics import median

from benchmarks.figures import Figure
from benchmarks.fill import fill_stored, settle
from benchmarks.house import House
from benchmarks.seed import Shape

ROUNDS = 3
ROUND_S = 2.0
STORED = 1_000_000


def measure_intake(house: House) -> list[Figure]:
    """Measure the intake between rounds of what it is compared with."""
    shape = house.shapes["ten"]
    with house.web():
        _warm_up(house, shape)
        token = {"Authorization": f"Bearer {house.login()}"}
        bare, taken, rest = [bare_rate(house)], [], []
        for _ in range(ROUNDS):
            taken.append(house.post_leads(shape, seconds=ROUND_S))
            posted = house.post("/api/v1/bench/", "row", headers=token, seconds=ROUND_S)
            rest.append(posted.per_second)
            bare.append(bare_rate(house))
    rate = median(one.per_second for one in taken)
    p95 = median(one.p95_ms for one in taken)
    return [
        Figure("intake / bare route", rate, "requests/s", median(bare), 0.6, 0.85),
        Figure("intake / FAB's REST POST", rate, "requests/s", median(rest), 5, 6.5),
        Figure("intake, p95 of 16 at once", p95, "ms"),
    ]


def measure_million(house: House) -> list[Figure]:
    """Measure the intake's time per lead at a million stored ones, and at none.

    Both are counted in times of the bare route beside them, so that a machine that
    changed its pace meanwhile does not count.
    """
    shape = house.shapes["ten"]
    with house.web():
        _warm_up(house, shape)
        empty = _times_of_bare(house, shape)
        fill_stored(house.admin, shape, STORED)
        _warm_up(house, shape)
        full = _times_of_bare(house, shape)
    name = f"intake's time at {STORED:,} stored leads / at none"
    return [
        Figure(name, full, "x bare", empty, least=1.2, goal=1.1, less_is_better=True)
    ]


def _warm_up(house: House, shape: Shape) -> None:
    """Bring caches and the planner's statistics to where a running server has them."""
    house.post_leads(shape, seconds=ROUND_S)
    settle(house.admin)


def bare_rate(house: House) -> float:
    """Return how many requests a second the bare route answers."""
    return house.post("/bench/bare", "row", seconds=ROUND_S).per_second


def _times_of_bare(house: House, shape: Shape) -> float:
    bare, taken = [bare_rate(house)], []
    for _ in range(ROUNDS):
        taken.append(house.post_leads(shape, seconds=ROUND_S).per_second)
        bare.append(bare_rate(house))
    return median(bare) / median(taken)
