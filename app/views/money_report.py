"""The books of a period: revenue, margin, what is owed; by month and by whom."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from flask import request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response

from app.domain.people import Actor
from app.security import current_actor
from app.services import money_report
from app.services.money_report import Balances, Money, Part, added_up
from app.services.reports import Period
from app.views.charts import DayChart, Line, Ranking, Series, days_of
from app.views.formats import money
from app.views.portal.dates import table
from app.views.reports import Charts, ReportView, percent_of

SIDES = {
    "campaign": ("CampaignScreen", None),
    "partner": ("PartnerScreen", "Wallet now"),
    "vendor": ("VendorScreen", "Payable now"),
}
HEADERS = ["Name", "Sales", "Captured", "Refunded", "Vendors' share", "Ours", "Margin"]
COLUMNS = (
    "currency",
    "month",
    "by",
    "name",
    "sales",
    "captured_cents",
    "refunded_cents",
    "vendor_cents",
    "margin_cents",
    "balance_now_cents",
)
KEPT = (
    ("Paid in advance by partners", "prepaid_cents"),
    ("Held for leads on their way", "held_cents"),
    ("Receivable: owed by partners", "receivable_cents"),
    ("Payable: owed to vendors", "payable_cents"),
    ("Taken back beyond what vendors had", "overpaid_cents"),
)

Days = Mapping[date, Money]


class MoneyReportView(ReportView):
    """Revenue, margin, receivables and payables, from the books."""

    route_base = "/reports/money"
    class_permission_name = "MoneyReport"
    title = "Revenue and margin"
    about = "What was booked, by the day of booking; each currency by itself."
    offered = ("30d", "90d", "365d")
    usual = "30d"
    download_url = "MoneyReportView.download"
    older = ", and what is over stays as it was counted"

    def charts(self, period: Period, actor: Actor) -> Charts:
        """Return for each currency days, months, sides, and what is owed now."""
        days = money_report.money_by_day(period, actor)
        sides = {side: money_report.money_by(side, period, actor) for side in SIDES}
        charts: list[DayChart | Ranking] = []
        for currency, by_day in days.items():
            charts.append(_by_day(currency, by_day, period))
            charts.append(_by_month(currency, by_day))
            charts += [
                _by(side, currency, sides[side].get(currency, [])) for side in SIDES
            ]
        charts = charts or [_by_day("", {}, period)]
        return [*charts, *map(_owed, money_report.balances_now(actor))]

    @expose("/download", methods=["GET"])
    @has_access
    def download(self) -> Response:
        """Give months, campaigns, partners and vendors as a table, in minor units."""
        period, actor = self.period(request.args.get("period", ""))[1], current_actor()
        return table("money", COLUMNS, [_table(period, actor)])


def _table(period: Period, actor: Actor) -> Iterator[list[Any]]:
    for currency, by_day in money_report.money_by_day(period, actor).items():
        for month, found in _months(by_day).items():
            yield [currency, f"{month:%Y-%m}", "month", "", *_figures(found), ""]
    for side in SIDES:
        for currency, parts in money_report.money_by(side, period, actor).items():
            for part in parts:
                figures = _figures(part.money)
                yield [currency, "", side, part.name, *figures, part.balance_cents]


def _figures(found: Money) -> tuple[int, ...]:
    cents = (found.captured_cents, found.refunded_cents, found.vendor_cents)
    return (found.sales, *cents, found.margin_cents)


def _by_day(currency: str, by_day: Days, period: Period) -> DayChart:
    total = added_up([*by_day.values()])
    ours = {day: max(one.margin_cents, 0) for day, one in by_day.items()}
    theirs = {day: max(one.vendor_cents, 0) for day, one in by_day.items()}
    said = (
        f"{money(total.margin_cents, currency)} of"
        f" {money(total.captured_cents - total.refunded_cents, currency)} are ours."
        if by_day
        else "Nothing was booked."
    )
    return DayChart(
        f"By day in {currency}" if currency else "By day",
        said,
        days_of(period.start, period.end),
        [Series("Ours", "good", ours), Series("Vendors'", "muted", theirs)],
        lambda cents: money(cents, currency),
    )


def _by_month(currency: str, by_day: Days) -> Ranking:
    months = reversed(_months(by_day).items())
    lines = [_line(f"{month:%B %Y}", "", found, currency) for month, found in months]
    said = "Months of UTC; the first may be cut off by the period."
    return Ranking(f"By month in {currency}", said, ["Month", *HEADERS[1:]], lines)


def _by(side: str, currency: str, parts: Sequence[Part]) -> Ranking:
    screen, balance = SIDES[side]
    lines = []
    for part in parts:
        url = url_for(f"{screen}.show", pk=part.id)
        now = [money(part.balance_cents or 0, currency)] if balance else []
        lines.append(_line(part.name, url, part.money, currency, now))
    headers = [side.capitalize(), *HEADERS[1:], *([balance] if balance else [])]
    said = f"{len(parts):,} with something booked, most captured first."
    return Ranking(f"By {side} in {currency}", said, headers, lines)


def _line(
    name: str, url: str, found: Money, currency: str, more: Sequence[str] = ()
) -> Line:
    net = found.captured_cents - found.refunded_cents
    cents = (found.captured_cents, found.refunded_cents, found.vendor_cents)
    cells = [
        f"{found.sales:,}",
        *(money(amount, currency) for amount in (*cents, found.margin_cents)),
        percent_of(found.margin_cents, net),
        *more,
    ]
    return Line(name, url, found.captured_cents, cells)


def _owed(found: Balances) -> Ranking:
    lines = [
        Line(label, "", cents, [money(cents, found.currency)])
        for label, name in KEPT
        for cents in [getattr(found, name)]
    ]
    said = "As the accounts stand now, whatever the period."
    return Ranking(f"Owed now in {found.currency}", said, ["What", "Amount"], lines)


def _months(by_day: Days) -> dict[date, Money]:
    months: dict[date, list[Money]] = {}
    for day, found in by_day.items():
        months.setdefault(day.replace(day=1), []).append(found)
    return {month: added_up(found) for month, found in months.items()}
