"""Money in minor units: the platform's share, refunds of it, and how amounts read.

Nothing is ever rounded away: what one side does not get the other one does.
"""

from app.domain.errors import InvalidInput

MAX_CENTS = 10**12
WHOLE_BP = 10_000
# ISO 4217; every other currency has two decimals.
_NO_DECIMALS = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"}
    | {"RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def split_commission(price_cents: int, platform_bp: int) -> tuple[int, int]:
    """Return (platform, vendor): price * bp // 10000, and the rest (DESIGN §6)."""
    if price_cents < 0 or not 0 <= platform_bp <= WHOLE_BP:
        raise InvalidInput.one("platform_bp", "range", "A share from 0 to 10000.")
    platform = price_cents * platform_bp // WHOLE_BP
    return platform, price_cents - platform


def refund_split(
    refunded_before: int, refund_now: int, price_cents: int, platform_bp: int
) -> tuple[int, int]:
    """Return what (platform, vendor) give back of a refund of `refund_now` minor units.

    The platform gives the share of all that is refunded so far less what it gave
    before, so that a whole refund in parts equals the commission exactly.
    """
    if refunded_before < 0 or not 0 < refund_now <= price_cents - refunded_before:
        raise InvalidInput.one(
            "amount_cents", "range", "More than nothing and at most what is left."
        )
    before, _ = split_commission(refunded_before, platform_bp)
    after, _ = split_commission(refunded_before + refund_now, platform_bp)
    return after - before, refund_now - (after - before)


def format_money(cents: int, currency: str) -> str:
    """Write an amount in minor units like `USD 1,234.50` or `JPY 1,235`."""
    exponent = _decimals(currency)
    whole, rest = divmod(abs(cents), 10**exponent)
    decimals = f".{rest:0{exponent}d}" if exponent else ""
    return f"{currency} {'-' if cents < 0 else ''}{whole:,}{decimals}"


def _decimals(currency: str) -> int:
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2
