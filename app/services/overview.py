"""How things go, at a glance: today against the days before, what waits, what is wrong.

Days are those of UTC, money is net of refunds in minor units per currency.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, text

from app.db import transaction
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.source import Source

LAST = 8
WEEK = 7
TODAY = text("SELECT (now() AT TIME ZONE 'UTC')::date")
# Today is looked at, the days before it are as the clock counted them.
LEADS = text(
    "SELECT day, sum(leads)::bigint AS leads FROM lead_day"
    " WHERE day >= current_date - 7 AND day < current_date GROUP BY day"
    " UNION ALL SELECT current_date, count(*) FROM report_lead"
    " WHERE received_at >= current_date"
)
SALES = text(
    "SELECT day, currency, sum(sales)::bigint, sum(net_cents)::bigint FROM sale_day"
    " WHERE day >= current_date - 7 AND day < current_date GROUP BY day, currency"
    " UNION ALL SELECT day, currency, count(*), sum(net_cents)::bigint FROM report_sale"
    " WHERE captured_at >= current_date GROUP BY day, currency ORDER BY 2"
)
WORK = text(
    "SELECT (SELECT count(*) FROM lead WHERE status = 'review') AS review,"
    " (SELECT count(*) FROM lead_return"
    "   WHERE status IN ('open', 'needs_info')) AS returns,"
    " count(*) AS waiting, count(*) FILTER (WHERE due_at < now()) AS late,"
    " min(due_at) AS oldest_due FROM delivery WHERE ended_at IS NULL"
)
# Each query counts what somebody has to look at.
ALARMS = text(
    "SELECT (SELECT count(*) FROM endpoint WHERE open_until > now()"
    "           AND status = 'active') AS circuits,"
    " (SELECT count(*) FROM endpoint WHERE status = 'disabled') AS disabled,"
    " (SELECT count(*) FROM audit_result WHERE NOT ok) AS integrity,"
    " (SELECT count(*) FROM work WHERE set_aside_at IS NOT NULL) AS set_aside,"
    " (SELECT count(*) FROM partner_out_of_funds) AS broke"
)
LAST_LEADS = (
    select(
        Lead.id,
        Lead.status,
        Lead.received_at,
        Campaign.name.label("campaign"),
        Source.name.label("source"),
    )
    .join(Campaign, Campaign.id == Lead.campaign_id)
    .join(Source, Source.id == Lead.source_id)
    .order_by(Lead.id.desc())
    .limit(LAST)
)
OUT_OF_FUNDS = text("partner.id IN (SELECT partner_id FROM partner_out_of_funds)")


@dataclass(frozen=True)
class Compared:
    """A figure of today, of yesterday, and the mean of the seven days before today."""

    today: int
    yesterday: int
    mean: float


@dataclass(frozen=True)
class Sales:
    """Today's sales in one currency: how many, and their net minor units."""

    currency: str
    count: Compared
    net_cents: Compared


def overview_of_today() -> dict[str, Any]:
    """Return leads, sales, waiting work, alarms and the last leads."""
    with transaction() as session:
        today = session.execute(TODAY).scalar_one()
        leads = {row.day: row.leads for row in session.execute(LEADS)}
        last = session.execute(LAST_LEADS).all()
        return {
            "leads": _compared(leads, today),
            "sales": _sales(session.execute(SALES).all(), today),
            "work": session.execute(WORK).one(),
            "alarms": session.execute(ALARMS).one(),
            "last": last,
            "at": session.execute(select(func.now())).scalar_one(),
        }


def _sales(rows: Any, today: date) -> list[Sales]:  # noqa: ANN401 - rows
    currencies: dict[str, tuple[dict[date, int], dict[date, int]]] = {}
    for day, currency, count, cents in rows:
        counts, amounts = currencies.setdefault(currency, ({}, {}))
        counts[day], amounts[day] = count, cents
    return [
        Sales(currency, _compared(counts, today), _compared(amounts, today))
        for currency, (counts, amounts) in currencies.items()
    ]


def _compared(by_day: dict[date, int], today: date) -> Compared:
    before = {today.toordinal() - day.toordinal(): n for day, n in by_day.items()}
    mean = sum(n for days, n in before.items() if days) / WEEK
    return Compared(before.get(0, 0), before.get(1, 0), mean)
