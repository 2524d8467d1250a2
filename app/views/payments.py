"""Payments: the movements of wallets and payables, each with its lines in the books.

What every sale brings (held, captured, released) is listed when it is asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from sqlalchemy import select, text
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.db import db
from app.domain.states import AccountKind, EntryKind
from app.models.lead_return import LeadReturn
from app.models.ledger import OF_SALES, Entry
from app.models.money_order import MoneyOrder
from app.views.entries import (
    LINES,
    account_name,
    amount_of,
    known_names,
    of_amount,
    of_owner,
    of_owner_in_sale,
    owner_of,
    side_of,
)
from app.views.formats import NOTHING, money, reason, words
from app.views.listing import Listing
from app.views.portal.dates import PART, table
from app.views.querying import Page
from app.views.screens import READ, Screen
from app.views.service_interface import ServiceInterface

COLUMNS = (
    "id",
    "at",
    "kind",
    "partner",
    "vendor",
    "amount_cents",
    "vendor_cents",
    "platform_cents",
    "currency",
    "reason",
    "by",
    "transaction_id",
)


class PaymentScreen(Screen):
    """All entries of the books."""

    datamodel = ServiceInterface(Entry)
    route_base = "/payments"
    class_permission_name = "LedgerEntry"
    noun = "payment"
    about = "Credits, corrections, refunds and changed prices, from the books."
    empty_title = "Nothing was moved by hand yet"
    empty_text = "Choose the kind Capture to see what sales brought."
    include_route_methods = READ | {"download"}
    history = False
    orders_by_period = False
    list_columns = ["at", "kind", "whose", "amount", "reason", "actor"]
    search_columns = ["kind", "at"]
    row_filters = {
        "partner_id": None,
        "vendor_id": None,
        "least": lambda: (),
        "most": lambda: (),
        "transaction_id": lambda: (),
    }
    show_columns = ["id", "at", "kind", "whose", "amount", "reason", "actor"]
    label_columns = {
        "id": "Number",
        "at": "When",
        "whose": "Whose",
        "amount": "Amount",
        "reason": "Reason",
        "actor": "By",
        "least": "Amount from",
        "most": "Amount to",
        "transaction_id": "Transaction (number)",
    }
    load_options = LINES
    list_template = "portal/downloadable.html"
    show_template = "screens/payment.html"

    @property
    def number_columns(self) -> set[str]:
        """The listed columns that hold figures."""
        return {"amount"}

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep those of a partner, a vendor and amounts; of sales only if asked for."""
        asked = listing.filters
        if not {"kind", "transaction_id"} & asked.keys():
            query = query.filter(text(f"entry.kind NOT IN {OF_SALES}"))
        for name in ("partner_id", "vendor_id"):
            if name in asked and "transaction_id" in asked:
                query = query.filter(of_owner_in_sale(name, asked[name]))
            elif name in asked:
                query = of_owner(query, name, asked[name], asked.get("kind", ""))
        for name in ("least", "most"):
            if name in asked:
                query = query.filter(of_amount(name, asked[name]))
        return query

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - an entry
        """Return an entry's value: whose money it moved, how much, and who did it."""
        if name == "whose":
            return owner_of(side_of(item)) or NOTHING
        if name == "amount":
            return money(amount_of(item), item.currency)
        if name == "reason" and item.kind is EntryKind.release:
            return reason(item.reason)
        if name == "actor":
            return known_names([item.actor])[item.actor]
        return super().cell(item, name)

    def get_or_404(self, pk: str, options: Sequence[Any] = ()) -> Any:  # noqa: ANN401
        """Return the entry with its lines."""
        return super().get_or_404(pk, [*options, *LINES])

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - an entry
        """Name the entry by what it moved, and whose."""
        whose = owner_of(side_of(item))
        amount = money(amount_of(item), item.currency)
        return f"{words(item.kind)}: {amount}{f', {whose}' if whose else ''}"

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - an entry
        """Return its lines, and what asked for it."""
        people = joinedload(MoneyOrder.asked_by), joinedload(MoneyOrder.decided_by)
        order = select(MoneyOrder).where(MoneyOrder.entry_id == item.id)
        returned = select(LeadReturn).where(LeadReturn.entry_id == item.id)
        return {
            "lines": [
                (account_name(line.account), owner_of(line), line.amount_cents)
                for line in item.postings
            ],
            "order": db.session.scalar(order.options(*people)),
            "returned": db.session.scalar(returned),
            "money": money,
        }

    @expose("/download", methods=["GET"])
    @has_access
    def download(self) -> Response:
        """Give the entries, as far as the filters go, as a table to keep."""
        return table("payments", COLUMNS, self._parts(self._query(self.read_listing())))

    def _parts(self, query: Any) -> Iterator[Iterable[list[object]]]:  # noqa: ANN401
        """Yield the lines of all entries, newest first, some at a time."""
        newest_first, last = query.order_by(Entry.id.desc()).options(*LINES), None
        while True:
            older = () if last is None else (Entry.id < last,)
            # The view's own session is over by the time that a table is sent.
            here = newest_first.with_session(db.session())
            entries = here.filter(*older).limit(PART).all()
            if not entries:
                return
            last, names = entries[-1].id, known_names(one.actor for one in entries)
            yield [_line(entry, names) for entry in entries]

    def _page(self, listing: Listing) -> Page:
        page = super()._page(listing)
        known_names(row.actor for row in page.rows)
        return page


def _line(entry: Entry, names: Mapping[str, str]) -> list[object]:
    side, lines = side_of(entry), {one.account.kind: one for one in entry.postings}
    partner = side.account.partner if side else None
    payable, revenue = lines.get(AccountKind.payable), lines.get(AccountKind.revenue)
    vendor = payable.account.vendor if payable else None
    return [
        entry.id,
        entry.at.isoformat(timespec="seconds"),
        entry.kind.name,
        partner.name if partner else None,
        vendor.name if vendor else None,
        amount_of(entry),
        payable.amount_cents if payable else 0,
        revenue.amount_cents if revenue else 0,
        entry.currency,
        entry.reason,
        names[entry.actor],
        entry.transaction.public_id if entry.transaction else None,
    ]
