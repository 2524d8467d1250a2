"""The whole router, in any order of events, beside a model that cannot route."""

from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from app.domain.ranking import POINT
from app.domain.routing import Decision, apply, route
from app.domain.routing_facts import (
    CampaignFacts,
    Group,
    LeadFacts,
    Limit,
    Standing,
    SubscriptionFacts,
    Used,
)
from app.domain.states import Method, SaleType
from app.domain.windows import Window
from tests.unit.facts import METHODS, NOW
from tests.unit.router_model import WRONG, Book, PaperLead, Sale, most_worth

PARTNERS = 4
WALLET = 600
DAY = Window.day
LIMITS = st.none() | st.builds(
    Limit, st.just(DAY), st.none() | st.integers(0, 5), st.none() | st.integers(0, 300)
)


@st.composite
def orders(draw: st.DrawFn) -> list[SubscriptionFacts]:
    """Return orders of a few partners, percentages together no more than 100."""
    several, left = [], 100
    for number in range(draw(st.integers(1, 6))):
        percent = min(left, draw(st.integers(0, 60)))
        left -= percent
        limit = draw(LIMITS)
        several.append(
            SubscriptionFacts(
                number,
                draw(st.integers(1, PARTNERS)),
                draw(st.integers(0, 60)),
                ZoneInfo("UTC"),
                priority=draw(st.integers(0, 2)),
                weight=draw(st.integers(0, 4)),
                percent=percent,
                group=draw(st.sampled_from(["gold", "rest", None])),
                sale_type=draw(st.sampled_from(SaleType)),
                exclusive_price_cents=draw(st.none() | st.integers(0, 150)),
                limits=() if limit is None else (limit,),
                return_rate_bp=draw(st.sampled_from([0, 0, 3_000])),
            )
        )
    return several


GROUP = st.builds(
    Group,
    st.just("gold"),
    st.sampled_from(METHODS),
    st.none() | st.integers(1, 2),
    st.booleans(),
)
CAMPAIGNS = st.builds(CampaignFacts, st.sampled_from(METHODS)) | st.builds(
    lambda first, last: CampaignFacts(
        Method.groups, groups=(first, Group("rest", last))
    ),
    GROUP,
    st.sampled_from(METHODS),
)


