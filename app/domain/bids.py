"""What a partner bids for a lead in answer to a ping: an amount, or why there is none.

Money is never guessed: what could be read in two ways is no bid.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from app.domain.currencies import digits_of
from app.domain.money import MAX_CENTS

LIMIT_S = 2
# A partner is asked so many questions at once, as it is sent so many leads.
PER_PARTNER = 4
_AMOUNT = re.compile(
    r"(?:([A-Z]{3})\s?)?(-?)([$€£¥]?)(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d{1,20})?"
    r"(?:\s?([A-Z]{3}))?",
    re.ASCII,
)
_SIGNED = {"€": {"EUR"}, "£": {"GBP"}, "¥": {"JPY", "CNY"}}
_NOT_DOLLARS = set().union(*_SIGNED.values())
# Of a number with more digits than this nothing is worked out: 1e999999 is seven bytes.
_MAX_DIGITS = 20


@dataclass(frozen=True)
class Bid:
    """An amount in minor units; without one, `code` says why (`bid:<code>`)."""

    cents: int | None
    code: str = ""


# It became eligible after the others were asked.
NOT_ASKED = Bid(None, "not_asked")


def no_bid(code: str) -> Bid:
    """Return that there is no bid, and why."""
    return Bid(None, code)


def read_bid(value: object, currency: str, *, is_major: bool = False) -> Bid:
    """Return the bid that a value of a reply means in that currency.

    A text is an amount as people write it. A number counts minor units, or is an amount
    where the endpoint says so; parts of a minor unit are dropped. Nothing and 0 are
    no bid.
    """
    if value is None or value == "":
        return no_bid("none")
    if isinstance(value, str):
        return _of_text(value.strip(), currency)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return no_bid("not_a_number")
    number = Decimal(value)
    if number.adjusted() > _MAX_DIGITS:
        return no_bid("negative" if number < 0 else "too_high")
    if is_major:
        return _of_amount(number, currency)
    # 12.5 is most likely an amount, and 12 from the same partner then was one, too.
    return no_bid("fraction") if number % 1 else _of_minor(number)


def _of_text(text: str, currency: str) -> Bid:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return no_bid("not_a_number" if text else "none")
    before, sign, symbol, whole, rest, after = found.groups()
    if {before, after} - {None, currency} or not _may_mean(symbol, currency):
        return no_bid("currency")
    return _of_amount(Decimal(f"{sign}{whole.replace(',', '')}{rest or ''}"), currency)


def _may_mean(symbol: str, currency: str) -> bool:
    if symbol == "$":
        return currency not in _NOT_DOLLARS
    return not symbol or currency in _SIGNED[symbol]


def _of_amount(amount: Decimal, currency: str) -> Bid:
    return _of_minor(amount.scaleb(digits_of(currency)))


def _of_minor(minor: Decimal) -> Bid:
    if minor < 0:
        return no_bid("negative")
    if minor > MAX_CENTS:
        return no_bid("too_high")
    cents = int(minor)
    return Bid(cents) if cents else no_bid("none")
