"""Partners: the accounts that buy leads; their wallet opens with them."""

from app.db import transaction
from app.domain.money import MAX_CENTS
from app.domain.people import Actor
from app.domain.return_policy import check_policy
from app.domain.schedule import timezone_named
from app.models.partner import Partner
from app.services.accounts import open_partner_accounts, set_credit_limit
from app.services.currencies import check_currency
from app.services.saving import (
    check_final,
    check_range,
    check_unchanged,
    checking,
    store,
)
from app.services.stored import is_new, was


def save_partner(partner: Partner, actor: Actor) -> None:
    """Store a new or changed partner; the wallet follows its credit limit.

    Raises NotAllowed, InvalidInput with every error, Conflict where the wallet owes
    more than the new limit.
    """
    new = is_new(partner)
    limit_changes = not new and was(partner, "credit_limit_cents") is not None
    with transaction() as session:
        with checking(session, partner, actor) as errors:
            check_currency(partner, errors)
            check_unchanged(partner, "currency", errors)
            check_final(partner, errors)
            check_range(partner, "credit_limit_cents", 0, MAX_CENTS, errors)
            check_range(partner, "low_balance_cents", 1, MAX_CENTS, errors)
            errors.attempt(lambda: check_policy(partner.return_policy))
            if partner.timezone is not None and errors.spares("timezone"):
                errors.attempt(lambda: timezone_named(partner.timezone))
        store(session, partner, actor)
        if new:
            open_partner_accounts(partner)
        elif limit_changes:
            set_credit_limit(partner)
