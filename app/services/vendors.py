"""Vendors: the accounts that supply leads; their books open with them."""

from app.db import transaction
from app.domain.people import Actor
from app.models.vendor import Vendor
from app.services.accounts import open_vendor_accounts
from app.services.commission import check_commission
from app.services.currencies import check_currency
from app.services.saving import (
    check_final,
    check_unchanged,
    checking,
    store,
)
from app.services.stored import is_new


def save_vendor(vendor: Vendor, actor: Actor) -> None:
    """Store a new or changed vendor; a new one gets its account.

    Raises NotAllowed, InvalidInput with every error.
    """
    new = is_new(vendor)
    with transaction() as session:
        with checking(session, vendor, actor) as errors:
            check_currency(vendor, errors)
            check_unchanged(vendor, "currency", errors)
            check_final(vendor, errors)
            check_commission(vendor, errors)
        store(session, vendor, actor)
        if new:
            open_vendor_accounts(vendor)
