"""How values look on the screens: money, times, states, reasons, JSON.

Every function takes a value as the model holds it and returns text or safe markup.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from markupsafe import Markup

from app.domain.currencies import write_amount
from app.views.zones import day_zone

NOTHING = "–"  # noqa: RUF001 - a dash for the eye
MINUS = "−"  # noqa: RUF001 - as wide as a digit
GOOD = {
    "active",
    "available",
    "sold",
    "valid",
    "approved",
    "captured",
    "accepted",
    "booked",
}
WARN = {
    "draft",
    "paused",
    "review",
    "risky",
    "held",
    "retrying",
    "unknown",
    "retry",
    "duplicate",
    "needs_info",
    "half_agreed",
}
BAD = {
    "invalid",
    "rejected",
    "undeliverable",
    "refunded",
    "disabled",
    "failed",
    "stopped",
    "denied",
}
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
WORDS = {
    "market": "Back on sale",
    "round_robin": "Round robin",
    "per_lead": "Per lead",
    "auto": "Automatic",
    "asap": "As leads come",
    "skip": "Leads go by",
    "queue": "Leads wait while their promise allows",
    "even": "Evenly over the open hours",
    "json": "JSON",
    "xml": "XML",
    "adf": "ADF 1.0",
    "wallet": "Wallet correction",
    "payable": "Payable correction",
    "override": "Price change",
    "adjustment": "Correction",
    "half_agreed": "One agreed",
}
REASONS = {
    "paused": "The subscription or its partner is paused",
    "outside_schedule": "Outside its schedule",
    "filter": "A filter does not match",
    "too_old": "It takes no unsold leads of that age",
    "duplicate_for_partner": "The partner has this lead already",
    "endpoint_down": "The endpoint does not answer",
    "token": "No token to log in with",
    "cap": "A cap is reached",
    "no_price": "No price rule fits the lead",
    "margin": "Too little of the price would be ours",
    "budget": "A budget is used up",
    "pacing": "Ahead of its even pace",
    "insufficient_funds": "Not enough funds",
    "bid": "No bid that counts",
    "no_free_slot": "It is sold as often as it may be",
    "group_limit": "Its group bought the lead as often as it may",
    "after_group": "A group before it bought the lead",
    "not_exclusive": "It buys alone, and somebody has a part of the lead",
    "bid:low": "The bid is below the price",
    "bid:late": "The bid came too late",
    "bid:none": "It did not bid",
    "bid:declined": "It did not want the lead",
    "bid:busy": "Not asked: too many questions waited for its answer",
    "bid:not_asked": "Not asked: it could have the lead only afterwards",
    "share": "It is ahead of its share of the leads",
}


def words(value: Enum | str | None) -> str:
    """Return a state or a code in words."""
    text = value.name if isinstance(value, Enum) else str(value or "")
    return WORDS.get(text) or text.replace("_", " ").capitalize() or NOTHING


def chip(value: Enum | str | None) -> Markup | str:
    """Return a state as a chip whose colour repeats what its word says."""
    if value is None:
        return NOTHING
    text = value.name if isinstance(value, Enum) else value
    kind = next(
        (k for k, of in (("good", GOOD), ("warn", WARN), ("bad", BAD)) if text in of),
        "",
    )
    return Markup('<span class="chip {}">{}</span>').format(kind, words(text))


def money(cents: int | None, currency: str = "") -> str:
    """Return minor units as an amount, such as `$1,234.50`."""
    if cents is None:
        return NOTHING
    sign = MINUS if cents < 0 else ""
    amount = write_amount(abs(cents), currency)
    if currency in SIGNS:
        return f"{sign}{SIGNS[currency]}{amount}"
    return f"{sign}{amount} {currency}".rstrip()


def moment(at: datetime | str | None) -> Markup | str:
    """Return a time on the account's clock; without one the script turns it to its own.

    Without script a time without an account is told in UTC.
    """
    if at is None:
        return NOTHING
    moment_at = datetime.fromisoformat(at) if isinstance(at, str) else at
    stamp = moment_at.astimezone(UTC)
    told = stamp.astimezone(day_zone())
    return Markup('<time datetime="{}">{}</time>').format(
        stamp.isoformat(timespec="seconds").replace("+00:00", "Z"),
        f"{told.day} {told:%b %H:%M %Z}",
    )


def reason(code: str | None) -> str:
    """Return a reason's code, such as `filter:state`, as a sentence."""
    if not code:
        return NOTHING
    if code in REASONS:
        return REASONS[code]
    name, _, detail = code.partition(":")
    said = REASONS.get(name, words(name))
    return f"{said}: {detail.strip().replace('_', ' ')}" if detail else said


def plain(value: object) -> str:
    """Return a value as text, a dash for nothing."""
    return NOTHING if value is None or value == "" else str(value)


def yes_no(value: bool | None) -> str:
    """Return a truth as a word."""
    return NOTHING if value is None else ("Yes" if value else "No")


def percent(basis_points: int | None) -> str:
    """Return basis points as a percentage."""
    if basis_points is None:
        return NOTHING
    return f"{basis_points / 100:g} %"


def pretty(value: Any) -> Markup | str:  # noqa: ANN401 - any JSON
    """Return JSON as readable text."""
    if value is None:
        return NOTHING
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return Markup("<pre>{}</pre>").format(text)


def limit(value: int | None) -> str:
    """Return a cap: null is no limit."""
    return "No limit" if value is None else f"{value:,}"


def money_limit(cents: int | None) -> str:
    """Return a budget: null is no limit."""
    return "No limit" if cents is None else money(cents)


def shown_as(item: Any, name: str, value: Any) -> Any:  # noqa: ANN401 - any row and value
    """Return a row's value as its column's name and its type ask for."""
    if value is None or value == "":
        return NOTHING
    if name.endswith("_cents"):
        return money(value, currency_of(item))
    if isinstance(value, Enum):
        return chip(value) if name.endswith("status") else words(value)
    for kind, show in SHOWN:
        if isinstance(value, kind):
            return show(value)
    return str(value)


def currency_of(item: Any) -> str:  # noqa: ANN401 - any row
    """Return the currency of a row's amounts: its own, its campaign's or partner's."""
    # One after the other: to look at a relation may be to read it.
    for name in ("", "campaign", "partner"):
        owner = getattr(item, name, None) if name else item
        if currency := getattr(owner, "currency", None):
            return str(currency)
    return ""


# How a value is shown by its type; a truth is an integer too, so it comes first.
SHOWN: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (bool, yes_no),
    (datetime, moment),
    (Decimal, "{:.2f}".format),
    (int, "{:,}".format),
    ((dict, list), pretty),
)
