"""The notice that a wallet is low: one mail to its owners each time it falls.

The mark is the partner's own. It is told of again only after the wallet rose above it,
and at most once an hour, so that refunds and holds around the mark send no flood.
"""

from sqlalchemy import select, text

from app.db import transaction
from app.domain.currencies import write_amount
from app.domain.errors import InvalidInput
from app.domain.money import MAX_CENTS
from app.domain.people import Actor, Right
from app.models.partner import Partner
from app.services import mail
from app.services.audit import record
from app.services.own import own_partner
from app.settings import settings

# Available is the wallet's own account and the credit: what is held has left it.
CROSSED = text(
    """
WITH crossed AS (
  SELECT p.id, a.balance_cents + p.credit_limit_cents AS available,
         a.balance_cents + p.credit_limit_cents < p.low_balance_cents AS is_low
    FROM partner p JOIN account a
      ON a.partner_id = p.id AND a.currency = p.currency AND a.kind = 'wallet'
   WHERE p.low_balance_cents IS NOT NULL AND p.status = 'active'
     AND (p.low_told_at IS NULL OR p.low_told_at < now() - interval '1 hour')
     AND (a.balance_cents + p.credit_limit_cents < p.low_balance_cents)
         = (p.low_told_at IS NULL)
     FOR NO KEY UPDATE OF p SKIP LOCKED
)
UPDATE partner SET low_told_at = CASE WHEN is_low THEN now() END
  FROM crossed WHERE partner.id = crossed.id
RETURNING partner.id, partner.name, partner.currency, is_low, available,
          partner.low_balance_cents AS mark
"""
)
OWNERS = text(
    "SELECT u.email FROM membership m JOIN ab_user u ON u.id = m.user_id"
    " WHERE m.partner_id = :partner AND m.role = 'owner' AND u.active"
)
SUBJECT = "Your wallet is low: {available} {currency}"
BODY = """\
{name} has {available} {currency} left to spend on leads, less than the {mark} that you
asked to be told of. Once it does not pay for the next lead, none are sent.

Your wallet: {site}/portal/wallet/list/
"""


def tell_low_balances() -> None:
    """Mail the owners of each partner whose wallet fell below its mark."""
    with transaction() as session:
        for row in session.execute(CROSSED).all():
            if not row.is_low:
                continue
            told = {
                "name": row.name,
                "currency": row.currency,
                "available": write_amount(row.available, row.currency),
                "mark": write_amount(row.mark, row.currency),
                "site": settings.public_url,
            }
            for email in session.scalars(OWNERS, {"partner": row.id}):
                mail.send(session, email, SUBJECT.format(**told), BODY.format(**told))


def own_mark(actor: Actor) -> Partner:
    """Return the actor's partner with its mark; raises NotAllowed."""
    partner_id = own_partner(actor)
    with transaction() as session:
        return session.get_one(Partner, partner_id)


def set_own_mark(actor: Actor, cents: int | None) -> None:
    """Set below what the actor's partner is told, in minor units; None: never.

    Raises NotAllowed, InvalidInput.
    """
    partner_id = own_partner(actor, Right.buy)
    if cents is not None and not 0 < cents <= MAX_CENTS:
        message = "Enter an amount above zero."
        raise InvalidInput.one("low_balance_cents", "out_of_range", message)
    with transaction() as session:
        query = select(Partner).where(Partner.id == partner_id).with_for_update()
        partner = session.scalars(query).one()
        before = partner.low_balance_cents
        if before == cents:
            return
        # Another mark is another question: whoever is below it now is told.
        partner.low_balance_cents, partner.low_told_at = cents, None
        subject = f"partner:{partner_id}"
        changed = ({"low_balance_cents": n} for n in (before, cents))
        record(session, actor, "partner.changed", subject, *changed)
