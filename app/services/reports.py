"""What reports tell, counted by the database over its report views; for staff alone.

A period is bounded, and its bounds stand on indexed times. Money is net of refunds, in
minor units, a figure per currency. Test leads are counted like all others.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from app.db import transaction
from app.domain.errors import NotAllowed
from app.domain.people import Actor

LEADS_BY_DAY = text(
    "SELECT day, status, count(*) FROM report_lead"
    " WHERE received_at >= :start AND received_at < :end"
    " GROUP BY day, status ORDER BY day, status"
)
SALES_BY_DAY = text(
    "SELECT day, currency, count(*), sum(net_cents)::bigint FROM report_sale"
    " WHERE captured_at >= :start AND captured_at < :end"
    " GROUP BY day, currency ORDER BY day, currency"
)
SALES_BY = {
    name: text(
        f"SELECT o.id, o.name, r.currency, r.sales, r.net FROM ("  # noqa: S608 - ours
        f"  SELECT {name}_id AS id, currency, count(*) AS sales,"
        f"         sum(net_cents)::bigint AS net FROM report_sale"
        f"   WHERE captured_at >= :start AND captured_at < :end"
        f"   GROUP BY {name}_id, currency) r JOIN {name} o ON o.id = r.id"
        f" ORDER BY r.sales DESC, o.id LIMIT 25"
    )
    for name in ("campaign", "partner", "vendor")
}
LEADS_BY_CAMPAIGN = text(
    "SELECT o.id, o.name, r.leads, r.sold FROM ("
    "  SELECT campaign_id AS id, count(*) AS leads,"
    "         count(*) FILTER (WHERE status = 'sold') AS sold FROM report_lead"
    "   WHERE received_at >= :start AND received_at < :end GROUP BY campaign_id) r"
    " JOIN campaign o ON o.id = r.id ORDER BY r.leads DESC, o.id LIMIT 25"
)
ACCEPTED_BY_PARTNER = text(
    "SELECT o.id, o.name, r.ended, r.accepted, r.late FROM ("
    "  SELECT partner_id AS id, count(*) AS ended,"
    "         count(*) FILTER (WHERE status = 'accepted') AS accepted,"
    "         count(*) FILTER (WHERE is_late) AS late FROM report_handover"
    "   WHERE held_at >= :start AND held_at < :end"
    "     AND status IN ('accepted', 'rejected', 'undeliverable')"
    "   GROUP BY partner_id) r"
    " JOIN partner o ON o.id = r.id ORDER BY r.ended DESC, o.id LIMIT 25"
)
# The first bucket that a hand-over's seconds do not exceed; beyond all is the last.
SECONDS = (5, 15, 60, 300, 900, 1800)
TIMES = text(
    "SELECT width_bucket(seconds, ARRAY[5, 15, 60, 300, 900, 1800]::float8[]),"
    "       count(*), count(*) FILTER (WHERE is_late) FROM report_handover"
    " WHERE held_at >= :start AND held_at < :end AND status = 'accepted'"
    " GROUP BY 1 ORDER BY 1"
)


KEPT_S = 60.0
MOST_KEPT = 100
_counted: dict[tuple[Any, "Period"], tuple[float, Sequence[Any]]] = {}


@dataclass(frozen=True)
class Period:
    """From, included, to, not included."""

    start: datetime
    end: datetime


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
    """Return (bucket of SECONDS, accepted hand-overs, late ones), fastest first."""
    return _rows(TIMES, period, actor)


def forget() -> None:
    """Forget what was counted."""
    _counted.clear()


def _rows(query: Any, period: Period, actor: Actor) -> Sequence[Any]:  # noqa: ANN401 - SQL
    """Return the rows, counted at most a minute ago; whole tables are not cheap."""
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may read reports.")
    key, now = (query, period), time.monotonic()
    at, rows = _counted.get(key, (-KEPT_S, ()))
    if now - at < KEPT_S:
        return rows
    bounds = {"start": period.start, "end": period.end}
    with transaction() as session:
        rows = session.execute(query, bounds).all()
    if len(_counted) >= MOST_KEPT:
        _counted.clear()
    _counted[key] = (now, rows)
    return rows
