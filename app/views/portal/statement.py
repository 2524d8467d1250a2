"""A partner's wallet and a vendor's payable: the lines of the books, with balances."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response

from app.domain.errors import LeadNexusError
from app.domain.people import Actor
from app.domain.states import EntryKind
from app.security import current_actor
from app.services.low_balance import own_mark, set_own_mark
from app.services.paging import Asked, Page
from app.services.partner_overview import reach_of_wallet
from app.services.statement import ALL, vendor_statement, wallet_statement
from app.services.vendor_overview import earnings_of_vendor
from app.views.fields import MoneyField
from app.views.formats import moment, money, percent, reason, words
from app.views.forms import NUMBER, bind_form, say_at
from app.views.periods import days_between
from app.views.portal.dates import PART, SINCE, UNTIL, table
from app.views.portal.own import asked_id
from app.views.portal.wording import PAYABLE_LINES, WALLET_LINES
from app.views.zones import day_zone

COLUMNS = (
    "at",
    "kind",
    "amount_cents",
    "balance_cents",
    "currency",
    "transaction_id",
    "campaign",
    "reason",
)
# To count every line of a large account would take longer than to show a page of it.
MOST = 1_000


class LowBalanceForm(DynamicForm):
    """Below what a partner wants to be told."""

    low_balance_cents = MoneyField(
        "Tell me when less is available than",
        least=1,
        description="Your account's owners get a mail. Leave it empty for none.",
        render_kw=NUMBER,
    )


class StatementView(BaseView):
    """Lines of the books, newest first, with the balance after each."""

    default_view = "list"
    template: ClassVar[str]
    heading: ClassVar[str]
    lines: ClassVar[Callable[..., Page[dict[str, Any]]]]
    kinds: ClassVar[Mapping[str, str]]

    @expose("/list/")
    @has_access
    def list(self) -> str:
        """Show the lines of the days that the address asks for."""
        actor, filters = current_actor(), self._filters()
        page = type(self).lines(
            actor, Asked(after=asked_id("after"), most=MOST), **filters
        )
        here: dict[str, Any] = {
            name: value
            for name in (SINCE, UNTIL, "kind")
            if (value := request.args.get(name))
        }
        older = here | {"after": page.next}
        return str(
            self.render_template(
                self.template,
                title=self.heading,
                view=self,
                page=page,
                most=MOST,
                kinds=self.kinds,
                every=ALL,
                asked=here,
                is_first="after" not in request.args,
                older=url_for(f"{self.endpoint}.list", **older) if page.next else "",
                here=here,
                moment=moment,
                money=money,
                percent=percent,
                reason=reason,
                words=words,
                **self.more(actor),
            )
        )

    @expose("/download", methods=["GET"])
    @has_access
    def download(self) -> Response:
        """Give the lines as a table to keep."""
        return table("statement", COLUMNS, self._parts(current_actor()))

    def more(self, actor: Actor) -> dict[str, Any]:
        """Return what else the page shows."""
        raise NotImplementedError

    def _parts(self, actor: Actor) -> Iterator[Iterable[Sequence[object]]]:
        """Yield all lines, newest first, some at a time."""
        filters, after = self._filters(), None
        while True:
            asked = Asked(size=PART, after=after, most=0)
            page = type(self).lines(actor, asked, **filters)
            yield ([plain(line[name]) for name in COLUMNS] for line in page.items)
            if (after := page.next) is None:
                return

    def _filters(self) -> dict[str, str | datetime | None]:
        kind = request.args.get("kind", "")
        texts = (request.args.get(name, "") for name in (SINCE, UNTIL))
        since, until = days_between(day_zone(), *texts)
        known = kind in EntryKind.__members__ or kind == ALL
        return {"kind": kind if known else None, "since": since, "until": until}


class BuyingStatementScreen(StatementView):
    """The wallet of the reader's partner."""

    route_base = "/portal/wallet"
    class_permission_name = "BuyingStatement"
    template = "portal/wallet.html"
    heading = "Wallet"
    kinds = WALLET_LINES
    lines = staticmethod(wallet_statement)

    def more(self, actor: Actor) -> dict[str, Any]:
        """Return what the wallet holds, how far it reaches, when it is told of."""
        partner = own_mark(actor)
        month, mark = reach_of_wallet(actor), partner.low_balance_cents
        return {"month": month, "mark": mark, "actor": actor}

    @expose("/notice", methods=["GET", "POST"])
    @has_access
    def notice(self) -> str | Response:
        """Choose below what one is told."""
        actor = current_actor()
        partner = own_mark(actor)
        form = LowBalanceForm(obj=partner)
        bind_form(form, partner)
        wallet = url_for(f"{self.endpoint}.list")
        if form.validate_on_submit():
            try:
                set_own_mark(actor, form.low_balance_cents.data)
            except LeadNexusError as refusal:
                say_at(form, refusal)
            else:
                flash("Saved.", "success")
                return redirect(wallet)
        return str(
            self.render_template(
                "portal/notice.html", title="Low wallet", form=form, wallet=wallet
            )
        )


class SellingStatementScreen(StatementView):
    """What the reader's vendor is owed."""

    route_base = "/portal/statement"
    class_permission_name = "SellingStatement"
    template = "portal/payable.html"
    heading = "Statement"
    kinds = PAYABLE_LINES
    lines = staticmethod(vendor_statement)

    def more(self, actor: Actor) -> dict[str, Any]:
        """Return what is owed now."""
        return {"month": earnings_of_vendor(actor)}


def plain(value: object) -> object:
    """Return a line's value as a table holds it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value
