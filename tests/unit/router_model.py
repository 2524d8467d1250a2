"""What may be said of the router without routing: a small book of sales and windows.

It knows no ranking, only what was asked for and what was sold, and finds what may
never be. Whoever adds a limit or a way to sell adds its rule to `WRONG`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

from app.domain.routing import Decision
from app.domain.routing_facts import CampaignFacts, SubscriptionFacts
from app.domain.states import Method, SaleType


@dataclass(eq=False)
class Sale:
    """A sale that stands until it `is_over`, in the window it was held in."""

    lead: "PaperLead"
    one: SubscriptionFacts
    decision: Decision
    window: int
    is_over: bool = False


@dataclass(eq=False)
class PaperLead:
    """A lead with all that was sold of it, and the carts that hold a slot of it."""

    max_sales: int
    sales: list[Sale] = field(default_factory=list)
    carts: set[int] = field(default_factory=set)
    tried: set[int] = field(default_factory=set)
    owed: set[int] = field(default_factory=set)

    @property
    def standing(self) -> list[Sale]:
        """The sales that were not given back."""
        return [sale for sale in self.sales if not sale.is_over]

    @property
    def taken(self) -> int:
        """The slots that are not free."""
        return sum(sale.decision.slots for sale in self.standing) + len(self.carts)

    @property
    def partners(self) -> list[int]:
        """Who has it, once for each time."""
        return [*(sale.one.partner_id for sale in self.standing), *self.carts]


@dataclass
class Book:
    """All that was sold by one campaign."""

    campaign: CampaignFacts
    orders: dict[int, SubscriptionFacts]
    wallets: dict[int, int]
    window: int = 0
    leads: list[PaperLead] = field(default_factory=list)
    owed: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def sales(self) -> list[Sale]:
        """Every sale that stands."""
        return [sale for lead in self.leads for sale in lead.standing]

    def deficit(self, one: SubscriptionFacts) -> int:
        """Return what an order is owed, less what it got, reckoned from the sales."""
        by_percent = self.campaign.tier_of(one.group).method is Method.percentage
        return self.owed[one.id, self.window] * by_percent + sum(
            sale.decision.stakes.get(one.id, 0)
            for sale in self.sales
            if not by_percent or sale.window == self.window
        )


def over_the_share_limit(book: Book) -> Iterator[str]:
    """No lead gives away more slots than it has."""
    for lead in book.leads:
        if lead.taken > lead.max_sales:
            yield f"{lead.taken} of {lead.max_sales} slots"


def twice_to_a_partner(book: Book) -> Iterator[str]:
    """No partner has a lead twice, in a cart or bought."""
    for lead in book.leads:
        if len(set(lead.partners)) < len(lead.partners):
            yield f"partners {lead.partners}"


def not_alone(book: Book) -> Iterator[str]:
    """Who buys alone has all of a lead, who buys with others one slot."""
    for lead in book.leads:
        for sale in lead.standing:
            has_all = sale.decision.slots == lead.max_sales
            if sale.one.sale_type is SaleType.exclusive and not has_all:
                yield f"{sale.one.id} is exclusive"
            if sale.one.sale_type is SaleType.shared and sale.decision.slots != 1:
                yield f"{sale.one.id} shares"


def over_a_cap_or_budget(book: Book) -> Iterator[str]:
    """No window takes more leads or money than its limit."""
    for one in book.orders.values():
        sales = [s for s in book.sales if s.one is one and s.window == book.window]
        cents = sum(sale.decision.charged_cents for sale in sales)
        for limit in one.limits:
            if limit.count is not None and len(sales) > limit.count:
                yield f"{one.id} took {len(sales)} of {limit.count}"
            if limit.cents is not None and cents > limit.cents:
                yield f"{one.id} spent {cents} of {limit.cents}"


def over_the_wallet(book: Book) -> Iterator[str]:
    """Nobody spends more than there is."""
    for partner, cents in book.wallets.items():
        spent = sum(
            sale.decision.charged_cents
            for sale in book.sales
            if sale.one.partner_id == partner
        )
        if spent > cents:
            yield f"{partner} spent {spent} of {cents}"


def over_a_groups_limit(book: Book) -> Iterator[str]:
    """No group has a lead more often than its limit."""
    for lead in book.leads:
        sold = Counter(book.campaign.tier_of(s.one.group) for s in lead.standing)
        for group, times in sold.items():
            if group.limit is not None and times > group.limit:
                yield f"{group.name} {times} times"


WRONG: tuple[Callable[[Book], Iterator[str]], ...] = (
    over_the_share_limit,
    twice_to_a_partner,
    not_alone,
    over_a_cap_or_budget,
    over_the_wallet,
    over_a_groups_limit,
)


def most_worth(bids: dict[int, tuple[int, int]], slots: int) -> int:
    """Return the most that shared bids may bring: {order: (partner, bid)}; all ways."""
    several = [
        some
        for count in range(min(slots, len(bids)) + 1)
        for some in combinations(bids.values(), count)
        if len({partner for partner, _ in some}) == count
    ]
    return max(sum(bid for _, bid in some) for some in several)
