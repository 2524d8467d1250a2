"""Reports: how leads, campaigns, partners and transactions went in a period."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from flask import request, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.decorators import has_access

from app.domain.people import Actor
from app.security import current_actor
from app.services import reports
from app.services.reports import Period, Sold
from app.views.charts import DayChart, Line, Ranking, Series, days_of
from app.views.formats import money, words
from app.views.periods import DAYS, PERIODS

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
# Names of the buckets of the time from sale to acceptance.
TIMES = (
    *(f"Within {text}" for text in ("5 s", "15 s", "1 min", "5 min", "15 min")),
    "Within 30 min",
    "Later",
)

Charts = Sequence[DayChart | Ranking]


class ReportView(BaseView):
    """A page of charts over a period."""

    default_view = "list"
    title: ClassVar[str]
    about: ClassVar[str]
    offered: ClassVar[Sequence[str]] = OFFERED
    usual: ClassVar[str] = "7d"
    download_url: ClassVar[str] = ""
    older: ClassVar[str] = ", older days half an hour"

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show the charts of the period that the address asks for."""
        chosen, period = self.period(request.args.get("period", ""))
        return str(
            self.render_template(
                "screens/report.html",
                title=self.title,
                about=self.about,
                view=self,
                periods=[pair for pair in PERIODS if pair[0] in self.offered],
                chosen=chosen,
                charts=self.charts(period, current_actor()),
                height=160,
            )
        )

    def period(self, asked: str) -> tuple[str, Period]:
        """Return the name and the days of the period that was asked for."""
        chosen = asked if asked in self.offered else self.usual
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        return chosen, Period(tomorrow - timedelta(days=DAYS[chosen]), tomorrow)

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
        total = sum(sum(one.values.values()) for one in series)
        sold = sum(found.get("sold", {}).values())
        said = f"{total:,} leads came in, {percent_of(sold, total)} of them are sold."
        campaigns = [
            Line(
                name,
                url_for("LeadScreen.list", campaign_id=number),
                leads,
                [f"{leads:,}", f"{won:,}", percent_of(won, leads)],
            )
            for number, name, leads, won in reports.leads_by_campaign(period, actor)
        ]
        headers = ["Campaign", "Leads", "Sold", "Share sold"]
        return [
            DayChart("Leads by day", said, _days(period), series, "{:,}".format),
            Ranking("Leads by campaign", _most(campaigns), headers, campaigns),
        ]


class SalesReportView(ReportView):
    """Sales and revenue by day, and how fast leads were handed over."""

    route_base = "/reports/sales"
    class_permission_name = "TransactionReport"
    title = "Sales over time"
    about = "What was captured, less what was refunded; each currency by itself."

    def charts(self, period: Period, actor: Actor) -> Charts:
        """Return revenue by day for each currency, and the times of hand-overs."""
        days, found = _days(period), reports.sales_by_day(period, actor)
        charts = [_revenue(currency, sold, days) for currency, sold in found.items()]
        nothing = DayChart("Revenue", "Nothing was sold.", days, [], "{:,}".format)
        return [*(charts or [nothing]), _times(reports.delivery_times(period, actor))]


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
                [
                    f"{ended:,}",
                    f"{accepted:,}",
                    percent_of(accepted, ended),
                    f"{late:,}",
                ],
            )
            for number, name, ended, accepted, late in reports.accepted_by_partner(
                period, actor
            )
        ]
        headers = ["Partner", "Hand-overs", "Accepted", "Accept rate", "Late"]
        worst = min(rates, key=lambda line: line.value, default=None)
        if worst is None:
            said = "Nothing was handed over."
        elif worst.value == 1:
            said = "Every hand-over was accepted."
        else:
            said = f"{worst.name} accepts the least."
        return [
            _sold("Sales by partner", "PartnerScreen", bought),
            Ranking("Accept rate by partner", said, headers, rates),
        ]


def _revenue(
    currency: str, by_day: Mapping[date, tuple[int, int]], days: Sequence[date]
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
    counted = {bucket: count for bucket, count, _ in found}
    total = sum(counted.values())
    kept = percent_of(total - sum(late for *_, late in found), total)
    said = f"The promise was kept for {kept} of {total:,} accepted hand-overs."
    lines = [
        Line(label, "", count, [f"{count:,}", percent_of(count, total)])
        for bucket, label in enumerate(TIMES)
        for count in [counted.get(bucket, 0)]
    ]
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


def percent_of(part: int, whole: int) -> str:
    """Return a share in percent, such as `12.5 %`."""
    return f"{100 * part / whole:.1f} %" if whole else "0 %"


def _days(period: Period) -> list[date]:
    return days_of(period.start, period.end)
