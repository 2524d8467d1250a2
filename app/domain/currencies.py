"""Amounts as people write them: minor units by the decimals of ISO 4217."""

import re
from decimal import Decimal

DEFAULT_DIGITS = 2
_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DIGITS = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}
MAX_WHOLE = 15
SYMBOLS = "$€£¥"
_AMOUNT = re.compile(r"(-?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?", re.ASCII)


def digits_of(currency: str) -> int:
    """Return how many decimals the currency's amounts have."""
    return DIGITS.get(currency, DEFAULT_DIGITS)


def write_amount(minor: int, currency: str, *, grouped: bool = True) -> str:
    """Return minor units as an amount, such as `1,234.50`; JPY has no decimals."""
    amount = Decimal(minor).scaleb(-digits_of(currency))
    return f"{amount:{',' if grouped else ''}.{digits_of(currency)}f}"


def read_amount(text: str, currency: str) -> int:
    """Return an amount such as `1,250.00` in minor units.

    Raises ValueError with the fix: a comma parts thousands or nothing, so that 12,50
    never becomes 1,250, and no decimal is dropped.
    """
    found = _AMOUNT.fullmatch(text.strip().lstrip(SYMBOLS))
    digits = digits_of(currency)
    example = write_amount(125_000, currency)
    if found is None:
        raise ValueError(f"Enter an amount, like {example}.")
    sign, whole, rest = found[1], found[2].replace(",", ""), found[3] or ""
    if len(rest.rstrip("0")) > digits:
        raise ValueError(f"Enter an amount with {_decimals(digits)}, like {example}.")
    if len(whole) > MAX_WHOLE:
        raise ValueError("Enter a smaller amount.")
    return int(sign + whole + rest[:digits].ljust(digits, "0"))


def _decimals(digits: int) -> str:
    return f"at most {digits} decimals" if digits else "no decimals"
