"""A campaign, two partners and what is posted to it; what became of each lead."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from tests.factories import CONSENT
from tests.partner import PartnerServer, Received, Says, partner_server
from tests.system.system import System

PRICE = 2500
OPEN = "SELECT d.id FROM delivery d JOIN lead l ON l.id = d.lead_id"
_count = itertools.count(int(time.time()) % 10_000 * 100_000)


@dataclass(frozen=True)
class Posted:
    """What a client knows of one lead: its key, the answer, how long it took."""

    key: str
    status: int
    public_id: str | None
    answered_at: float
    refused: int


@dataclass
class Market:
    """One campaign of a system, sold to two partners at a server of theirs."""

    system: System
    server: PartnerServer
    campaign_id: int
    slug: str
    source_key: str
    endpoints: dict[str, int] = field(default_factory=dict)
    partners: dict[str, int] = field(default_factory=dict)

    def post(
        self, first_name: str = "Ada", patience_s: float = 30, **values: Any
    ) -> Posted:
        """Post one lead; whoever gets no answer, or a 503, repeats it with its key."""
        number = next(_count)
        key = f"lead-{number}"
        body = _enquiry(first_name, number) | values
        url = f"{self.system.url}/api/campaigns/{self.slug}/leads"
        headers = {"X-Api-Key": self.source_key, "Idempotency-Key": key}
        deadline = time.time() + patience_s
        refused = 0
        while True:
            try:
                answer = requests.post(url, json=body, headers=headers, timeout=15)
            except requests.ConnectionError:
                assert time.time() < deadline, "nobody answered in time"
                time.sleep(0.2)
                continue
            if answer.status_code != 503:
                break
            refused += 1
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert int(answer.headers["Retry-After"]) >= 1
            assert time.time() < deadline, "unavailable all the time"
            time.sleep(0.2)
        assert answer.status_code in {200, 201, 422}, answer.text
        public_id = answer.json().get("id")
        return Posted(key, answer.status_code, public_id, time.time(), refused)

    def post_all(self, names: Sequence[str], threads: int = 4) -> list[Posted]:
        """Post a lead for each first name, some at a time."""
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.post, names))

    def transactions(self) -> list[dict[str, Any]]:
        """Return every transaction, with its partner and its lead's public id."""
        return [
            dict(row)
            for row in self.system.rows(
                "SELECT t.public_id::text AS key, l.public_id::text AS lead, t.status,"
                " t.partner_id, t.captured_at, t.released_at FROM transaction t"
                " JOIN lead l ON l.id = t.lead_id WHERE t.campaign_id = %(id)s"
                " ORDER BY t.id",
                id=self.campaign_id,
            )
        ]

    def leads(self) -> list[dict[str, Any]]:
        """Return what is stored of each lead."""
        return [
            dict(row)
            for row in self.system.rows(
                "SELECT l.public_id::text AS id, l.received_at, l.status, l.sold_count,"
                " EXISTS (SELECT FROM work w WHERE w.lead_id = l.id) AS is_due"
                " FROM lead l WHERE l.campaign_id = %(id)s ORDER BY l.id",
                id=self.campaign_id,
            )
        ]

    def captured(self) -> int:
        """Return how many transactions were captured."""
        return sum(one["status"] == "captured" for one in self.transactions())

    def is_settled(self, leads: int) -> bool:
        """Say whether that many leads are there and nothing is left to be done."""
        found = self.leads()
        return (
            len(found) >= leads
            and not any(lead["is_due"] for lead in found)
            and all(one["status"] != "held" for one in self.transactions())
        )

    def ended_at(self) -> float:
        """Return when the last transaction was captured or released."""
        ends = [one["captured_at"] or one["released_at"] for one in self.transactions()]
        last: datetime = max(ends)
        return last.timestamp()

    def received(self) -> list[Received]:
        """Return what the partners of this campaign received."""
        return [one for one in list(self.server.received) if self.slug in one.path]

    def wrongs(self, posted: Sequence[Posted], released: int = 0) -> list[str]:
        """Return what a client, a partner or the books could complain of."""
        leads, sold = self.leads(), self.transactions()
        answered = [one.public_id for one in posted]
        states = Counter(one["status"] for one in sold)
        captured = {one["key"]: one for one in sold if one["status"] == "captured"}
        sent = Counter(one.headers["idempotency-key"] for one in self.received())
        late = [
            one.headers["idempotency-key"]
            for one in self.received()
            if (sale := captured.get(one.headers["idempotency-key"]))
            and one.at > sale["captured_at"].timestamp() + 0.05
        ]
        lost = set(answered) - {lead["id"] for lead in leads}
        extra = {lead["id"] for lead in leads} - set(answered)
        expected = {"captured": 2 * len(posted) - released, "released": released}
        found = [
            ("leads lost", lost),
            ("leads twice", extra),
            ("answers not alike", len(answered) - len(set(answered))),
            ("sales", {} if states == Counter(expected) else dict(states)),
            ("captured and never sent", set(captured) - set(sent)),
            ("sent and unknown", set(sent) - {one["key"] for one in sold}),
            ("sent more than twice", {k for k, n in sent.items() if n > 2}),
            ("sent after its capture", late),
            ("invariants", self.system.wrongs()),
        ]
        return [f"{name}: {what}" for name, what in found if what]


