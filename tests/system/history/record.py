"""What was seen of one run: calls, faults, what partners took, and the rows at its end.

Plain data: the checks read nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What a client knows of its call: done, refused without effect, or nothing."""

    ok = "ok"
    fail = "fail"
    info = "info"


@dataclass(frozen=True)
class Call:
    """One call of a client, in seconds of the test's own clock.

    `subject` names what it is about: a post its `sub_id`, a credit or refund its
    reason, a change its subscription.
    """

    number: int
    kind: str
    subject: str
    key: str | None
    body: Mapping[str, Any]
    began: float
    ended: float
    outcome: Outcome
    status: int | None = None
    answer: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """Something that was done to the system."""

    name: str
    began: float
    ended: float


@dataclass(frozen=True)
class Handed:
    """One request as a partner got it: when, until when it had to answer, and how.

    `took` says that the partner has the lead, whether or not it could say so.
    """

    partner_id: int
    key: str
    lead: str
    began: float
    until: float
    said: str
    took: bool


@dataclass(frozen=True)
class Lead:
    """One stored lead; `is_routed` says that a routing looked at it."""

    id: int
    public_id: str
    sub_id: str
    status: str
    max_sales: int
    received_at: datetime
    due_at: datetime
    is_routed: bool
    is_at_stage: bool


@dataclass(frozen=True)
class Sale:
    """One transaction."""

    id: int
    key: str
    lead_id: int
    partner_id: int
    subscription_id: int
    price_cents: int
    status: str
    refunded_cents: int
    slot_burnt: bool
    held_at: datetime
    captured_at: datetime | None
    released_at: datetime | None


@dataclass(frozen=True)
class Entry:
    """One entry of the books with its postings: (account, amount)."""

    id: int
    at: datetime
    kind: str
    sale_id: int | None
    reason: str | None
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Account:
    """One account; the platform's have neither partner nor balance."""

    id: int
    kind: str
    partner_id: int | None
    floor_cents: int | None
    balance_cents: int | None


@dataclass(frozen=True)
class Order:
    """A subscription with the terms it was made with."""

    id: int
    timezone: str
    terms: Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """All that was seen of one run, quiet again."""

    began: float
    ended: float
    calls: tuple[Call, ...] = ()
    faults: tuple[Fault, ...] = ()
    handed: tuple[Handed, ...] = ()
    leads: tuple[Lead, ...] = ()
    sales: tuple[Sale, ...] = ()
    entries: tuple[Entry, ...] = ()
    accounts: tuple[Account, ...] = ()
    orders: tuple[Order, ...] = ()
    total_cents: int = 0
    auditor: tuple[str, ...] = ()
    open_work: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One wrong thing, under the name of the check that found it."""

    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.check}: {self.what}"
