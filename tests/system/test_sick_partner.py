"""One partner that hangs, with half of all the traffic, harms nobody else."""

import statistics
import time
from collections.abc import Callable

import pytest

from tests.partner import Received, Says, partner_server
from tests.processes.helpers import until
from tests.system import harm
from tests.system.conftest import Launch
from tests.system.market import Market, open_market

pytestmark = pytest.mark.soak

ROUNDS = 3
FOR_S = 17
RATE = 10
HANGS_S = 15.5
TIMES = 2.0


def test_partner_that_hangs_slows_nobody_else(
    launch: Launch, note: Callable[[str, float], None]
) -> None:
    system = launch()
    usual: list[float] = []
    harmed: list[float] = []
    with partner_server() as server:
        made = open_market(system, server)
        first_bytes(made)
        # What else runs on this machine comes and goes, on both sides alike.
        for _ in range(ROUNDS):
            usual += first_bytes(made)
            server.decide = hang_at_north
            harmed += first_bytes(made)
            server.decide = None
            recover(made)
        usual += first_bytes(made)

    for name, values in (("alone", usual), ("beside a sick one", harmed)):
        note(f"receipt to first byte, {name}, p50", statistics.median(values))
        note(f"receipt to first byte, {name}, p99", p99(values))
    note("p99 beside a sick one / alone (a ratio)", p99(harmed) / p99(usual))
    assert p99(harmed) <= TIMES * p99(usual)


def recover(made: Market) -> None:
    """Wait until North has taken all that it kept waiting: nothing of it is left."""
    leads = len(made.leads())
    assert until(lambda: made.is_settled(leads), 90)


def hang_at_north(received: Received) -> Says:
    """Let North hang past its time-out."""
    return Says(wait_s=HANGS_S if received.path.endswith("north") else 0.0)


def first_bytes(made: Market) -> list[float]:
    """Post for a while; return the seconds from receipt to South's first byte."""
    at = len(made.server.received)
    with harm.steady(made, RATE) as posted:
        time.sleep(FOR_S)
    assert until(lambda: len(at_south(made, at)) >= len(posted))
    received = {one["id"]: one["received_at"].timestamp() for one in made.leads()}
    leads = {sale["key"]: sale["lead"] for sale in made.transactions()}
    return [first - received[leads[key]] for key, first in at_south(made, at).items()]


def at_south(made: Market, at: int) -> dict[str, float]:
    """Return when South received each key, leaving out what came before."""
    return {
        one.headers["idempotency-key"]: one.at
        for one in made.server.received[at:]
        if one.path.endswith("south")
    }


def p99(values: list[float]) -> float:
    """Return the value that one in a hundred exceeds."""
    return statistics.quantiles(values, n=100)[98]
