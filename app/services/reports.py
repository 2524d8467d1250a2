"""What reports tell, added up from the days that the clock counts; for staff alone.

Money is net of refunds, in minor units, a figure per currency. Test leads are counted
like all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import TextClause, text

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor

LEADS_BY_DAY = text(
    "SELECT day, status, sum(leads)::bigint FROM lead_day"
    " WHERE day >= :start AND day < :end"
    " GROUP BY day, status ORDER BY day, status"
)
SALES_BY_DAY = text(
    "SELECT day, currency, sum(sales)::bigint, sum(net_cents)::bigint"
    " FROM sale_day WHERE day >= :start AND day < :end"
    " GROUP BY day, currency ORDER BY day, currency"
)
SALES_BY = {
    name: text(
        f"SELECT o.id, o.name, r.currency, r.sales, r.net FROM ("  # noqa: S608 - ours
        f"  SELECT {name}_id AS id, currency, sum(sales)::bigint AS sales,"
        f"         sum(net_cents)::bigint AS net"
        f"    FROM sale_day WHERE day >= :start AND day < :end"
        f"   GROUP BY {name}_id, currency) r"
        f" JOIN {name} o ON o.id = r.id ORDER BY r.sales DESC, o.id LIMIT 25"
    )
    for name in ("campaign", "partner", "vendor")
}
LEADS_BY_CAMPAIGN = text(
    "SELECT o.id, o.name, r.leads, r.sold FROM ("
    "  SELECT campaign_id AS id, sum(leads)::bigint AS leads, coalesce("
    "         sum(leads) FILTER (WHERE status = 'sold'), 0)::bigint AS sold"
    "    FROM lead_day WHERE day >= :start AND day < :end GROUP BY campaign_id) r"
    " JOIN campaign o ON o.id = r.id ORDER BY r.leads DESC, o.id LIMIT 25"
)
ACCEPTED_BY_PARTNER = text(
    "SELECT o.id, o.name, r.ended, r.accepted, r.late FROM ("
    "  SELECT partner_id AS id, sum(handovers)::bigint AS ended, coalesce("
    "         sum(handovers) FILTER (WHERE status = 'accepted'), 0)::bigint"
    "         AS accepted, sum(late)::bigint AS late"
    "    FROM handover_day WHERE day >= :start AND day < :end GROUP BY partner_id) r"
    " JOIN partner o ON o.id = r.id ORDER BY r.ended DESC, o.id LIMIT 25"
)
TIMES = text(
    "SELECT bucket, sum(handovers)::bigint, sum(late)::bigint FROM handover_day"
    " WHERE day >= :start AND day < :end AND status = 'accepted'"
    " GROUP BY bucket ORDER BY bucket"
)


@dataclass(frozen=True)
class Period:
    """From a day, included, to a day, not included."""

    start: date
    end: date


@dataclass(frozen=True)
class Sold:
    """What one campaign, partner or vendor sold in one currency."""

    id: int
    name: str
    currency: str
    sales: int
    net_cents: int


def leads_by_day(period: Period, actor: Actor) -> dict[str, dict[date, int]]:
    """Return the leads that came, by status and day; raises NotAllowed."""
    counted: dict[str, dict[date, int]] = {}
    for day, status, count in _rows(LEADS_BY_DAY, period, actor):
        counted.setdefault(status, {})[day] = count
    return counted


def sales_by_day(
    period: Period, actor: Actor
) -> dict[str, dict[date, tuple[int, int]]]:
    """Return sales and their net minor units, by currency and day."""
    counted: dict[str, dict[date, tuple[int, int]]] = {}
    for day, currency, count, cents in _rows(SALES_BY_DAY, period, actor):
        counted.setdefault(currency, {})[day] = (count, cents)
    return counted


def sales_by(side: str, period: Period, actor: Actor) -> list[Sold]:
    """Return what each campaign, partner or vendor sold, most sales first."""
    return [Sold(*row) for row in _rows(SALES_BY[side], period, actor)]


def leads_by_campaign(period: Period, actor: Actor) -> Sequence[Any]:
    """Return (id, name, leads, sold out) of each campaign, most leads first."""
    return _rows(LEADS_BY_CAMPAIGN, period, actor)


def accepted_by_partner(period: Period, actor: Actor) -> Sequence[Any]:
    """Return (id, name, ended hand-overs, accepted, late) of each partner."""
    return _rows(ACCEPTED_BY_PARTNER, period, actor)


def delivery_times(period: Period, actor: Actor) -> Sequence[Any]:
    """Return (bucket, accepted hand-overs, late ones), fastest first."""
    return _rows(TIMES, period, actor)


def _rows(query: TextClause, period: Period, actor: Actor) -> Sequence[Any]:
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may read reports.")
    with transaction() as session:
        return session.execute(query, {"start": period.start, "end": period.end}).all()