@contextmanager
def market(system: System) -> Iterator[Market]:
    """Open a campaign whose leads go to both of two partners."""
    with partner_server() as server:
        yield open_market(system, server)


def open_market(system: System, server: PartnerServer, **values: Any) -> Market:
    """Make a campaign by REST, its source, and the partners North and South."""
    slug = f"m{next(_count)}"
    terms = {"price_cents": PRICE, "currency": "USD", "max_sales": 2} | values
    campaign = system.make(
        "campaigns", name=slug, slug=slug, status="active", method="priority", **terms
    )
    source = system.make(
        "sources", name=slug, campaign_id=campaign["id"], per_minute=1_000_000
    )
    made = Market(system, server, campaign["id"], slug, source["api_key"])
    for name in ("north", "south"):
        _add_partner(made, name)
    return made


def _add_partner(made: Market, name: str) -> None:
    make, slug = made.system.make, made.slug
    partner = make("partners", name=f"{name} {slug}", currency="USD")["id"]
    made.system.call(
        "POST",
        f"/api/v1/partners/{partner}/credits",
        amount_cents=10**9,
        reason="opening",
        idempotency_key=f"{name}-{slug}",
    )
    url = made.server.url.replace("/leads", f"/{slug}/{name}")
    endpoint = make("endpoints", partner_id=partner, name=name, url=url)["id"]
    make(
        "subscriptions",
        partner_id=partner,
        campaign_id=made.campaign_id,
        endpoint_id=endpoint,
        mode="auto",
        status="active",
    )
    made.partners[name], made.endpoints[name] = partner, endpoint


def let_bid(made: Market, path: str = "/ping") -> None:
    """Have both partners asked for bids, at a path that tells nothing of the market."""
    url = made.server.url.replace("/leads", path)
    for endpoint in made.endpoints.values():
        ping = {"url": url, "price": "$.price"}
        made.system.call("PUT", f"/api/v1/endpoints/{endpoint}", ping=ping)


class Manners:
    """How the partners answer: by first name; a slow one is slow to a key once."""

    SLOW_S = 6.5

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def decide(self, received: Received) -> Says:
        """Accept, but North refuses Rex, is away for Wanda and slow for Sloane.

        Ruth it asks to come again; Sloane and Ruth it takes the second time. Both bid
        the price for whatever they are asked about.
        """
        if received.path == "/ping":
            return Says(200, b'{"price": %d}' % PRICE)
        key = received.headers["idempotency-key"]
        is_new, at_north = key not in self.seen, received.path.endswith("north")
        self.seen.add(key)
        if at_north and b'"Rex"' in received.body:
            return Says(422)
        if at_north and b'"Wanda"' in received.body:
            return Says(503)
        if at_north and is_new and b'"Ruth"' in received.body:
            return Says(503)
        if at_north and is_new and b'"Sloane"' in received.body:
            return Says(200, wait_s=self.SLOW_S)
        return Says(200)


def _enquiry(first_name: str, number: int) -> dict[str, Any]:
    return {
        "first_name": first_name,
        "last_name": "Byron",
        "email": f"ada{number}@example.org",
        "address": "1 Main St",
        "city": "San Francisco",
        "state": "CA",
        "zip": "94105",
        "consent": CONSENT,
    }
