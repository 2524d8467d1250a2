"""A vendor's month at a glance: what it sent, what became of it, what it earned."""

from dataclasses import dataclass

from sqlalchemy import text

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor
from app.models.vendor import Vendor

# Both walk the vendor's own index backwards, no further than the month began (UTC).
LEADS = text(
    """
WITH since AS (SELECT date_trunc('month', now(), 'UTC') AS month)
SELECT count(l.id) AS sent,
       count(*) FILTER (WHERE status = 'rejected') AS rejected,
       count(*) FILTER (WHERE status IN ('received', 'review')) AS waiting,
       count(*) FILTER (WHERE sold_count > 0) AS sold
  FROM since LEFT JOIN lead l ON l.vendor_id = :vendor AND l.id > coalesce((
    SELECT id FROM lead
     WHERE vendor_id = :vendor AND received_at < since.month
     ORDER BY id DESC LIMIT 1), 0)
"""
)
REFUSED = text(
    "SELECT count(*) FROM refusal WHERE vendor_id = :vendor"
    " AND at >= date_trunc('month', now(), 'UTC')"
)
MONEY = text(
    """
WITH since AS (SELECT date_trunc('month', now(), 'UTC') AS month),
payable AS (
  SELECT id, balance_cents FROM account
   WHERE vendor_id = :vendor AND kind = 'payable' AND currency = :currency
)
SELECT coalesce(sum(p.amount_cents), 0) AS earned,
       coalesce((SELECT balance_cents FROM payable), 0) AS payable
  FROM since, payable a JOIN posting p ON p.account_id = a.id
   AND p.id > coalesce((
     SELECT q.id FROM posting q JOIN entry f ON f.id = q.entry_id, since
      WHERE q.account_id = a.id AND f.at < since.month
      ORDER BY q.id DESC LIMIT 1), 0)
  JOIN entry e ON e.id = p.entry_id
 WHERE e.kind IN ('capture', 'refund') AND e.at >= since.month
"""
)


@dataclass(frozen=True)
class VendorOverview:
    """This month's figures; money in minor units of the vendor's currency."""

    sent: int
    accepted: int
    rejected: int
    waiting: int
    sold: int
    refused: int
    earned_cents: int
    payable_cents: int
    currency: str
    is_paused: bool


def overview_of_vendor(actor: Actor) -> VendorOverview:
    """Return the month of the actor's own vendor; raises NotAllowed without one."""
    with transaction() as session:
        vendor = session.get(Vendor, actor.vendor_id) if actor.vendor_id else None
        if vendor is None:
            raise NotAllowed("This is for a vendor's people.")
        bound = {"vendor": vendor.id, "currency": vendor.currency}
        leads = session.execute(LEADS, {"vendor": vendor.id}).one()
        money = session.execute(MONEY, bound).one()
        return VendorOverview(
            sent=leads.sent,
            accepted=leads.sent - leads.rejected - leads.waiting,
            rejected=leads.rejected,
            waiting=leads.waiting,
            sold=leads.sold,
            refused=session.execute(REFUSED, {"vendor": vendor.id}).scalar_one(),
            earned_cents=int(money.earned),
            payable_cents=int(money.payable),
            currency=vendor.currency,
            is_paused=vendor.status.name != "active",
        )
