"""`/api/wallet` and the statements of partners and vendors."""

from typing import Any

from marshmallow import fields, validate

from app.api.doors import PARTNERS, VENDORS, Doors
from app.api.queries import Moment, Query
from app.domain.people import Actor
from app.domain.states import EntryKind
from app.schemas import Strict, Text, Time, Wallet, Whole
from app.services.paging import Asked, Page
from app.services.statement import (
    ALL,
    own_wallet,
    vendor_statement,
    wallet_statement,
)


class LineSchema(Strict):
    """One line: what moved the balance, and the balance after it."""

    id = Whole()
    at = Time()
    kind = Text(metadata={"enum": [kind.name for kind in EntryKind]})
    amount_cents = Whole()
    balance_cents = Whole()
    currency = Text()
    transaction_id = Text(allow_none=True)
    lead_id = Text(allow_none=True)
    campaign = Text(allow_none=True)
    reason = Text(allow_none=True)


class WalletLineSchema(LineSchema):
    """One line of a wallet, with what is held."""

    held_change_cents = Whole()
    held_cents = Whole()


class PayableLineSchema(LineSchema):
    """One line of what a vendor is owed, with the sale's price and our share of it."""

    price_cents = Whole(allow_none=True)
    commission_bp = Whole(allow_none=True)
    commission_cents = Whole(allow_none=True)


class StatementQuery(Query):
    """Lines by kind (`all` tells holds and releases too) and time."""

    kind = fields.String(
        validate=validate.OneOf([*EntryKind.__members__, ALL]),
    )
    since = Moment("from")
    until = Moment("to", ends=True)


partners = Doors("wallet", PARTNERS)
vendors = Doors("payable", VENDORS)


@partners.get("/api/wallet", Wallet())
def wallet(actor: Actor) -> dict[str, Any]:
    """Tell what one's wallet holds."""
    return own_wallet(actor)


@partners.list("/api/wallet/statement", WalletLineSchema(), StatementQuery())
def statement(actor: Actor, asked: Asked, **filters: Any) -> Page[dict[str, Any]]:  # noqa: ANN401
    """List the lines of one's wallet, newest first."""
    return wallet_statement(actor, asked, **filters)


@vendors.list("/api/vendor/statement", PayableLineSchema(), StatementQuery())
def earnings(actor: Actor, asked: Asked, **filters: Any) -> Page[dict[str, Any]]:  # noqa: ANN401
    """List the lines of what one's vendor is owed, newest first."""
    return vendor_statement(actor, asked, **filters)
