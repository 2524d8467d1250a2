"""What clients do: each draws its acts from its own seed, some of them all at once."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.factories import CONSENT
from tests.system.history.caller import Caller
from tests.system.history.log import Log
from tests.system.history.record import Call, Outcome
from tests.system.history.scene import Scene

REPEATS = 25
REPEAT_S = 0.3
AT_ONCE = 3
CAPS = (0, 5, 10, 20, None)
CAPTURED = (
    "SELECT public_id::text AS key, price_cents AS price FROM transaction"
    " WHERE campaign_id = ANY(%(ids)s) AND status = 'captured'"
    " ORDER BY id DESC LIMIT 20"
)


class Client:
    """One client; `number` and the run's seed say all that it will do."""

    # What it does, how often.
    ACTS = (
        ("enquire", 50),
        ("enquire_without_key", 12),
        ("reuse_a_key", 6),
        ("repeat_at_once", 6),
        ("send_twins", 8),
        ("credit", 8),
        ("credit_at_once", 6),
        ("refund", 8),
    )

    def __init__(self, scene: Scene, log: Log, number: int) -> None:
        self.scene, self.number = scene, number
        self.caller = Caller(scene, log)
        self.draw = random.Random(f"{scene.seed} {number}")  # noqa: S311
        self.made = 0

    def act(self) -> None:
        """Do the next thing."""
        names, weights = zip(*self.ACTS, strict=True)
        [name] = self.draw.choices(names, weights)
        getattr(self, name)()

    def enquire(self) -> None:
        """Post with a key; repeat until there is an answer, and sometimes after."""
        campaign, body, key = self._campaign(), self._body(), self._key()
        self._insist(lambda: self.caller.post(campaign, body, key))
        if self.draw.random() < 0.2:
            self.caller.post(campaign, body, key)

    def enquire_without_key(self) -> None:
        """Post the same body twice: within a minute it is one enquiry."""
        campaign, body = self._campaign(), self._body()
        self._insist(lambda: self.caller.post(campaign, body))
        self.caller.post(campaign, body)

    def reuse_a_key(self) -> None:
        """Post another body with a key that was used."""
        campaign, key, body = self._campaign(), self._key(), self._body()
        self._insist(lambda: self.caller.post(campaign, body, key))
        self.caller.post(campaign, self._body(), key)

    def repeat_at_once(self) -> None:
        """Post the same with one key several times at once."""
        campaign, key, body = self._campaign(), self._key(), self._body()
        _at_once([lambda: self.caller.post(campaign, body, key)] * AT_ONCE)

    def send_twins(self) -> None:
        """Post one person several times at once, under several keys."""
        campaign, first = self._campaign(), self._body()
        bodies = [first, *[self._body() | {"email": first["email"]} for _ in "ab"]]
        _at_once(
            [
                lambda body=body: self.caller.post(campaign, body, body["sub_id"])
                for body in bodies
            ]
        )

    def credit(self) -> None:
        """Credit the poor with a key; repeat until answered, and sometimes after."""
        key, body = self._key(), self._credit()
        self._insist(lambda: self.caller.credit("poor", body, key))
        if self.draw.random() < 0.4:
            self.caller.credit("poor", body, key)

    def credit_at_once(self) -> None:
        """Credit with one key several times at once."""
        key, body = self._key(), self._credit()
        _at_once([lambda: self.caller.credit("poor", body, key)] * AT_ONCE)

    def refund(self) -> None:
        """Refund a captured sale: a part with a key, or the whole, several at once."""
        ids = self.scene.campaign_ids
        try:
            captured = self.scene.system.rows(CAPTURED, ids=ids)
        except psycopg.OperationalError:
            return
        if not captured:
            return
        sale = self.draw.choice(captured)
        part = sale["price"] * self.draw.choice((2, 3, 4)) // 5
        if self.draw.random() < 0.5:
            key = self._key()
            body = {"reason": self._name("refund"), "amount_cents": part}
            self._insist(lambda: self.caller.refund(sale["key"], body, key))
            self.caller.refund(sale["key"], body, key)
            return
        bodies: list[dict[str, Any]] = [
            {"reason": self._name("refund"), "amount_cents": part} for _ in range(3)
        ]
        bodies[0].pop("amount_cents")
        _at_once(
            [lambda b=body: self.caller.refund(sale["key"], b, None) for body in bodies]
        )

    def _insist(self, call: Callable[[], Call]) -> None:
        """Call until the outcome is known; one in ten gives up after the first."""
        gives_up = self.draw.random() < 0.1
        for _ in range(1 if gives_up else REPEATS):
            made = call()
            is_running = made.status == 409 and made.answer.get("code") != "duplicate"
            if (
                made.outcome is not Outcome.info
                and made.status != 401
                and (not is_running)
            ):
                return
            time.sleep(REPEAT_S)

    def _campaign(self) -> str:
        return self.draw.choice(list(self.scene.campaigns))

    def _key(self) -> str:
        return self._name("key")

    def _name(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.scene.seed}-{self.number}-{self.made}"

    def _credit(self) -> dict[str, Any]:
        amount = self.draw.choice((400, 900, 1700))
        return {"amount_cents": amount, "reason": self._name("credit")}

    def _body(self) -> dict[str, Any]:
        name = self._name("lead")
        return {
            "first_name": "Ada",
            "last_name": "Byron",
            "email": f"{name}@example.org",
            "address": "1 Main St",
            "city": "San Francisco",
            "state": "CA",
            "zip": "94105",
            "sub_id": name,
            "consent": CONSENT,
        }


class Changer(Client):
    """The one who changes Moody's orders: pauses, caps. One change after the other."""

    ACTS = (("change", 1),)

    def change(self) -> None:
        """Pause an order, let it go on, or give it another cap."""
        campaign = self._campaign()
        order = self.scene.orders["moody", campaign]
        body = self.draw.choice(
            [
                {"status": "paused"},
                {"status": "active"},
                {"status": "active", "daily_cap": self.draw.choice(CAPS)},
            ]
        )
        self._insist(lambda: self.caller.change(order.id, body))
        time.sleep(self.draw.uniform(0.2, 1.0))


@contextmanager
def busy(clients: Sequence[Client], pause_s: float) -> Iterator[None]:
    """Let each client act again and again, in a thread of its own, in the block."""
    over = threading.Event()

    def run(client: Client) -> None:
        while not over.wait(client.draw.uniform(0.5, 1.5) * pause_s):
            client.act()

    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(run, client) for client in clients]
        try:
            yield
        finally:
            over.set()
    for one in running:
        one.result()


def _at_once(calls: Sequence[Callable[[], Any]]) -> None:
    """Make the calls in threads that start together."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> None:
        gate.wait()
        call()

    with ThreadPoolExecutor(len(calls)) as pool:
        for made in [pool.submit(run, call) for call in calls]:
            made.result()
