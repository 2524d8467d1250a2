import pytest
from babel.numbers import get_currency_precision, list_currencies

from app.domain.currencies import digits_of, read_amount, write_amount


@pytest.mark.parametrize(
    ("minor", "currency", "written"),
    [
        (125_050, "USD", "1,250.50"),
        (2500, "JPY", "2,500"),
        (2500, "KWD", "2.500"),
        (-5, "EUR", "-0.05"),
        (0, "USD", "0.00"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(
    minor: int, currency: str, written: str
) -> None:
    assert write_amount(minor, currency) == written
    assert read_amount(written, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("12,50", "USD"),
        ("1.999", "USD"),
        ("25.50", "JPY"),
        ("1.2345", "KWD"),
        ("", "USD"),
        ("1e9", "USD"),
        ("٣", "USD"),
        ("9" * 16, "USD"),
    ],
)
def test_no_amount_is_guessed(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="Enter"):
        read_amount(text, currency)


def test_decimals_that_are_nothing_are_taken() -> None:
    assert read_amount("$25.000", "USD") == 2500
    assert read_amount("25.00", "JPY") == 25


def test_decimals_agree_with_what_cldr_knows_of_currencies_in_use() -> None:
    differing = {
        code
        for code in list_currencies()
        if digits_of(code) != get_currency_precision(code)
    }

    # CLDR drops the coins that nobody uses; it is never the finer of the two.
    assert {code for code in differing if digits_of(code) not in (2, 3)} == set()
    assert all(get_currency_precision(code) < digits_of(code) for code in differing)