class RouterMachine(RuleBasedStateMachine):
    """Leads come, are sold, given back, put into carts; nights pass."""

    leads = Bundle("leads")

    @initialize(campaign=CAMPAIGNS, several=orders())
    def open(self, campaign: CampaignFacts, several: list[SubscriptionFacts]) -> None:
        """Begin with a campaign and its orders."""
        wallets = dict.fromkeys(range(1, PARTNERS + 1), WALLET)
        self.book = Book(campaign, {one.id: one for one in several}, wallets)
        self.standing = Standing(available=dict(wallets))
        self.dice = Random(7)  # noqa: S311 - only to shuffle

    @rule(
        target=leads,
        max_sales=st.integers(1, 4),
        closed=st.lists(st.sets(st.integers(0, 5), max_size=4), min_size=1, max_size=8),
    )
    def come(self, max_sales: int, closed: list[set[int]]) -> Any:
        """Let leads come that some orders may not have, and sell them."""
        several = [PaperLead(max_sales, tried=set(those)) for those in closed]
        for lead in several:
            self.book.leads.append(lead)
            self.sell(lead)
        return multiple(*several)

    @rule(lead=leads)
    def sell(self, lead: PaperLead) -> None:
        """Route a lead, once more or for the first time."""
        facts, several = self.facts(lead), [*self.book.orders.values()]
        decisions = route(facts, several, self.standing, self.book.campaign, NOW)
        self.check_decisions(facts, decisions)
        apply(decisions, self.standing, NOW)
        for decision in decisions:
            one = self.book.orders[decision.subscription_id]
            if decision.owed is not None:
                assert one.id not in lead.owed
                assert decision.owed == one.percent * POINT
                lead.owed.add(one.id)
                self.book.owed[one.id, self.book.window] += decision.owed
            if decision.taken:
                lead.sales.append(Sale(lead, one, decision, self.book.window))

    @rule(lead=leads, which=st.integers(0, 3))
    def give_back(self, lead: PaperLead, which: int) -> None:
        """Release a sale: slot, cap, money and deficits come back in its window."""
        if which >= len(lead.standing):
            return
        sale = lead.standing[which]
        sale.is_over = True
        lead.tried.add(sale.one.id)
        cents = sale.decision.charged_cents
        self.standing.available[sale.one.partner_id] += cents
        is_now = sale.window == self.book.window
        if is_now:
            used = self.standing.usage[sale.one.id, DAY]
            used.count, used.cents = used.count - 1, used.cents - cents
        for id_, stake in sale.decision.stakes.items():
            if is_now or not self.by_percent(id_):
                self.standing.deficits[id_] -= stake

    @rule(lead=leads, partner=st.integers(1, PARTNERS))
    def put_into_cart(self, lead: PaperLead, partner: int) -> None:
        """Let a partner hold a free slot on the market."""
        if lead.taken < lead.max_sales and partner not in lead.partners:
            lead.carts.add(partner)

    @rule(lead=leads, partner=st.integers(1, PARTNERS))
    def take_from_cart(self, lead: PaperLead, partner: int) -> None:
        """Let a partner's hold on the market run out."""
        lead.carts.discard(partner)

    @rule()
    def night(self) -> None:
        """Let the windows of caps and percentages begin anew."""
        self.book.window += 1
        for one in self.book.orders.values():
            self.standing.usage[one.id, DAY] = Used()
            if self.by_percent(one.id):
                self.standing.deficits.pop(one.id, None)

    @invariant()
    def nothing_is_wrong(self) -> None:
        """Ask the model, which knows only what was sold."""
        for wrong in WRONG:
            assert [*wrong(self.book)] == [], wrong.__name__

    @invariant()
    def deficits_are_as_reckoned(self) -> None:
        """What each is owed is what its leads and sales say, to the nano-lead."""
        for one in self.book.orders.values():
            kept = self.standing.deficits.get(one.id, 0)
            assert kept == self.book.deficit(one)

    def facts(self, lead: PaperLead) -> LeadFacts:
        """Tell the router of a lead as the services do."""
        sold_in: dict[str | None, int] = {}
        for sale in lead.standing:
            sold_in[sale.one.group] = sold_in.get(sale.one.group, 0) + 1
        return LeadFacts(
            {},
            lead.max_sales - lead.taken,
            frozenset(lead.partners),
            frozenset(lead.tried),
            frozenset(lead.owed),
            is_whole=not lead.taken,
            sold_in=sold_in,
        )

    def by_percent(self, id_: int) -> bool:
        """Say whether an order goes by percentage."""
        group = self.book.campaign.tier_of(self.book.orders[id_].group)
        return group.method is Method.percentage

    def check_decisions(self, facts: LeadFacts, decisions: list[Decision]) -> None:
        """Check one run: the same whatever the order it is asked in, and complete."""
        several = [*self.book.orders.values()]
        self.dice.shuffle(several)
        again = route(facts, several, self.standing, self.book.campaign, NOW)
        by_id = {decision.subscription_id: decision for decision in again}
        assert [by_id[one.subscription_id] for one in decisions] == decisions
        ranks = sorted(d.rank for d in decisions if d.rank is not None)
        assert ranks == [*range(1, len(ranks) + 1)]
        assert all((d.reason is None) == (d.rank is not None) for d in decisions)
        if self.book.campaign.method is Method.price:
            self.check_worth(facts, decisions)
        elif not self.book.campaign.groups and not any(d.taken for d in decisions):
            assert not facts.free_slots or all(d.reason for d in decisions)

    def check_worth(self, facts: LeadFacts, decisions: list[Decision]) -> None:
        """By price nothing that may be sold would bring more than what is."""
        shared: dict[int, tuple[int, int]] = {}
        alone = [0]
        for decision in decisions:
            one = self.book.orders[decision.subscription_id]
            if decision.reason not in (None, "duplicate_for_partner"):
                continue
            if one.partner_id in facts.partners_taken:
                continue
            for price, bids in self.prices(one, facts):
                worth = price * (10_000 - one.return_rate_bp) // 10_000
                if bids == "alone":
                    alone.append(worth)
                else:
                    shared[one.id] = one.partner_id, worth
        best = max(*alone, most_worth(shared, facts.free_slots), 0)
        won = sum(
            d.charged_cents if d.bid_cents is None else d.bid_cents
            for d in decisions
            if d.taken
        )
        assert won == (best if facts.free_slots else 0)

    def prices(self, one: SubscriptionFacts, facts: LeadFacts) -> list[tuple[int, str]]:
        """Return at what prices an order may have a lead, alone or beside others."""
        assert one.price_cents is not None
        ways: list[tuple[int, str]] = []
        whole = one.exclusive_price_cents
        if one.sale_type is not SaleType.exclusive:
            ways.append((one.price_cents, "shared"))
        if one.sale_type is not SaleType.shared and facts.is_whole:
            ways.append((one.price_cents if whole is None else whole, "alone"))
        used = self.standing.usage.get((one.id, DAY), Used())
        return [
            (price, way)
            for price, way in ways
            if price <= self.standing.available[one.partner_id]
            and all(
                (limit.count is None or used.count < limit.count)
                and (
                    limit.cents is None
                    or (limit.cents and used.cents + price <= limit.cents)
                )
                for limit in one.limits
            )
        ]


TestRouterMachine: Any = RouterMachine.TestCase
TestRouterMachine.settings = settings(
    max_examples=150, stateful_step_count=30, deadline=None
)
