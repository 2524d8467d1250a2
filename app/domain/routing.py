"""Who gets a lead: facts in, one decision per subscription out, nothing touched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.eligibility import Reason, why_ineligible
from app.domain.ranking import Shares, ranked, shares_of_a_slot
from app.domain.routing_facts import (
    CampaignFacts,
    LeadFacts,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.states import Method
from app.domain.windows import Window

BY_DEFICIT = frozenset({Method.weighted, Method.round_robin})


@dataclass(frozen=True)
class Decision:
    """The verdict on one subscription.

    `reason` is None when it was eligible; `rank` counts the eligible from 1. `stakes`
    is what taking moved in the deficits, in nano-leads by subscription; they sum to
    zero and are given back on release. `bid_cents` is what it was ranked by, where that
    was not its price.
    """

    subscription_id: int
    partner_id: int
    reason: Reason | None
    rank: int | None
    price_cents: int
    taken: bool
    stakes: Mapping[int, int] = field(default_factory=dict)
    bid_cents: int | None = None


def route(
    lead: LeadFacts,
    subscriptions: Sequence[SubscriptionFacts],
    standing: Standing,
    campaign: CampaignFacts,
    now: datetime,
) -> list[Decision]:
    """Decide on every subscription given, in their order; `standing` is left alone.

    The best ranked are taken, as many as there are free slots, one of each partner.
    """
    reasons = {
        one.id: next(why_ineligible(lead, one, standing, now), None)
        for one in subscriptions
    }
    eligible = [one for one in subscriptions if reasons[one.id] is None]
    slots = max(0, min(lead.free_slots, len({one.partner_id for one in eligible})))
    method, shares = campaign.method, dict[int, int]()
    if method in BY_DEFICIT:
        shares = shares_of_a_slot(eligible, slots, method)
    order = ranked(eligible, shares, slots, standing, method)
    taken = _best(order, slots)
    for one in order:
        if taken.get(one.partner_id, one) is not one:
            reasons[one.id] = "duplicate_for_partner"
    kept = (one.id for one in order if reasons[one.id] is None)
    ranks = {identifier: rank for rank, identifier in enumerate(kept, start=1)}
    return [
        Decision(
            subscription_id=one.id,
            partner_id=one.partner_id,
            reason=reasons[one.id],
            rank=ranks.get(one.id),
            price_cents=one.price_cents,
            taken=taken.get(one.partner_id) is one,
            stakes=_stakes(one, shares) if taken.get(one.partner_id) is one else {},
            bid_cents=_lowered_bid(one, method),
        )
        for one in subscriptions
    ]


def _lowered_bid(one: SubscriptionFacts, method: Method) -> int | None:
    is_lowered = method is Method.price and one.bid_cents != one.price_cents
    return one.bid_cents if is_lowered else None


def apply(decisions: Iterable[Decision], standing: Standing, now: datetime) -> None:
    """Book what was taken into `standing`, so that the next lead finds it."""
    for decision in decisions:
        if not decision.taken:
            continue
        for window in Window:
            key = decision.subscription_id, window
            used = standing.usage.setdefault(key, Used())
            used.count += 1
            used.cents += decision.price_cents
        left = standing.available.get(decision.partner_id, 0)
        standing.available[decision.partner_id] = left - decision.price_cents
        _add(standing.deficits, decision.stakes)
        standing.last_sold_at[decision.subscription_id] = now


def _add(deficits: dict[int, int], stakes: Mapping[int, int]) -> None:
    for identifier, moved in stakes.items():
        deficits[identifier] = deficits.get(identifier, 0) + moved


def _best(
    order: Iterable[SubscriptionFacts], slots: int
) -> dict[int, SubscriptionFacts]:
    best: dict[int, SubscriptionFacts] = {}
    for one in order:
        if len(best) == slots:
            break
        best.setdefault(one.partner_id, one)
    return best


def _stakes(taken: SubscriptionFacts, shares: Shares) -> Shares:
    if not shares:
        return {}
    # Whoever took the slot pays what all the others are owed for it, so that the
    # stakes sum to zero and equal weights stay equal in spite of rounding.
    owed = sum(shares.values()) - shares[taken.id]
    return {**shares, taken.id: -owed}
