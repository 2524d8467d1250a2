"""All that a delivery gateway is told of one attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Handover:
    """One attempt: where to, how, and the payload, nested as CONTRACT §9 shows it.

    `timeout_s` bounds the whole attempt; `sent_at` is in unix seconds. `signing_secret`
    may hold several, apart by spaces, while one takes over from the other; `partner` is
    the partner's name. What may hold contact data or credentials is left out of the
    representation.
    """

    url: str = field(repr=False)
    format: str
    auth: Mapping[str, Any] = field(repr=False)
    mapping: Sequence[Mapping[str, Any]] = field(repr=False)
    signing_secret: str = field(repr=False)
    timeout_s: float
    idempotency_key: str
    payload: Mapping[str, Any] = field(repr=False)
    sent_at: int
    partner: str = ""
