"""A lead sold by hand: whoever might have it, with its price now, and a button each."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import has_access
from werkzeug.wrappers import Response

from app.domain.errors import Conflict, LeadNexusError
from app.security import current_actor
from app.services.routing import sell_lead
from app.services.selling import buyers_of
from app.views.formats import REASONS, chip, money, reason, words

MOST_SHOWN = 100
MAX_FIND = 100
MAX_DIGITS = 18


class SellsByHand:
    """A screen of leads with a page to sell one; stands left of it."""

    @expose("/sell/<pk>", methods=["GET", "POST"])
    @has_access
    def sell(self, pk: str) -> str | Response:
        """Show who could have the lead, and sell it to whom a person chooses."""
        view: Any = self
        lead = view.get_or_404(pk)
        if request.method == "POST":
            return self._sell(lead.id)
        find = request.args.get("find", "").strip()[:MAX_FIND]
        named = find.casefold()
        try:
            every = buyers_of(lead.id, current_actor())
        except LeadNexusError as refusal:
            flash(refusal.message, "danger")
            return redirect(url_for(f"{view.endpoint}.show", pk=lead.id))
        buyers = [one for one in every if named in one.partner.casefold()]
        page: str = view.render(
            "screens/sell.html",
            f"Sell lead {lead.id} by hand",
            item=lead,
            buyers=buyers[:MOST_SHOWN],
            total=len(buyers),
            most=MOST_SHOWN,
            find=find,
            back=url_for(f"{view.endpoint}.show", pk=lead.id),
            chip=chip,
            money=money,
            reason=reason,
            words=words,
        )
        return page

    def _sell(self, lead_id: int) -> Response:
        view: Any = self
        try:
            chosen, shown = _number("subscription_id"), _number("price_cents")
            sale = sell_lead(lead_id, chosen, current_actor(), shown)
            price = money(sale.price_cents, sale.currency)
            flash(f"Sold to {sale.partner.name} for {price}.", "success")
            return redirect(url_for(f"{view.endpoint}.show", pk=lead_id))
        except LeadNexusError as refusal:
            flash(_said(refusal), "danger")
        return redirect(url_for(f"{view.endpoint}.sell", pk=lead_id))


def _said(refusal: LeadNexusError) -> str:
    """Return a refusal in words; that of the router is a reason's code."""
    is_reason = isinstance(refusal, Conflict) and refusal.code.split(":")[0] in REASONS
    return f"Not sold. {reason(refusal.code)}." if is_reason else refusal.message


def _number(name: str) -> int:
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdecimal()) or len(text) > MAX_DIGITS:
        raise LeadNexusError("Choose who is to have it.")
    return int(text)
