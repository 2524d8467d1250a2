"""What may be said of the platform's share, of a campaign as of a vendor."""

from typing import Any

from app.domain.commission import Terms
from app.domain.money import MAX_CENTS, WHOLE_BP
from app.models.campaign import Campaign
from app.models.vendor import Vendor
from app.services.saving import Errors, check_range


def check_commission(terms: Campaign | Vendor, errors: Errors) -> None:
    """Check the share's bounds, and that a rate to begin with has its end."""
    check_range(terms, "commission_bp", 0, WHOLE_BP, errors)
    check_range(terms, "commission_cents", 0, MAX_CENTS, errors)
    check_range(terms, "intro_commission_bp", 0, WHOLE_BP, errors)
    pair = ("intro_commission_bp", "intro_until")
    missing = [name for name in pair if getattr(terms, name) is None]
    if len(missing) == 1 and errors.spares(*pair):
        message = "An introductory share needs both its rate and its end."
        errors.add(missing[0], "required", message)


def terms_of(row: Any) -> Terms:  # noqa: ANN401 - a row of a vendor or a campaign
    """Return what the row says of the platform's share."""
    return Terms(
        row.commission_bp,
        row.commission_cents,
        row.intro_commission_bp,
        row.intro_until,
    )
