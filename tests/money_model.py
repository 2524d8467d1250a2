"""The books as a reader would keep them on paper: what every operation must do."""

from dataclasses import dataclass, field


@dataclass
class PaperSale:
    """A sale with what was frozen on it; `share` is of its whole price."""

    lead: int
    order: int
    day: int
    price: int
    bp: int
    fixed: int | None
    status: str = "held"
    charged: int = 0
    refunded: int = 0

    def share(self, part: int) -> int:
        if self.fixed is None:
            return part * self.bp // 10_000
        return part * self.fixed // self.price


@dataclass
class PaperLead:
    """A lead's free slots, the orders that have it, and those that gave it back."""

    slots: int
    had: set[int] = field(default_factory=set)
    tried: set[int] = field(default_factory=set)


@dataclass
class Paper:
    """Wallets and holds of partners (an order each), one vendor, the platform."""

    wallet: list[int]
    held: list[int]
    limit: list[int]
    price: list[int]
    cap: list[int | None]
    budget: list[int | None]
    holds: list[int]
    cents: list[int]
    day: int = 0
    bp: int = 2000
    fixed: int | None = None
    payable: int = 0
    revenue: int = 0
    sales: dict[int, PaperSale] = field(default_factory=dict)
    leads: dict[int, PaperLead] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)

    def refusal(self, n: int) -> str | None:
        cap, budget, after = self.cap[n], self.budget[n], self.cents[n] + self.price[n]
        if cap is not None and self.holds[n] >= cap:
            return "cap:day"
        if budget is not None and (after > budget or not budget):
            return "budget:day"
        short = self.wallet[n] + self.limit[n] < self.price[n]
        return "insufficient_funds" if short else None

    def route(self, made: dict[tuple[int, int], int]) -> None:
        """Sell what waits; `made` are the ids of the sales that must come of it."""
        for id_ in sorted(self.waiting):
            lead = self.leads[id_]
            for n in range(len(self.wallet)):
                is_new = n not in lead.had | lead.tried
                if lead.slots and is_new and not self.refusal(n):
                    self.sell(made.pop((id_, n)), id_, n)
        self.waiting.clear()
        assert not made

    def sell(self, id_: int, lead: int, n: int) -> None:
        price, day = self.price[n], self.day
        fixed = None if self.fixed is None else min(self.fixed, price)
        bp = 0 if fixed is not None else self.bp
        self.sales[id_] = PaperSale(lead, n, day, price, bp, fixed, charged=price)
        self.leads[lead].slots -= 1
        self.leads[lead].had.add(n)
        self._move(n, -price, price)
        self.holds[n], self.cents[n] = self.holds[n] + 1, self.cents[n] + price

    def end(self, id_: int, status: str) -> None:
        sale = self.sales[id_]
        sale.status, n = status.removesuffix(" burnt"), sale.order
        back = 0 if status == "captured" else sale.price
        self._move(n, back, -sale.price)
        if status == "captured":
            self.revenue += sale.share(sale.price)
            self.payable += sale.price - sale.share(sale.price)
        elif status == "released":
            self._come_back(sale).tried.add(n)
            self.leads[sale.lead].had.discard(n)
            if sale.day == self.day:
                self.holds[n], self.cents[n] = self.holds[n] - 1, self.cents[n] - back

    def refund(self, id_: int, amount: int | None) -> bool:
        sale = self.sales[id_]
        left = sale.charged - sale.refunded
        amount = left if amount is None else amount
        if sale.status != "captured" or not 0 < amount <= left:
            return False
        share = sale.share(sale.refunded + amount) - sale.share(sale.refunded)
        sale.refunded += amount
        sale.status = "refunded" if sale.refunded == sale.charged else "captured"
        self.wallet[sale.order] += amount
        self.revenue, self.payable = self.revenue - share, self.payable - amount + share
        return True

    def override(self, id_: int, price: int) -> bool:
        sale = self.sales[id_]
        more, n = price - sale.charged, sale.order
        is_sound = sale.status == "captured" and price > sale.refunded and more
        if not is_sound or more > max(self.wallet[n] + self.limit[n], 0):
            return False
        share = sale.share(price) - sale.share(sale.charged)
        sale.charged = price
        self.wallet[n] -= more
        self.revenue, self.payable = self.revenue + share, self.payable + more - share
        return True

    def give_back(self, id_: int) -> bool:
        """Return a lead: its rest is refunded, and it comes on the market anew."""
        worked = self.refund(id_, None)
        if worked:
            self._come_back(self.sales[id_]).tried.clear()
        return worked

    def night(self) -> None:
        several = range(len(self.wallet))
        self.day, self.holds, self.cents = (
            self.day + 1,
            [0 for _ in several],
            [0 for _ in several],
        )

    def _come_back(self, sale: PaperSale) -> PaperLead:
        self.waiting.add(sale.lead)
        self.leads[sale.lead].slots += 1
        return self.leads[sale.lead]

    def _move(self, n: int, wallet: int, held: int) -> None:
        self.wallet[n], self.held[n] = self.wallet[n] + wallet, self.held[n] + held
