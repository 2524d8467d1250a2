"""The leads that a partner received: how each stands, and what was bought in clear."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.db import db
from app.domain.fields import CONTACT
from app.domain.states import DeliveryStatus, TransactionStatus
from app.models.lead import Lead
from app.models.lead_return import LeadReturn
from app.models.sale import Delivery, Transaction
from app.security import current_actor
from app.services.idempotency import Answer
from app.services.returns import request_return, return_terms
from app.views.formats import NOTHING, chip, moment, plain, reason, words
from app.views.listing import Listing
from app.views.portal.dates import PART, DatedScreen, table
from app.views.portal.own import OfAccount, ordered_campaigns, own_partner
from app.views.portal.returns import ReturnForm
from app.views.portal.wording import BOUGHT, sale_chip
from app.views.querying import filtered
from app.views.returning import reason_choices
from app.views.screens import READ
from app.views.service_interface import ServiceInterface

PARTS = [
    joinedload(Transaction.lead).joinedload(Lead.contact),
    joinedload(Transaction.delivery),
    joinedload(Transaction.campaign),
]
COLUMNS = ("reference", "lead", "campaign", "sold_at", "status", "delivery")


def delivery_choices() -> list[tuple[str, str]]:
    """Return the states of a hand-over."""
    return [(state.name, words(state)) for state in DeliveryStatus]


def contact_of(sale: Transaction) -> dict[str, Any]:
    """Return the contact that was bought, in clear; nothing of one that was not."""
    contact = sale.lead.contact
    if not sale.is_bought or contact is None:
        return {}
    return {name: getattr(contact, name) for name in CONTACT}


class BuyingLeadScreen(DatedScreen):
    """The sales to the reader's partner."""

    datamodel = ServiceInterface(Transaction)
    route_base = "/portal/leads"
    class_permission_name = "BuyingLead"
    noun = "lead"
    list_title = "Leads received"
    about = "Every lead that came to you, newest first. Open one for all it holds."
    empty_title = "No lead yet"
    empty_text = "Leads appear here as soon as a subscription of yours gets one."
    include_route_methods = READ | {"download", "ask_return"}
    base_filters = [["partner_id", OfAccount, own_partner]]
    date_column = "held_at"
    list_columns = [
        "who",
        "campaign.name",
        "status",
        "delivery.status",
        "price_cents",
        "held_at",
    ]
    row_filters = {"campaign_id": ordered_campaigns, "delivery": delivery_choices}
    load_options = PARTS
    label_columns = {
        "who": "Consumer",
        "status": "Purchase",
        "delivery": "Hand-over",
        "delivery.status": "Hand-over",
        "held_at": "Came",
        "price_cents": "Price",
        "captured_at": "Bought",
    }
    show_columns = [
        "public_id",
        "campaign.name",
        "status",
        "price_cents",
        "charged_cents",
        "refunded_cents",
        "held_at",
        "captured_at",
        "released_at",
    ]
    list_template = "portal/downloadable.html"
    show_template = "portal/lead.html"

    def cell(self, item: Any, name: str) -> Any:  # noqa: ANN401 - a sale
        """Return a sale's value; the consumer's name where it was bought."""
        if name == "status":
            return sale_chip(BOUGHT, item.status)
        return who(item) if name == "who" else super().cell(item, name)

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep the sales of those days and in that state of the hand-over.

        What came to nothing is told when a state is asked for.
        """
        query = super().narrow(query, listing)
        state = listing.filters.get("delivery")
        if state not in DeliveryStatus.__members__:
            return query.filter(Transaction.status != TransactionStatus.released)
        return query.join(Transaction.delivery).filter(Delivery.status == state)

    def get_or_404(self, pk: str, options: Sequence[Any] = ()) -> Any:  # noqa: ANN401
        """Return the sale with the lead and its hand-over."""
        return super().get_or_404(pk, [*options, *PARTS])

    def title_of(self, item: Any) -> str:  # noqa: ANN401 - a sale
        """Name the lead by its consumer, or by its campaign."""
        name = who(item)
        return name if name != NOTHING else f"Lead in {item.campaign.name}"

    def more_of(self, item: Any) -> dict[str, Any]:  # noqa: ANN401 - a sale
        """Return the contact, if it was bought, and how the hand-over went."""
        formats = {"chip": chip, "moment": moment, "plain": plain, "reason": reason}
        delivery = item.delivery
        return {
            "contact": contact_of(item),
            "asked": item.lead.contact if item.is_bought else None,
            "delivery": delivery,
            "attempts": delivery.attempts_made if delivery else (),
            "words": words,
            "returned": latest_return(item.id),
            **formats,
        }

    @expose("/return/<pk>", methods=["GET", "POST"])
    @has_access
    def ask_return(self, pk: str) -> str | Response:
        """Ask to give a lead back."""
        sale = self.get_or_404(pk)
        if not sale.is_bought:
            flash("Only a lead that is yours can be returned.", "warning")
            return redirect(url_for(f"{self.endpoint}.show", pk=pk))
        form, actor, terms = ReturnForm(), current_actor(), return_terms(sale)
        form.reason_code.choices = reason_choices(terms["reasons"])
        reference = str(sale.public_id)

        def run() -> Answer:
            code, note = form.reason_code.data, form.note.data
            return 200, {"id": request_return(actor, reference, code, note).id}

        return self.ask(
            form,
            sale,
            run,
            title=f"Return: {self.title_of(sale)}",
            button="Ask to return it",
            said="Asked. You see here what becomes of it.",
            about=Markup("It can be returned until {}.").format(moment(terms["until"])),
            apart=True,
        )

    @expose("/download", methods=["GET"])
    @has_access
    def download(self) -> Response:
        """Give the list's leads, as far as its filters go, as a table to keep."""
        listing = self.read_listing()
        query = self._base_filters.apply_all(db.session.query(Transaction))
        query = self.narrow(filtered(query, Transaction, listing), listing)
        header = [*COLUMNS, "price_cents", "currency", *CONTACT]
        return table("leads", header, _parts(query.options(*PARTS)))


def _parts(query: Any) -> Iterator[Iterator[list[object]]]:  # noqa: ANN401 - a query
    """Yield the lines of all sales, newest first, some at a time."""
    newest_first, last = query.order_by(Transaction.id.desc()), None
    while True:
        older = () if last is None else (Transaction.id < last,)
        # The view's own session is over by the time that a table is sent.
        here = newest_first.with_session(db.session())
        sales = here.filter(*older).limit(PART).all()
        if not sales:
            return
        last = sales[-1].id
        yield map(line, sales)


def latest_return(sale_id: int) -> LeadReturn | None:
    """Return the last return of a sale."""
    query = select(LeadReturn).where(LeadReturn.transaction_id == sale_id)
    return db.session.scalar(query.order_by(LeadReturn.id.desc()).limit(1))


def who(sale: Transaction) -> str:
    """Return the consumer's name, a dash where it was not bought."""
    contact = contact_of(sale)
    names = (contact.get("first_name"), contact.get("last_name"))
    return " ".join(filter(None, names)) or contact.get("email") or NOTHING


def line(sale: Transaction) -> list[object]:
    """Return a sale as the line of a table."""
    contact, delivery = contact_of(sale), sale.delivery
    return [
        sale.public_id,
        sale.lead.public_id,
        sale.campaign.name,
        sale.held_at.isoformat(timespec="seconds"),
        sale.status.name,
        delivery.status.name if delivery else None,
        sale.price_cents,
        sale.currency,
        *(contact.get(name) for name in CONTACT),
    ]
