"""The first page of partners' and vendors' people: their month, their worries."""

from functools import partial
from typing import Any

from flask import url_for
from sqlalchemy import select

from app.db import db
from app.domain.people import Actor
from app.domain.states import TransactionStatus
from app.models.sale import Transaction
from app.services.partner_overview import Concern, overview_of_partner
from app.services.vendor_overview import overview_of_vendor
from app.views.formats import chip, moment, money, words
from app.views.portal.purchases import PARTS, who
from app.views.portal.wording import BOUGHT, CONCERNS, LIMITS, sale_chip
from app.views.zones import account_zone

LAST = 5


def home_of(actor: Actor) -> tuple[str, dict[str, Any]]:
    """Return the template of an account's first page, and what it shows."""
    formats = {"chip": chip, "moment": moment, "money": money, "words": words}
    if actor.partner_id is not None:
        # Held by the request from here on, the partner is read once.
        account_zone()
        month = overview_of_partner(actor)
        concerns = [told(concern) for concern in month.concerns]
        return "portal/buying_home.html", {
            "title": "Your month",
            "month": month,
            "last": last_leads(actor),
            "concerns": concerns,
            "who": who,
            "bought": partial(sale_chip, BOUGHT),
            **formats,
        }
    if actor.vendor_id is not None:
        return "portal/selling_home.html", {
            "title": "Your month",
            "month": overview_of_vendor(actor),
            **formats,
        }
    return "portal/no_account.html", {"title": "No account yet"}


def last_leads(actor: Actor) -> list[Transaction]:
    """Return the newest sales to the actor's partner."""
    query = (
        select(Transaction)
        .where(Transaction.partner_id == actor.partner_id)
        .where(Transaction.status != TransactionStatus.released)
        .options(*PARTS)
        .order_by(Transaction.id.desc())
        .limit(LAST)
    )
    return list(db.session.scalars(query))


def told(concern: Concern) -> dict[str, str]:
    """Return a concern as people read it: its weight, a sentence, where to mend it."""
    weight, sentence, endpoint, verb = CONCERNS[concern.code]
    values: dict[str, Any] = {"pk": concern.id} if endpoint.endswith(".show") else {}
    detail = LIMITS.get(concern.detail, concern.detail)
    return {
        "weight": weight,
        "text": sentence.format(name=concern.name, detail=detail),
        "url": url_for(endpoint, **values) if endpoint else "",
        "verb": verb,
    }
