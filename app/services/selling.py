"""Selling by hand: who could have a lead, at what price, and why the others could not.

It only looks; the sale itself (`app.services.routing.sell_lead`) decides under lock.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.eligibility import why_ineligible
from app.domain.errors import Conflict, NotAllowed, NotFound
from app.domain.people import Actor
from app.domain.pricing import price_of
from app.domain.routing import route
from app.domain.routing_facts import LeadFacts, SubscriptionFacts
from app.domain.states import Method
from app.services.routing_reads import Found, look

CAMPAIGN_OF = text("SELECT campaign_id FROM lead WHERE id = :lead")
NAMES = text(
    "SELECT s.id, s.mode, p.name AS partner, e.name AS endpoint"
    " FROM subscription s JOIN partner p ON p.id = s.partner_id"
    " LEFT JOIN endpoint e ON e.id = s.endpoint_id WHERE s.id = ANY(:ids)"
)
OF_PARTNER = text(
    "SELECT s.id, s.mode, s.status FROM subscription s"
    " JOIN lead l ON l.campaign_id = s.campaign_id AND l.id = :lead"
    " WHERE s.partner_id = :partner AND s.status <> 'archived' ORDER BY s.id"
)
NO_FREE_SLOT = "no_free_slot"


@dataclass(frozen=True)
class Buyer:
    """A subscription that a lead might be sold to, now and for `price_cents`.

    It may have the lead where there are no reasons against it, and takes `slots` of it.
    """

    subscription_id: int
    partner_id: int
    partner: str
    endpoint: str | None
    mode: str
    price_cents: int | None
    reasons: tuple[str, ...]
    slots: int


def buyers_of(lead_id: int, actor: Actor) -> list[Buyer]:
    """Return every subscription on the lead's campaign, those that may have it first.

    Raises NotAllowed, NotFound, Conflict where the lead is not to be sold.
    """
    _check_staff(actor)
    with transaction() as session:
        found = look(session, campaign_of(session, lead_id), [lead_id], by_hand=True)
        lead = found.facts(lead_to_sell(found))
        ids = [one.id for one in found.orders.facts]
        names = {one.id: one for one in session.execute(NAMES, {"ids": ids})}
        buyers = [_buyer(one, lead, found, names[one.id]) for one in found.orders.facts]
    return sorted(buyers, key=_order)


def order_for(lead_id: int, partner_id: int, actor: Actor) -> int:
    """Return the one subscription of a partner on the lead's campaign.

    Raises NotAllowed, NotFound without any, Conflict naming them where it has several.
    """
    _check_staff(actor)
    with transaction() as session:
        bound = {"lead": lead_id, "partner": partner_id}
        orders = session.execute(OF_PARTNER, bound).all()
    if not orders:
        raise NotFound("The partner has no subscription on this lead's campaign.")
    if len(orders) > 1:
        named = ", ".join(f"{one.id} ({one.mode}, {one.status})" for one in orders)
        message = f"The partner has several subscriptions there: {named}. Choose one."
        raise Conflict(message, "several_subscriptions")
    return int(orders[0].id)


def campaign_of(session: Session, lead_id: int) -> int:
    """Return the lead's campaign; raises NotFound."""
    campaign_id = session.scalar(CAMPAIGN_OF, {"lead": lead_id})
    if campaign_id is None:
        raise NotFound("There is no such lead.")
    return int(campaign_id)


def lead_to_sell(found: Found) -> Any:  # noqa: ANN401 - a row
    """Return the one lead that was found; raises Conflict unless it is available."""
    # Of an erased one there is nothing left to be found.
    available = [row for row in found.leads if row.status == "available"]
    if not available:
        raise Conflict("Only an available lead can be sold.", "not_available")
    return available[0]


def chosen_alone(found: Found, chosen: SubscriptionFacts) -> Found:
    """Return what was found as if that order were the only one.

    Whom a person chooses waits for no turn, no share and no group.
    """
    terms = replace(found.terms, method=Method.priority, groups=())
    return replace(found, terms=terms, orders=replace(found.orders, facts=[chosen]))


def _buyer(
    one: SubscriptionFacts,
    lead: LeadFacts,
    found: Found,
    names: Any,  # noqa: ANN401 - a row
) -> Buyer:
    """Decide as a sale would; all that is against it is told."""
    alone, now = chosen_alone(found, one), found.campaign.now
    [decision] = route(lead, [one], found.orders.standing, alone.terms, now)
    against: tuple[str, ...] = ()
    if not decision.taken:
        price = price_of(one, lead, alone.terms, now)
        more = why_ineligible(lead, one, price, found.orders.standing, now)
        against = tuple(dict.fromkeys((decision.reason or NO_FREE_SLOT, *more)))
    return Buyer(
        one.id,
        one.partner_id,
        names.partner,
        names.endpoint,
        names.mode,
        decision.price_cents,
        against,
        decision.slots,
    )


def _order(buyer: Buyer) -> tuple[bool, int, str, int]:
    price = buyer.price_cents or 0
    return bool(buyer.reasons), -price, buyer.partner.casefold(), buyer.subscription_id


def _check_staff(actor: Actor) -> None:
    if not actor.is_staff:
        raise NotAllowed("Only administrators and operators may sell by hand.")
