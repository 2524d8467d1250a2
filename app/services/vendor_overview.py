"""A vendor's month at a glance: what it sent, what became of it, what it earned."""

from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor
from app.models.vendor import Vendor

# The days of the month (UTC) before today are as the clock counted them; today is
# walked backwards along the vendor's own index.
LEADS = text(
    """
SELECT coalesce(sum(leads), 0)::bigint AS sent,
       coalesce(sum(leads) FILTER (WHERE status = 'rejected'), 0)::bigint AS rejected,
       coalesce(sum(leads) FILTER (WHERE status IN ('received', 'review')), 0)::bigint
         AS waiting,
       coalesce(sum(sold), 0)::bigint AS sold
  FROM (
    SELECT status, leads, sold FROM lead_day
     WHERE vendor_id = :vendor AND day < current_date
       AND day >= date_trunc('month', current_date)
    UNION ALL
    SELECT status, count(*), count(*) FILTER (WHERE sold_count > 0) FROM lead
     WHERE vendor_id = :vendor AND id > coalesce((
       SELECT id FROM lead WHERE vendor_id = :vendor AND received_at < current_date
        ORDER BY id DESC LIMIT 1), 0)
     GROUP BY status) month
"""
)
REFUSED = text(
    "SELECT count(*) FROM refusal WHERE vendor_id = :vendor"
    " AND at >= date_trunc('month', now(), 'UTC')"
)
MONEY = text(
    """
WITH payable AS (
  SELECT id, balance_cents FROM account
   WHERE vendor_id = :vendor AND kind = 'payable' AND currency = :currency
), earned AS (
  SELECT sum(vendor_cents) AS cents FROM money_day
   WHERE vendor_id = :vendor AND currency = :currency
     AND day < current_date AND day >= date_trunc('month', current_date)
  UNION ALL
  SELECT sum(p.amount_cents) FROM payable a
    JOIN posting p ON p.account_id = a.id AND p.entry_id > coalesce((
      SELECT q.entry_id FROM posting q JOIN entry f ON f.id = q.entry_id
       WHERE q.account_id = a.id AND f.at < current_date
       ORDER BY q.entry_id DESC LIMIT 1), 0)
    JOIN entry e ON e.id = p.entry_id AND e.kind IN ('capture', 'override', 'refund')
)
SELECT coalesce(sum(cents), 0) AS earned,
       coalesce((SELECT balance_cents FROM payable), 0) AS payable
  FROM earned
"""
)


@dataclass(frozen=True)
class Earnings:
    """What a vendor earned this month and is owed, in minor units of its currency."""

    earned_cents: int
    payable_cents: int
    currency: str


@dataclass(frozen=True)
class VendorOverview(Earnings):
    """This month's figures, of leads and of money."""

    sent: int
    accepted: int
    rejected: int
    waiting: int
    sold: int
    refused: int
    is_paused: bool


def overview_of_vendor(actor: Actor) -> VendorOverview:
    """Return the month of the actor's own vendor; raises NotAllowed without one."""
    with transaction() as session:
        vendor = _own(session, actor)
        leads = session.execute(LEADS, {"vendor": vendor.id}).one()
        return VendorOverview(
            **asdict(_earned(session, vendor)),
            sent=leads.sent,
            accepted=leads.sent - leads.rejected - leads.waiting,
            rejected=leads.rejected,
            waiting=leads.waiting,
            sold=leads.sold,
            refused=session.execute(REFUSED, {"vendor": vendor.id}).scalar_one(),
            is_paused=vendor.status.name != "active",
        )


def earnings_of_vendor(actor: Actor) -> Earnings:
    """Return the money of the month of the actor's own vendor; raises NotAllowed."""
    with transaction() as session:
        return _earned(session, _own(session, actor))


def _own(session: Session, actor: Actor) -> Vendor:
    vendor = session.get(Vendor, actor.vendor_id) if actor.vendor_id else None
    if vendor is None:
        raise NotAllowed("This is for a vendor's people.")
    return vendor


def _earned(session: Session, vendor: Vendor) -> Earnings:
    bound = {"vendor": vendor.id, "currency": vendor.currency}
    money = session.execute(MONEY, bound).one()
    return Earnings(int(money.earned), int(money.payable), vendor.currency)
