"""Money in minor units: the platform's share, and refunds of it.

Nothing is ever rounded away: what one side does not get the other one does.
"""

from app.domain.errors import InvalidInput

MAX_CENTS = 10**12
WHOLE_BP = 10_000


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
