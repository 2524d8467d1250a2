"""Who gets a lead: facts in, one decision per subscription out, nothing touched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.eligibility import Reason, why_ineligible
from app.domain.pricing import Price, price_of
from app.domain.ranking import (
    LEAD,
    Shares,
    is_ahead,
    owed_by_percent,
    ranked,
    shares_of_a_slot,
)
from app.domain.returns import effective_bid
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
    zero but for percentages, and are given back on release. `owed` is what the lead
    adds to its percentage, whoever gets it; None where it adds nothing. `bid_cents` is
    what it was ranked by, where that was not its price. Only where none of its rules
    fits the lead there is no price.
    """

    subscription_id: int
    partner_id: int
    reason: Reason | None
    rank: int | None
    price_cents: int | None
    taken: bool
    stakes: Mapping[int, int] = field(default_factory=dict)
    bid_cents: int | None = None
    owed: int | None = None

    @property
    def charged_cents(self) -> int:
        """What a sale by it costs; raises ValueError where there was no price."""
        if self.price_cents is None:
            raise ValueError("a decision without a price sells nothing")
        return self.price_cents


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
    prices = {one.id: price_of(one, lead, campaign, now) for one in subscriptions}
    reasons = {
        one.id: next(why_ineligible(lead, one, prices[one.id], standing, now), None)
        for one in subscriptions
    }
    eligible = [one for one in subscriptions if reasons[one.id] is None]
    method, owed, shares = campaign.method, dict[int, int](), dict[int, int]()
    if method is Method.percentage and lead.free_slots > 0 and not lead.is_test:
        shares = owed = owed_by_percent(eligible, lead.subscriptions_owed)
        ahead = {one.id for one in eligible if is_ahead(one, owed, standing)}
        reasons |= dict.fromkeys(ahead, "share")
        eligible = [one for one in eligible if one.id not in ahead]
    slots = max(0, min(lead.free_slots, len({one.partner_id for one in eligible})))
    if method in BY_DEFICIT:
        shares = shares_of_a_slot(eligible, slots, method)
    bids = _bids(eligible, prices) if method is Method.price else {}
    order = ranked(eligible, shares, slots, standing, method, bids)
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
            price_cents=prices[one.id].cents,
            taken=taken.get(one.partner_id) is one,
            stakes=(
                _stakes(one, shares, method) if taken.get(one.partner_id) is one else {}
            ),
            bid_cents=_lowered(bids.get(one.id), prices[one.id]),
            owed=owed.get(one.id),
        )
        for one in subscriptions
    ]


def _bids(
    eligible: Iterable[SubscriptionFacts], prices: Mapping[int, Price]
) -> dict[int, int]:
    """Return what each price is worth to who sells: returns and rejections lower it."""
    return {
        one.id: effective_bid(
            effective_bid(prices[one.id].cents or 0, one.return_rate_bp),
            one.reject_rate_bp,
        )
        for one in eligible
    }


def _lowered(bid: int | None, price: Price) -> int | None:
    return None if bid == price.cents else bid


def apply(decisions: Iterable[Decision], standing: Standing, now: datetime) -> None:
    """Book what was decided into `standing`, so that the next lead finds it."""
    for decision in decisions:
        if decision.owed is not None:
            _add(standing.deficits, {decision.subscription_id: decision.owed})
        if not decision.taken:
            continue
        for window in Window:
            key = decision.subscription_id, window
            used = standing.usage.setdefault(key, Used())
            used.count += 1
            used.cents += decision.charged_cents
        left = standing.available.get(decision.partner_id, 0)
        standing.available[decision.partner_id] = left - decision.charged_cents
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


def _stakes(taken: SubscriptionFacts, shares: Shares, method: Method) -> Shares:
    if method is Method.percentage:
        return {taken.id: -LEAD}
    if not shares:
        return {}
    # Whoever took the slot pays what all the others are owed for it, so that the
    # stakes sum to zero and equal weights stay equal in spite of rounding.
    owed = sum(shares.values()) - shares[taken.id]
    return {**shares, taken.id: -owed}
