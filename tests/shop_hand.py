"""What people do with the shop's money by hand, and what they change in its terms."""

from collections.abc import Sequence

import pytest

from app.domain.errors import Conflict, InvalidInput, NotAllowed
from app.domain.people import Actor
from app.domain.states import MoneyOrderKind
from app.models.partner import Partner
from app.models.subscription import Subscription
from app.models.vendor import Vendor
from app.services.adjustments import adjust_partner, adjust_vendor
from app.services.money_orders import approve_order, order_money, reject_order
from app.services.partners import save_partner
from app.services.subscriptions import save_subscription
from app.services.vendors import save_vendor
from app.services.wallet import credit_partner
from tests.money_model import Paper

SECOND_PERSON_ABOVE = 4_000


class Office:
    """Whose money it is, who moves it by hand, and the paper that says what must be."""

    paper: Paper
    partners: Sequence[Partner]
    orders: Sequence[Subscription]
    vendor: Vendor
    partner_ids: Sequence[int]
    vendor_id: int
    asks: Actor
    agrees: Actor
    waiting: dict[int, tuple[int, int]]

    def credit(self, n: int, amount: int) -> None:
        credit_partner(self.partner_ids[n], amount, "why", self.asks)
        self.paper.wallet[n] += amount

    def adjust(self, n: int, amount: int) -> None:
        fits = amount and self.paper.wallet[n] + self.paper.limit[n] + amount >= 0
        try:
            adjust_partner(self.partner_ids[n], amount, "why", self.asks)
        except (Conflict, InvalidInput):
            assert not fits or amount > 0
            return
        self.paper.wallet[n] += amount

    def adjust_vendor(self, amount: int) -> None:
        if amount:
            adjust_vendor(self.vendor_id, amount, "why", self.asks)
            self.paper.payable += amount

    def ask(self, n: int, amount: int) -> None:
        kind, id_ = MoneyOrderKind.credit, self.partner_ids[n]
        status, told = order_money(kind, id_, amount, "why", self.asks)
        assert (status == 202) == (amount > SECOND_PERSON_ABOVE)
        if status == 202:
            self.waiting[told["id"]] = (n, amount)
        else:
            self.paper.wallet[n] += amount

    def decide(self, *, agrees: bool) -> None:
        if not self.waiting:
            return
        order, (n, amount) = self.waiting.popitem()
        with pytest.raises(NotAllowed):
            approve_order(order, self.asks)
        if agrees:
            approve_order(order, self.agrees)
            self.paper.wallet[n] += amount
        else:
            reject_order(order, self.agrees)

    def limit(self, n: int, cents: int) -> None:
        partner = self.partners[n]
        partner.credit_limit_cents = cents
        try:
            save_partner(partner, self.asks)
        except Conflict:
            assert self.paper.wallet[n] + cents < 0
            return
        self.paper.limit[n] = cents

    def change_order(self, n: int, **values: int | None) -> None:
        order = self.orders[n]
        for name, value in values.items():
            setattr(order, name, value)
        save_subscription(order, self.asks)
        paper = self.paper
        paper.cap[n] = values.get("daily_cap", paper.cap[n])
        paper.budget[n] = values.get("daily_budget_cents", paper.budget[n])
        paper.price[n] = values.get("price_cents") or paper.price[n]

    def share(self, bp: int, fixed: int | None) -> None:
        self.vendor.commission_bp, self.vendor.commission_cents = bp, fixed
        save_vendor(self.vendor, self.asks)
        self.paper.bp, self.paper.fixed = bp, fixed
