"""A ping: a partner's server is asked what it bids, and told of no contact data.

`ping` of an endpoint is data: a URL, a mapping of what may be told, and where in the
reply the price stands. Reading a reply never raises; what is not clearly a bid is none.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus

from app.domain.bids import Bid, no_bid, read_bid
from app.domain.errors import FieldError, InvalidInput
from app.gateways.delivery.conditions import Finder, read_finder
from app.gateways.delivery.document import Document
from app.gateways.delivery.handover import Handover
from app.gateways.delivery.mapping import (
    CompiledMapping,
    Sources,
    compile_mapping,
)
from app.gateways.delivery.request import build_request_of, content_of
from app.gateways.delivery.rules import Conditions, read_when
from app.gateways.delivery.sources import OF_PING, read_ping_source
from app.gateways.wire_data import Failure, Reply, Request

KEYS = frozenset({"url", "mapping", "price", "currency", "unit", "ping_id", "accept"})
UNITS = ("minor", "major")
PATHS = ("price", "currency", "ping_id")
MAX_URL = 2000
SOURCES = Sources(
    read_ping_source,
    "A ping tells nothing by which a person could be reached: name one of"
    f" {', '.join(OF_PING)}, auth.key, fields.<an answer to choose or a number>, or"
    " 'a literal'.",
)
# An ADF document is of a person; nobody is told of in a question.
ASKED_IN = {"adf": "json"}
# It goes back as a header, too.
_PING_ID = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?")


@dataclass(frozen=True)
class Ping:
    """How an endpoint is asked, and how its answer is read."""

    url: str
    mapping: CompiledMapping
    price: Finder
    currency: Finder | None
    ping_id: Finder | None
    accept: Conditions
    is_major: bool

    @property
    def answers(self) -> frozenset[str]:
        """The campaign's own fields that its mapping names."""
        return frozenset(
            rule.source.path[1]
            for rule in self.mapping.rules
            if rule.source.path[:1] == ("fields",)
        )


@dataclass(frozen=True)
class Answer:
    """What came of a ping: the bid, and the partner's own number for it."""

    bid: Bid
    ping_id: str | None = None


def compile_ping(ping: object, format_: str = "json") -> Ping | None:
    """Read an endpoint's `ping` strictly; null is none.

    Raise InvalidInput with every bad field, named like `ping.mapping[0].source`.
    """
    if ping is None:
        return None
    if not isinstance(ping, Mapping):
        message = "Send null, or an object with url and price."
        raise InvalidInput.one("ping", "type", message)
    url, unit, when = ping.get("url"), ping.get("unit", "minor"), ping.get("accept")
    errors = [*_misshapen(ping, url, unit)]
    finders = {name: _finder(name, ping.get(name), errors) for name in PATHS}
    accept = () if when is None else read_when("ping.accept", when, errors)
    mapping = CompiledMapping()
    try:
        given = ping.get("mapping")
        mapping = compile_mapping(
            given, ASKED_IN.get(format_, format_), "ping.mapping", SOURCES
        )
    except InvalidInput as refused:
        errors += refused.errors
    price = finders["price"]
    if errors or price is None:
        raise InvalidInput(errors)
    return Ping(
        url=str(url),
        mapping=mapping,
        price=price,
        currency=finders["currency"],
        ping_id=finders["ping_id"],
        accept=accept,
        is_major=unit == "major",
    )


def _misshapen(
    ping: Mapping[object, object], url: object, unit: object
) -> Iterator[FieldError]:
    for name in ping:
        if name not in KEYS:
            yield FieldError(f"ping.{name}", "unknown", "Leave this out.")
    if not isinstance(url, str) or not 0 < len(url) <= MAX_URL:
        message = "Send the address that is asked for bids."
        yield FieldError("ping.url", "invalid", message)
    if unit not in UNITS:
        message = f"Choose one of {', '.join(UNITS)}."
        yield FieldError("ping.unit", "choice", message)


@lru_cache(maxsize=1000)
def ping_of(text: str, format_: str) -> Ping | None:
    """Return a stored ping, from JSON text; None where it cannot be read any more."""
    try:
        return compile_ping(json.loads(text), format_)
    except InvalidInput:
        return None


def build_ping(ping: Ping, handover: Handover) -> Request:
    """Build the question; the handover's payload holds only what a ping may tell."""
    format_ = ASKED_IN.get(handover.format, handover.format)
    asked = replace(handover, url=ping.url, format=format_)
    return build_request_of(asked, content_of(asked, ping.mapping))


def read_answer(outcome: Reply | Failure, ping: Ping, currency: str) -> Answer:
    """Return what a ping's outcome means: a bid in that currency, or why none."""
    if isinstance(outcome, Failure):
        return _none("late" if outcome.code == "timeout" else outcome.code)
    if not HTTPStatus.OK <= outcome.status < HTTPStatus.MULTIPLE_CHOICES:
        is_redirect = outcome.status < HTTPStatus.BAD_REQUEST
        return _none("redirect" if is_redirect else f"http_{outcome.status}")
    document = Document(outcome, is_strict=True)
    if not document.text.strip():
        return _none("none")
    if document.is_broken or (document.json is None and document.xml is None):
        return _none("unreadable")
    if not all(condition.holds(document) for condition in ping.accept):
        return _none("declined")
    return _read(document, ping, currency)


def has_failed(outcome: Reply | Failure) -> bool:
    """Say whether nobody answered the question: no whole reply, or a server's error."""
    if isinstance(outcome, Failure):
        return True
    is_busy = outcome.status == HTTPStatus.TOO_MANY_REQUESTS
    return is_busy or outcome.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _read(document: Document, ping: Ping, currency: str) -> Answer:
    prices = ping.price(document)
    if len(prices) > 1:
        return _none("ambiguous")
    if ping.currency is not None and prices:
        told = [str(one).strip().upper() for one in ping.currency(document)]
        if told != [currency]:
            return _none("currency")
    bid = read_bid(next(iter(prices), None), currency, is_major=ping.is_major)
    if bid.cents is None or ping.ping_id is None:
        return Answer(bid)
    found = [str(one) for one in ping.ping_id(document) if _is_id(one)]
    # Without its number the partner would not know what the lead is sent for.
    return Answer(bid, found[0]) if len(found) == 1 else _none("no_ping_id")


def _is_id(node: object) -> bool:
    is_scalar = isinstance(node, str | int) and not isinstance(node, bool)
    return is_scalar and _PING_ID.fullmatch(str(node)) is not None


def _none(code: str) -> Answer:
    return Answer(no_bid(code))


def _finder(name: str, given: object, errors: list[FieldError]) -> Finder | None:
    if given is None and name != "price":
        return None
    found = read_finder(f"ping.{name}", given)
    if isinstance(found, FieldError):
        errors.append(found)
        return None
    return found
