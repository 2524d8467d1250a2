"""Money in minor units: the platform's share, and what refunds and overrides move.

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

    Of a fixed amount the platform has as much as the part is of the price. The part
    is more than the price where a higher one was charged instead.
    """
    if min(part_cents, price_cents) < 0 or not 0 <= platform_bp <= WHOLE_BP:
        raise InvalidInput.one("platform_bp", "range", "A share from 0 to 10000.")
    if fixed_cents is None:
        platform = part_cents * platform_bp // WHOLE_BP
    elif price_cents:
        platform = part_cents * min(fixed_cents, price_cents) // price_cents
    else:
        platform = 0
    return platform, part_cents - platform


def share_change(
    before_cents: int,
    after_cents: int,
    price_cents: int,
    platform_bp: int,
    fixed_cents: int | None = None,
) -> tuple[int, int]:
    """Return what (platform, vendor) get more of a part that grew; less is negative.

    Each is the difference of two whole shares, so that any steps from one amount to
    another add up to the same cent.
    """
    terms = (price_cents, platform_bp, fixed_cents)
    before, _ = share_of_part(before_cents, *terms)
    after, _ = share_of_part(after_cents, *terms)
    return after - before, after_cents - before_cents - (after - before)


def refund_split(
    refunded_before: int,
    refund_now: int,
    price_cents: int,
    platform_bp: int,
    fixed_cents: int | None = None,
    charged_cents: int | None = None,
) -> tuple[int, int]:
    """Return what (platform, vendor) give back of a refund of `refund_now` minor units.

    The platform gives the share of all that is refunded so far less what it gave
    before, so that a whole refund in parts equals the commission exactly. At most what
    was charged goes back: the price, unless another was charged instead.
    """
    charged = price_cents if charged_cents is None else charged_cents
    if refunded_before < 0 or not 0 < refund_now <= charged - refunded_before:
        raise InvalidInput.one(
            "amount_cents", "range", "More than nothing and at most what is left."
        )
    refunded = refunded_before + refund_now
    return share_change(
        refunded_before, refunded, price_cents, platform_bp, fixed_cents
    )
