"""Money in minor units: the platform's share, and refunds of it.

Nothing is ever rounded away: what one side does not get the other one does.
"""

from app.domain.errors import InvalidInput

MAX_CENTS = 10**12
WHOLE_BP = 10_000


def split_commission(
    price_cents: int, platform_bp: int, fixed_cents: int | None = None
) -> tuple[int, int]:
    """Return (platform, vendor): price * bp // 10000, and the rest (DESIGN §6).

    A fixed amount takes the place of the basis points, and at most the whole price.
    """
    return share_of_part(price_cents, price_cents, platform_bp, fixed_cents)


def share_of_part(
    part_cents: int, price_cents: int, platform_bp: int, fixed_cents: int | None = None
) -> tuple[int, int]:
    """Return how a part of a price is shared: (platform, vendor).

    Of a fixed amount the platform has as much as the part is of the price.
    """
    if not 0 <= part_cents <= price_cents or not 0 <= platform_bp <= WHOLE_BP:
        raise InvalidInput.one("platform_bp", "range", "A share from 0 to 10000.")
    if fixed_cents is None:
        platform = part_cents * platform_bp // WHOLE_BP
    elif price_cents:
        platform = part_cents * min(fixed_cents, price_cents) // price_cents
    else:
        platform = 0
    return platform, part_cents - platform


def refund_split(
    refunded_before: int,
    refund_now: int,
    price_cents: int,
    platform_bp: int,
    fixed_cents: int | None = None,
) -> tuple[int, int]:
    """Return what (platform, vendor) give back of a refund of `refund_now` minor units.

    The platform gives the share of all that is refunded so far less what it gave
    before, so that a whole refund in parts equals the commission exactly.
    """
    if refunded_before < 0 or not 0 < refund_now <= price_cents - refunded_before:
        raise InvalidInput.one(
            "amount_cents", "range", "More than nothing and at most what is left."
        )
    refunded = refunded_before + refund_now
    before, _ = share_of_part(refunded_before, price_cents, platform_bp, fixed_cents)
    after, _ = share_of_part(refunded, price_cents, platform_bp, fixed_cents)
    return after - before, refund_now - (after - before)
