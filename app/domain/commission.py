"""Which share of a sale the platform keeps: the terms that are in force at its hold.

A vendor's introductory rate comes first, then the campaign's, while they last: they
were promised for a time. Then what the campaign says, and last what the vendor has.
"""

from dataclasses import dataclass
from datetime import datetime

from app.domain.money import WHOLE_BP


@dataclass(frozen=True)
class Terms:
    """What a vendor or a campaign says of the platform's share, in part or nothing.

    A fixed amount in minor units goes before basis points.
    """

    bp: int | None = None
    fixed_cents: int | None = None
    intro_bp: int | None = None
    intro_until: datetime | None = None

    def is_introductory(self, now: datetime) -> bool:
        """Say whether the introductory rate still lasts."""
        return self.intro_until is not None and now < self.intro_until


@dataclass(frozen=True)
class Commission:
    """The share frozen on a sale: basis points, or a fixed amount in their place."""

    bp: int
    fixed_cents: int | None = None


def commission_in_force(
    vendor: Terms | None, campaign: Terms, price_cents: int, now: datetime
) -> Commission:
    """Return the platform's share of a sale at that price; all of it without a vendor.

    A fixed amount is at most the price.
    """
    if vendor is None:
        return Commission(WHOLE_BP)
    for terms in (vendor, campaign):
        if terms.is_introductory(now) and terms.intro_bp is not None:
            return Commission(terms.intro_bp)
    for terms in (campaign, vendor):
        if terms.fixed_cents is not None:
            return Commission(0, min(terms.fixed_cents, price_cents))
        if terms.bp is not None:
            return Commission(terms.bp)
    return Commission(WHOLE_BP)
