"""Reports: how leads, campaigns, partners and transactions went in a period."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from flask import request, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access

from app.domain.people import Actor
from app.security import current_actor
from app.services import reports
from app.services.reports import SECONDS, Period, Sold
from app.views.charts import DayChart, Line, Ranking, Series, days_of
from app.views.formats import money, words
from app.views.periods import DAYS, PERIODS, bounds_of

USUAL = "7d"
OFFERED = ("7d", "30d", "90d")
COLOURS = {
    "sold": "good",
    "available": "accent",
    "received": "calm",
    "review": "warn",
    "rejected": "bad",
    "expired": "muted",
    "erased": "muted",
}
TIMES = ("5 s", "15 s", "1 min", "5 min", "15 min", "30 min")

Charts = Sequence[DayChart | Ranking]


class ReportView(BaseView):
    """A page of charts over a period."""

    default_view = "list"
    title: ClassVar[str]
    about: ClassVar[str]

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show the charts of the period that the address asks for."""
        asked = request.args.get("period", "")
        chosen = asked if asked in OFFERED else USUAL
        start, _ = bounds_of(chosen, datetime.now(UTC)) or (None, None)
        tomorrow = datetime.combine(_today() + timedelta(days=1), time(), UTC)
        period = Period(start or tomorrow - timedelta(days=DAYS[USUAL]), tomorrow)
        return str(
            self.render_template(
                "screens/report.html",
                title=self.title,
                about=self.about,
                view=self,
                periods=[pair for pair in PERIODS if pair[0] in OFFERED],
                chosen=chosen,
                charts=self.charts(period, current_actor()),
                today=_today(),
                height=160,
            )
        )

    def charts(self, period: Period, actor: Actor) -> Charts:
        """Return what the page shows."""
        raise NotImplementedError


class LeadReportView(ReportView):
    """Leads by day and by campaign."""

    route_base = "/reports/leads"
    class_permission_name = "LeadReport"
    title = "Leads over time"
    about = "What came in, by what became of it until now."

    def charts(self, period: Period, actor: Actor) -> Charts:
        """Return leads by day and status, and by campaign."""
        found = reports.leads_by_day(period, actor)
        series = [
            Series(words(status), colour, found[status])
            for status, colour in COLOURS.items()
            if status in found
        ]
        days = _days(period)
        total = sum(sum(one.values.values()) for one in series)
        sold = sum(found.get("sold", {}).values())
        said = f"{total:,} leads came in, {_percent(sold, total)} of them are sold."
        campaigns = [
            Line(
                name,
                url_for("LeadScreen.list", campaign_id=number),
                leads,
                [f"{leads:,}", f"{won:,}", _percent(won, leads)],
            )
            for number, name, leads, won in reports.leads_by_campaign(period, actor)
        ]
        return [
            DayChart("Leads by day", said, days, series, "{:,}".format),
            Ranking(
                "Leads by campaign",
                _most(campaigns),
                ["Campaign", "Leads", "Sold", "Share sold"],
                campaigns,
            ),
        ]


class SalesReportView(ReportView):
    """Sales and revenue by day, and how fast leads were handed over."""

    route_base = "/reports/sales"
    class_permission_name = "TransactionReport"
    title = "Sales over time"
    about = "What was captured, less what was refunded; each currency by itself."

    def charts(self, period: Period, actor: Actor) -> Charts:
        """Return revenue by day for each currency, and the times of hand-overs."""
        found = reports.sales_by_day(period, actor)
        days = _days(period)
        made: list[DayChart | Ranking] = [
            _revenue(currency, by_day, days) for currency, by_day in found.items()
        ] or [DayChart("Revenue", "Nothing was sold.", days, [], "{:,}".format)]
        return [*made, _times(reports.delivery_times(period, actor))]


class CampaignReportView(ReportView):
    """What campaigns sold."""

    route_base = "/reports/campaigns"
    class_permission_name = "CampaignReport"
    title = "Campaigns compared"
    about = "Sales and revenue of each campaign, most sales first."

    def charts(self, period: Period, actor: Actor) -> Charts:
        """Return what each campaign and each vendor sold."""
        campaigns = reports.sales_by("campaign", period, actor)
        vendors = reports.sales_by("vendor", period, actor)
        return [
            _sold("Sales by campaign", "CampaignScreen", campaigns),
            _sold("Sales by vendor", "VendorScreen", vendors),
        ]


class PartnerReportView(ReportView):
    """What partners bought and accepted."""

    route_base = "/reports/partners"
    class_permission_name = "PartnerReport"
    title = "Partners compared"
    about = "What each partner bought, and how many hand-overs it accepted."

    def charts(self, period: Period, actor: Actor) -> Charts:
        """Return what each partner bought, and its rate of accepting."""
        bought = reports.sales_by("partner", period, actor)
        rates = [
            Line(
                name,
                url_for("DeliveryScreen.list", partner_id=number),
                accepted / ended,
                [f"{ended:,}", f"{accepted:,}", _percent(accepted, ended), f"{late:,}"],
            )
            for number, name, ended, accepted, late in reports.accepted_by_partner(
                period, actor
            )
        ]
        headers = ["Partner", "Hand-overs", "Accepted", "Accept rate", "Late"]
        worst = min(rates, key=lambda line: line.value, default=None)
        said = (
            f"{worst.name} accepts the least." if worst else "Nothing was handed over."
        )
        return [
            _sold("Sales by partner", "PartnerScreen", bought),
            Ranking("Accept rate by partner", said, headers, rates),
        ]


def _revenue(
    currency: str, by_day: dict[date, tuple[int, int]], days: Sequence[date]
) -> DayChart:
    net = {day: max(cents, 0) for day, (_, cents) in by_day.items()}
    sales = sum(count for count, _ in by_day.values())
    total = money(sum(cents for _, cents in by_day.values()), currency)
    return DayChart(
        f"Revenue by day in {currency}",
        f"{total} from {sales:,} sales.",
        days,
        [Series("Revenue", "accent", net)],
        lambda cents: money(cents, currency),
    )


def _times(found: Sequence[Any]) -> Ranking:
    counted = {bucket: (count, late) for bucket, count, late in found}
    total = sum(count for count, _ in counted.values())
    late = sum(late for _, late in counted.values())
    labels = [f"Within {text}" for text in TIMES] + ["Later"]
    lines = [
        Line(
            label,
            "",
            counted.get(bucket, (0, 0))[0],
            [
                f"{counted.get(bucket, (0, 0))[0]:,}",
                _percent(counted.get(bucket, (0, 0))[0], total),
            ],
        )
        for bucket, label in enumerate(labels)
    ]
    assert len(labels) == len(SECONDS) + 1  # noqa: S101 - a name for each bucket
    kept = _percent(total - late, total)
    said = f"The promise was kept for {kept} of {total:,} accepted hand-overs."
    headers = ["Time to hand over", "Leads", "Share"]
    return Ranking("From sale to acceptance", said, headers, lines)


def _sold(title: str, screen: str, found: Sequence[Sold]) -> Ranking:
    lines = [
        Line(
            one.name,
            url_for(f"{screen}.show", pk=one.id),
            one.sales,
            [f"{one.sales:,}", money(one.net_cents, one.currency)],
        )
        for one in found
    ]
    return Ranking(title, _most(lines), ["Name", "Sales", "Revenue"], lines)


def _most(lines: Sequence[Line]) -> str:
    return f"{lines[0].name} comes first." if lines else "Nothing in this period."


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def _days(period: Period) -> list[date]:
    return days_of(period.start.date(), period.end.date())


def _today() -> date:
    return datetime.now(UTC).date()
