"""Whether a wallet lasts: what is available against what leads cost."""

from enum import Enum

PACE_DAYS = 7
LASTS_DAYS = 3


class Funds(Enum):
    """How far a wallet reaches."""

    enough = "enough"
    low = "low"
    out = "out"


def judge_funds(
    available_cents: int, price_cents: int | None, spent_cents: int
) -> Funds:
    """Say how far an amount reaches, in minor units.

    It is out where it does not pay for one lead at `price_cents` (None: nothing is
    ordered), and low where at the pace of `spent_cents` in the last PACE_DAYS it ends
    within LASTS_DAYS.
    """
    if price_cents is None:
        return Funds.enough
    if available_cents < price_cents:
        return Funds.out
    # Compared as products: no division, no rounding.
    is_low = available_cents * PACE_DAYS < spent_cents * LASTS_DAYS
    return Funds.low if is_low else Funds.enough
