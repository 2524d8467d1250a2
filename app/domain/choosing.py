"""To whom of a group a lead goes: beside each other, or to one alone."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.domain.eligibility import NOT_EXCLUSIVE, Reason
from app.domain.offers import Offer
from app.domain.ranking import (
    BY_DEFICIT,
    LEAD,
    NOTHING,
    Shares,
    is_ahead,
    owed_by_percent,
    ranked,
    shares_of_a_slot,
)
from app.domain.routing_facts import LeadFacts, Standing
from app.domain.states import Method

ANOTHERS = "duplicate_for_partner"
AHEAD = "share"


class Room(NamedTuple):
    """What is left of a lead: free slots, and how many sales may take them.

    It `is_whole` while nobody has a part of it.
    """

    slots: int
    sales: int
    is_whole: bool


def choose(
    offers: Iterable[Offer],
    method: Method,
    room: Room,
    lead: LeadFacts,
    standing: Standing,
) -> list[Offer]:
    """Mark who gets the lead, as many as there is room for, one of each partner.

    Return who might have it, the best first.
    """
    open_ = [offer for offer in offers if _may_have(offer, room)]
    if method is Method.percentage and room.sales and not lead.is_test:
        open_ = _behind_their_share(open_, lead, standing)
    order, takers, shares = _beside(open_, method, room, standing)
    if room.is_whole and (single := _alone(order, takers, method, standing)):
        takers = [single] if room.sales else []
        single.price_cents = single.alone
        order.sort(key=lambda offer: offer is not single)
        shares = _shares(open_, 1, method)
        _take(takers, room.slots, shares, method)
    else:
        _take(takers, 1, shares, method)
    if method is Method.price:
        _show_bids(order)
    return _once_a_partner(order, takers)


def refuse(offers: Iterable[Offer], reason: Reason) -> None:
    """Note why none of those gets the lead."""
    for offer in offers:
        offer.reason = reason


def _may_have(offer: Offer, room: Room) -> bool:
    """Whether it may have what a group before left of the lead."""
    if offer.alone is not None and not room.is_whole:
        offer.alone = None
        if offer.shared is None:
            offer.reason = NOT_EXCLUSIVE
    return offer.reason is None


def _behind_their_share(
    offers: Sequence[Offer], lead: LeadFacts, standing: Standing
) -> list[Offer]:
    owed = owed_by_percent((o.one for o in offers), lead.subscriptions_owed)
    for offer in offers:
        offer.owed = owed.get(offer.one.id)
        if is_ahead(offer.one, owed, standing):
            offer.reason = AHEAD
    return [offer for offer in offers if offer.reason is None]


def _beside(
    offers: Sequence[Offer], method: Method, room: Room, standing: Standing
) -> tuple[list[Offer], list[Offer], Shares]:
    """Return all in order, who of them would share the lead, and shares of a slot."""
    partners = {o.one.partner_id for o in offers if o.shared is not None}
    slots = min(room.sales, len(partners)) if partners else min(room.sales, 1)
    shares = _shares(offers, slots, method)
    order = _ordered(offers, shares, slots, method, standing, alone=False)
    best: dict[int, Offer] = {}
    for offer in order:
        if len(best) == slots:
            break
        if offer.shared is not None:
            best.setdefault(offer.one.partner_id, offer)
    return order, [*best.values()], shares


def _alone(
    order: Sequence[Offer],
    takers: Sequence[Offer],
    method: Method,
    standing: Standing,
) -> Offer | None:
    """Return to whom alone the lead goes, None where several have it.

    By price the best bid alone must be worth more than those who would share it
    together; else who comes first decides, and where it takes either, the same worth.
    """
    single = order[0] if order else None
    if method is Method.price:
        offers = [offer for offer in order if offer.alone is not None]
        best = _ordered(offers, NOTHING, 1, method, standing, alone=True)
        single = best[0] if best else None
    if single is None or single.alone is None:
        return None
    must = method is not Method.price and single.shared is None
    worth = sum(offer.bid(alone=False) for offer in takers)
    goes = must or not takers or single.bid(alone=True) > worth
    return single if goes else None


def _ordered(
    offers: Sequence[Offer],
    shares: Shares,
    slots: int,
    method: Method,
    standing: Standing,
    *,
    alone: bool,
) -> list[Offer]:
    bids: dict[int, int] = {}
    if method is Method.price:
        bids = {
            offer.one.id: offer.bid(alone=alone)
            for offer in offers
            if (offer.alone if alone else offer.shared) is not None
        }
    return ranked(offers, shares, slots, standing, method, bids)


def _shares(offers: Sequence[Offer], slots: int, method: Method) -> Shares:
    if method is Method.percentage:
        return {offer.one.id: offer.owed or 0 for offer in offers}
    if method not in BY_DEFICIT:
        return NOTHING
    return shares_of_a_slot([offer.one for offer in offers], slots, method)


def _take(takers: Iterable[Offer], slots: int, shares: Shares, method: Method) -> None:
    total = sum(shares.values())
    for offer in takers:
        id_, offer.slots = offer.one.id, slots
        if method is Method.percentage:
            offer.stakes = {id_: -LEAD}
        elif shares:
            # Whoever took the slot pays what all the others are owed for it, so that
            # the stakes sum to zero and equal weights stay equal in spite of rounding.
            offer.stakes = {**shares, id_: shares[id_] - total}


def _show_bids(order: Iterable[Offer]) -> None:
    for offer in order:
        bid = offer.bid(alone=offer.price_cents != offer.shared)
        offer.bid_cents = None if bid == offer.price_cents else bid


def _once_a_partner(order: Sequence[Offer], takers: Sequence[Offer]) -> list[Offer]:
    had = {offer.one.partner_id for offer in takers}
    refuse((o for o in order if o.one.partner_id in had and not o.slots), ANOTHERS)
    return [offer for offer in order if offer.reason is None]
