"""Bidders that hang keep waiting nobody but the leads that they are asked about."""

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from tests.partner import Received, Says, partner_server
from tests.processes.helpers import until
from tests.system import harm
from tests.system.conftest import Launch
from tests.system.market import PRICE, let_bid, open_market
from tests.system.system import System
from tests.system.test_sick_partner import first_bytes

pytestmark = pytest.mark.soak

ROUNDS = 2
RATE = 5
HANGS_S = 15.5
TIMES = 1.5
HEAL = (
    "UPDATE endpoint SET ping_failures = 0, ping_open_until = NULL"
    " WHERE ping_failures > 0 RETURNING id"
)


@pytest.mark.parametrize("others_bid", [False, True])
def test_bidders_that_hang_slow_no_other_campaign(
    launch: Launch, note: Callable[[str, float], None], others_bid: bool
) -> None:
    system = launch()
    usual: list[float] = []
    harmed: list[float] = []
    name = "with bids of its own" if others_bid else "without bids"
    with partner_server() as ill, partner_server() as server:
        ill.decide = server.decide = answer_at_once
        sick, made = open_market(system, ill), open_market(system, server)
        let_bid(sick)
        if others_bid:
            let_bid(made)
        first_bytes(made)
        for _ in range(ROUNDS):
            for values, decide in ((usual, answer_at_once), (harmed, hang_if_asked)):
                ill.decide = decide
                with harm.steady(sick, RATE), never_resting(system):
                    values.extend(first_bytes(made))
        ill.decide = answer_at_once
        assert until(lambda: sick.is_settled(len(sick.leads())), 90)

    at = statistics.quantiles(usual, n=20)[18], statistics.quantiles(harmed, n=20)[18]
    note(f"receipt to first byte {name}, p95", at[0])
    note("the same beside bidders that hang, p95", at[1])
    note(f"p95 beside bidders that hang / alone, {name} (a ratio)", at[1] / at[0])
    assert at[1] <= TIMES * at[0]


@contextmanager
def never_resting(system: System) -> Iterator[None]:
    """Have who hangs asked again and again: the breaker would soon spare us that."""
    over = Event()

    def heal() -> None:
        while not over.wait(0.5):
            system.rows(HEAL)

    thread = Thread(target=heal)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def answer_at_once(received: Received) -> Says:
    """Bid the price for whatever is asked about, accept whatever comes."""
    is_asked = received.path.endswith("/ping")
    return Says(200, b'{"price": %d}' % PRICE if is_asked else b"{}")


def hang_if_asked(received: Received) -> Says:
    """Hang for longer than anybody waits, instead of bidding."""
    if received.path.endswith("/ping"):
        return Says(wait_s=HANGS_S)
    return answer_at_once(received)
