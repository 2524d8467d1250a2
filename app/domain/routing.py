"""Who gets a lead: facts in, one decision per subscription out, nothing touched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from app.domain.choosing import ANOTHERS, Room, choose, refuse
from app.domain.eligibility import Reason
from app.domain.offers import Offer, offer_of
from app.domain.ranking import NOTHING, Shares
from app.domain.routing_facts import (
    CampaignFacts,
    Group,
    LeadFacts,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.windows import Window


class Decision(NamedTuple):
    """The verdict on one subscription.

    `reason` is None when it was eligible; `rank` counts the eligible from 1. `stakes`
    is what taking moved in the deficits, in nano-leads by subscription; they sum to
    zero but for percentages, and are given back on release. `owed` is what the lead
    adds to its percentage, whoever gets it; None where it adds nothing. `bid_cents` is
    what it was ranked by, where that was not its price. Only where none of its rules
    fits the lead there is no price. `slots` are those of the lead that it took: all of
    them where it has the lead alone.
    """

    subscription_id: int
    partner_id: int
    reason: Reason | None
    rank: int | None
    price_cents: int | None
    slots: int = 0
    stakes: Shares = NOTHING
    bid_cents: int | None = None
    owed: int | None = None

    @property
    def taken(self) -> bool:
        """Whether it gets the lead."""
        return self.slots > 0

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

    The best ranked are taken, group by group, as many as there are free slots, one of
    each partner.
    """
    offers = [offer_of(one, lead, standing, campaign, now) for one in subscriptions]
    for rank, offer in enumerate(_by_group(offers, campaign, lead, standing), start=1):
        offer.rank = rank
    return [_decision(offer) for offer in offers]


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


def groups_left(
    lead: LeadFacts, bought: Iterable[str | None], campaign: CampaignFacts
) -> set[str]:
    """Return the groups that may still buy of a lead once those bought it, too."""
    sold, left = _sold_in(lead, campaign), set()
    for name in bought:
        sold[campaign.tier_of(name).name] += 1
    for group in campaign.tiers:
        if group.limit is None or sold[group.name] < group.limit:
            left.add(group.name)
        if group.stops and sold[group.name]:
            break
    return left


def _by_group(
    offers: Sequence[Offer],
    campaign: CampaignFacts,
    lead: LeadFacts,
    standing: Standing,
) -> Iterator[Offer]:
    """Ask one group after the other; yield who might have the lead, best first."""
    slots, is_whole = max(0, lead.free_slots), lead.is_whole
    sold_in = _sold_in(lead, campaign)
    stopped: str | None = None
    partners: set[int] = set()
    for group, members in _grouped(offers, campaign):
        sold = sold_in[group.name]
        open_ = [offer for offer in members if offer.reason is None]
        if stopped is not None:
            refuse(open_, f"after_group:{stopped}")
        elif group.limit is not None and sold >= group.limit:
            refuse(open_, f"group_limit:{group.name}")
        else:
            refuse((o for o in open_ if o.one.partner_id in partners), ANOTHERS)
            sales = slots if group.limit is None else min(slots, group.limit - sold)
            room = Room(slots, sales, is_whole)
            yield from choose(open_, group.method, room, lead, standing)
        taken = [offer for offer in open_ if offer.slots]
        slots -= sum(offer.slots for offer in taken)
        is_whole = is_whole and not taken
        partners.update(offer.one.partner_id for offer in taken)
        if group.stops and (sold or taken) and stopped is None:
            stopped = group.name


def _grouped(
    offers: Sequence[Offer], campaign: CampaignFacts
) -> Iterable[tuple[Group, Sequence[Offer]]]:
    if not campaign.groups:
        return [(campaign.tiers[0], offers)]
    members: Mapping[str, list[Offer]] = {group.name: [] for group in campaign.groups}
    last = members[campaign.groups[-1].name]
    for offer in offers:
        members.get(offer.one.group or "", last).append(offer)
    return [(group, members[group.name]) for group in campaign.groups]


def _sold_in(lead: LeadFacts, campaign: CampaignFacts) -> dict[str, int]:
    """Return how often the lead is sold in each group."""
    sold = {group.name: 0 for group in campaign.tiers}
    for name, count in lead.sold_in.items():
        sold[campaign.tier_of(name).name] += count
    return sold


def _decision(offer: Offer) -> Decision:
    return Decision(
        offer.one.id,
        offer.one.partner_id,
        offer.reason,
        offer.rank,
        offer.price_cents,
        offer.slots,
        offer.stakes or NOTHING,
        offer.bid_cents,
        offer.owed,
    )


def _add(deficits: dict[int, int], stakes: Mapping[int, int]) -> None:
    for identifier, moved in stakes.items():
        deficits[identifier] = deficits.get(identifier, 0) + moved
