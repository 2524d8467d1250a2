"""A bid is read exactly or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.bids import Bid, read_bid
from app.domain.currencies import write_amount
from app.domain.money import MAX_CENTS


@pytest.mark.parametrize(
    ("value", "bid"),
    [
        (1250, Bid(1250)),
        ("12.50", Bid(1250)),
        ("12.5", Bid(1250)),
        ("12", Bid(1200)),
        (" 1,250.00 ", Bid(125_000)),
        ("$12.50", Bid(1250)),
        ("12.50 USD", Bid(1250)),
        ("USD 12.50", Bid(1250)),
        ("12.509", Bid(1250)),
        (Decimal("1250.0"), Bid(1250)),
        (Decimal("12.5"), Bid(None, "fraction")),
        (None, Bid(None, "none")),
        ("", Bid(None, "none")),
        ("  ", Bid(None, "none")),
        (0, Bid(None, "none")),
        ("0.001", Bid(None, "none")),
        (-1, Bid(None, "negative")),
        ("-12.50", Bid(None, "negative")),
        ("€12.50", Bid(None, "currency")),
        ("12.50 EUR", Bid(None, "currency")),
        ("EUR 12.50 USD", Bid(None, "currency")),
        (True, Bid(None, "not_a_number")),
        ([12], Bid(None, "not_a_number")),
        ({"a": 1}, Bid(None, "not_a_number")),
        ("twelve", Bid(None, "not_a_number")),
        ("1e3", Bid(None, "not_a_number")),
        ("12,50", Bid(None, "not_a_number")),
        ("١٢", Bid(None, "not_a_number")),
        (MAX_CENTS, Bid(MAX_CENTS)),
        (MAX_CENTS + 1, Bid(None, "too_high")),
        (Decimal("1e999999"), Bid(None, "too_high")),
        (Decimal("-1e999999"), Bid(None, "negative")),
        (10**4000, Bid(None, "too_high")),
    ],
)
def test_value_of_a_reply_means_a_bid(value: object, bid: Bid) -> None:
    assert read_bid(value, "USD") == bid


def test_number_is_an_amount_where_the_endpoint_says_so() -> None:
    assert read_bid(12, "USD", is_major=True) == Bid(1200)
    assert read_bid(Decimal("12.345"), "USD", is_major=True) == Bid(1234)
    assert read_bid(Decimal("1e-999999"), "USD", is_major=True).code == "none"


def test_decimals_are_the_currencys() -> None:
    assert read_bid("1250", "JPY") == Bid(1250)
    assert read_bid("1.5", "KWD") == Bid(1500)
    assert read_bid("£3", "GBP") == Bid(300)
    assert read_bid("$3", "GBP") == Bid(None, "currency")
    assert read_bid("$3", "CAD") == Bid(300)


@given(st.integers(1, MAX_CENTS), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_amount_that_we_write_is_read_again(cents: int, currency: str) -> None:
    assert read_bid(write_amount(cents, currency), currency) == Bid(cents)
    assert read_bid(cents, currency) == Bid(cents)


@given(st.one_of(st.text(), st.decimals(allow_nan=False, allow_infinity=False)))
def test_nothing_raises_and_a_bid_is_positive(value: object) -> None:
    bid = read_bid(value, "USD")

    assert bid.cents is None or 0 < bid.cents <= MAX_CENTS
    assert (bid.cents is None) == bool(bid.code)
