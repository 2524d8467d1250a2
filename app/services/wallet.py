"""A partner's wallet: what it holds, and credits by hand."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.errors import InvalidInput, NotAllowed, NotFound
from app.domain.money import MAX_CENTS
from app.domain.people import Actor
from app.domain.states import AccountKind, EntryKind
from app.models.partner import Partner
from app.services.accounts import lock_accounts, platform_account
from app.services.audit import record
from app.services.ledger import Booking, book
from app.services.saving import Errors

MAX_REASON = 500


def wallet_of(partner_id: int) -> dict[str, Any]:
    """Return the wallet in minor units: balance includes what is held.

    Available = balance - held + credit limit. Raises NotFound.
    """
    with transaction() as session:
        partner = session.get(Partner, partner_id)
        if partner is None:
            raise NotFound("There is no such partner.")
        row = session.execute(
            text(
                "SELECT coalesce(sum(balance_cents), 0) AS balance,"
                " coalesce(sum(balance_cents) FILTER (WHERE kind = 'holds'), 0) AS held"
                " FROM account WHERE partner_id = :partner AND currency = :currency"
                " AND kind IN ('wallet', 'holds')"
            ),
            {"partner": partner_id, "currency": partner.currency},
        ).one()
        balance, held = int(row.balance), int(row.held)
        return {
            "balance_cents": balance,
            "held_cents": held,
            "available_cents": balance - held + partner.credit_limit_cents,
            "currency": partner.currency,
        }


def credit_partner(
    partner_id: int, amount_cents: object, reason: object, actor: Actor
) -> dict[str, Any]:
    """Credit a wallet by hand, in minor units; return the entry and the wallet.

    Raises NotAllowed, NotFound, InvalidInput. Where a person asks for it, the limit of
    `money_orders` comes first.
    """
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may credit a wallet.")
    amount, text_of_reason = read_movement(amount_cents, reason)
    with transaction() as session:
        partner = session.get(Partner, partner_id)
        if partner is None:
            raise NotFound("There is no such partner.")
        bank = platform_account(session, AccountKind.bank, partner.currency)
        balances = lock_accounts(session, partner.currency, [partner_id])
        wallet = next(b for b in balances if b.kind is AccountKind.wallet)
        if wallet.balance_cents + amount > MAX_CENTS:
            raise InvalidInput.one("amount_cents", "too_large", "That is too much.")
        [entry_id] = book(
            session,
            [
                Booking(
                    EntryKind.credit,
                    partner.currency,
                    ((wallet.account_id, amount), (bank, -amount)),
                    reason=text_of_reason,
                    actor=actor.label,
                )
            ],
        )
        # The reason is free text, which may name somebody: it stays with its entry.
        detail = {"entry_id": entry_id, "amount_cents": amount}
        subject = f"partner:{partner_id}"
        record(session, actor, "partner.credited", subject, None, detail)
        return {"id": entry_id, "amount_cents": amount, **wallet_of(partner_id)}


def read_cents(value: object, name: str = "amount_cents") -> int:
    """Return a positive amount in minor units; raises InvalidInput."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput.one(name, "invalid", "Send a whole number of cents.")
    if not 0 < value <= MAX_CENTS:
        message = f"Send an amount from 1 to {MAX_CENTS}."
        raise InvalidInput.one(name, "out_of_range", message)
    return value


def read_movement(
    amount_cents: object, reason: object, read: Callable[[object], int] = read_cents
) -> tuple[int, str]:
    """Return amount and reason of a movement; raises InvalidInput with every error."""
    errors = Errors()
    amount = errors.attempt(lambda: read(amount_cents))
    why = errors.attempt(lambda: read_reason(reason))
    if amount is None or why is None:
        raise InvalidInput(errors)
    return amount, why


def read_reason(value: object) -> str:
    """Return the reason of a movement by hand; raises InvalidInput."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput.one("reason", "required", "Say why, in a few words.")
    if len(value) > MAX_REASON or "\x00" in value:
        message = f"Send at most {MAX_REASON} characters."
        raise InvalidInput.one("reason", "too_long", message)
    return value.strip()
