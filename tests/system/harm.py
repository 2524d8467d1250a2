"""What is done to the servers of a running system, and what must not come of it."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.processes.helpers import until
from tests.system.market import Market, Posted
from tests.system.system import System

RATE = 8.0
AWAY_S = 5.0
SERVERS = ("postgres", "valkey")

Harm = Callable[[System], None]


def kill_valkey(system: System) -> None:
    """Kill Valkey; the supervisor starts it again."""
    system.send("valkey-1", signal.SIGKILL)


def flush_valkey(system: System) -> None:
    """Take everything out of Valkey, five times in a row."""
    with system.redis() as client:
        for _ in range(5):
            client.flushall()
            time.sleep(0.5)


def pause_valkey(system: System) -> None:
    """Let Valkey hang: connections open, no answers."""
    system.send("valkey-1", signal.SIGSTOP)
    time.sleep(AWAY_S)
    system.send("valkey-1", signal.SIGCONT)


def fill_valkey(system: System) -> None:
    """Leave Valkey no memory: it refuses whatever writes."""
    with system.redis() as client:
        [most] = client.config_get("maxmemory").values()
        client.config_set("maxmemory", 1)
        time.sleep(AWAY_S)
        client.config_set("maxmemory", most)


def lock_valkey(system: System) -> None:
    """Change Valkey's password for a while, and break every open connection."""
    with system.redis() as client:
        [password] = client.config_get("requirepass").values()
        client.config_set("requirepass", "another")
        client.client_kill_filter(_type="normal", skipme=True)
        time.sleep(AWAY_S)
        client.config_set("requirepass", password)


def stop_postgres(system: System) -> None:
    """Stop PostgreSQL at once, as if the power failed; it is started again."""
    system.send("postgres-1", signal.SIGQUIT)


def kill_postgres(system: System) -> None:
    """Kill PostgreSQL's first process alone."""
    system.send("postgres-1", signal.SIGKILL)


VALKEY_HARMS: tuple[Harm, ...] = (
    kill_valkey,
    flush_valkey,
    pause_valkey,
    fill_valkey,
    lock_valkey,
)
POSTGRES_HARMS: tuple[Harm, ...] = (stop_postgres, kill_postgres)


@contextmanager
def steady(market: Market, rate: float = RATE) -> Iterator[list[Posted]]:
    """Post leads at a steady rate, each in a thread of its own, during the block."""
    posted: list[Posted] = []
    over = threading.Event()
    threads: list[threading.Thread] = []

    def one() -> None:
        posted.append(market.post())

    def run() -> None:
        while not over.wait(1 / rate):
            threads.append(threading.Thread(target=one))
            threads[-1].start()

    driver = threading.Thread(target=run)
    driver.start()
    try:
        yield posted
    finally:
        over.set()
        driver.join()
        for thread in threads:
            thread.join()
        assert len(posted) == len(threads), "a client gave up"


def delays(market: Market) -> list[float]:
    """Return the seconds from receipt to capture of every capture, oldest first."""
    received = {lead["id"]: lead["received_at"] for lead in market.leads()}
    return [
        (sale["captured_at"] - received[sale["lead"]]).total_seconds()
        for sale in market.transactions()
        if sale["captured_at"]
    ]


def is_quick(market: Market) -> bool:
    """Say whether a lead is sold sooner than the clock alone could: the bell rings."""
    before = len(delays(market))
    posted = market.post()
    until(lambda: len(delays(market)) >= before + 2, 5)
    found = delays(market)[before:]
    return posted.status == 201 and len(found) == 2 and max(found) < 1.0


def application(system: System) -> dict[str, int]:
    """Return the processes of the application: none of them needs a new start."""
    return {
        name: pid
        for name, pid in system.pids().items()
        if not name.startswith(("supervisor", *SERVERS))
    }


def servers(system: System) -> dict[str, int]:
    """Return the processes of PostgreSQL and Valkey."""
    return {n: p for n, p in system.pids().items() if n.startswith(SERVERS)}
