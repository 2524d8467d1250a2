"""A small shop whose every movement of money is one call of a service.

It sells copies of one lead, so that a sale costs what a sale costs and nothing before.
"""

from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import text

from app.db import db, transaction
from app.domain.delivery import Step, StepKind
from app.domain.errors import Conflict, InvalidInput, NotAllowed
from app.domain.people import Actor, Role
from app.domain.states import DeliveryStatus, MoneyOrderKind
from app.jobs import routing, validation
from app.models.lead import Lead, LeadContact
from app.models.money_order import MoneyOrder
from app.services.adjustments import adjust_partner, adjust_vendor
from app.services.money_orders import (
    approve_order,
    order_money,
    order_override,
    reject_order,
)
from app.services.partners import save_partner
from app.services.policy import change_policy
from app.services.refunds import refund_transaction
from app.services.routing import sell_lead
from app.services.settlement import settle
from app.services.subscriptions import save_subscription
from app.services.vendors import save_vendor
from app.services.wallet import credit_partner
from tests.conftest import ADMIN
from tests.factories import (
    lead_of,
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.money_model import Paper

PARTNERS, WALLET, LIMIT, PRICE = 3, 5_000, 500, 700
SECOND_PERSON_ABOVE = 4_000
NEW = {"id", "public_id"}
ENDS = {
    "captured": (StepKind.capture, DeliveryStatus.accepted),
    "released": (StepKind.release, DeliveryStatus.rejected),
    "released burnt": (StepKind.release_money, DeliveryStatus.undeliverable),
}


def _columns(model: type[Any], without: set[str]) -> str:
    return ", ".join(c.name for c in model.__table__.columns if c.name not in without)


LEAD = _columns(Lead, NEW)
CONTACT = _columns(LeadContact, {"lead_id"})
COPY = text(
    f"WITH made AS (INSERT INTO lead (public_id, {LEAD})"
    f" SELECT gen_random_uuid(), {LEAD} FROM lead WHERE id = :lead RETURNING id)"
    f", told AS (INSERT INTO lead_contact (lead_id, {CONTACT})"
    f" SELECT made.id, {CONTACT} FROM lead_contact, made WHERE lead_id = :lead)"
    " SELECT id FROM made"
)
END = text(
    "UPDATE delivery SET status = :status, ended_at = now()"
    " WHERE transaction_id = :sale RETURNING id"
)
BALANCES = text(
    "SELECT kind, coalesce(partner_id, 0) AS owner, balance_cents FROM account"
    " WHERE partner_id = ANY(:partners) OR vendor_id = :vendor"
)
REVENUE = text(
    "SELECT coalesce(sum(p.amount_cents), 0) FROM posting p JOIN account a"
    " ON a.id = p.account_id AND a.kind = 'revenue' AND a.currency = 'USD'"
)


def _person(name: str) -> Actor:
    """Add an administrator who never logs in: no password has to be hashed."""
    user = User(username=name, email=f"{name}@shop.test", first_name="", last_name="")
    with transaction() as session:
        session.add(user)
    return Actor(Role.admin, user.id)


class Shop:
    """Partners with an order each, a vendor, and the paper that says what must be."""

    def __init__(self) -> None:
        self.campaign = make_campaign(price_cents=PRICE)
        self.vendor = make_vendor()
        self.partners = [
            make_partner(WALLET, credit_limit_cents=LIMIT) for _ in range(PARTNERS)
        ]
        source = make_source(self.campaign, self.vendor)
        self.lead_id = lead_of(take(source).public_id).id
        for drain in (validation.drain, routing.drain):
            drain()
        self.orders = [
            make_subscription(self.campaign, one, price_cents=PRICE)
            for one in self.partners
        ]
        self.asks, self.agrees = _person("asks"), _person("agrees")
        change_policy({"second_person_above_cents": SECOND_PERSON_ABOVE}, ADMIN)
        several = range(PARTNERS)
        self.paper = Paper(
            wallet=[WALLET for _ in several],
            held=[0 for _ in several],
            limit=[LIMIT for _ in several],
            price=[PRICE for _ in several],
            cap=[None for _ in several],
            budget=[None for _ in several],
            holds=[0 for _ in several],
            cents=[0 for _ in several],
        )
        self.first_revenue = int(db.session.scalar(REVENUE))
        self.waiting: dict[int, tuple[int, int]] = {}
        # The services take the ids; the rows would be read again after each commit.
        self.partner_ids = [one.id for one in self.partners]
        self.order_ids = [one.id for one in self.orders]
        self.vendor_id = self.vendor.id

    def sell(self, n: int) -> None:
        expected = self.paper.refusal(n)
        with transaction() as session:
            lead = int(session.execute(COPY, {"lead": self.lead_id}).scalar_one())
        if expected is not None:
            with pytest.raises(Conflict) as refused:
                sell_lead(lead, self.order_ids[n], self.asks)
            assert refused.value.code == expected
            return
        self.paper.sell(sell_lead(lead, self.order_ids[n], self.asks).id, n)

    def end(self, sale: int, how: str) -> None:
        if self.paper.sales[sale].status != "held":
            return
        kind, status = ENDS[how]
        with transaction() as session:
            values = {"sale": sale, "status": status.name}
            delivery = session.execute(END, values).scalar_one()
            settle(session, {delivery: Step(kind, None, status, "test")})
        self.paper.end(sale, how)

    def refund(self, sale: int, amount: int | None) -> None:
        paper, worked = self.paper, True
        try:
            refund_transaction(sale, amount, "why", self.asks)
        except (Conflict, InvalidInput):
            worked = False
        assert paper.refund(sale, amount) == worked

    def override(self, sale: int, price: int) -> None:
        paper, worked = self.paper, True
        try:
            order_override(sale, price, "why", self.asks)
        except (Conflict, InvalidInput):
            worked = False
        assert paper.override(sale, price) == worked

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

    def check(self) -> None:
        """Compare every balance with the paper."""
        values = {"partners": self.partner_ids, "vendor": self.vendor_id}
        with transaction() as session:
            rows = session.execute(BALANCES, values).all()
        found = {(row.kind, row.owner): row.balance_cents for row in rows}
        wanted = {("payable", 0): self.paper.payable}
        for n, id_ in enumerate(self.partner_ids):
            wanted["wallet", id_] = self.paper.wallet[n]
            wanted["holds", id_] = self.paper.held[n]
            assert self.paper.wallet[n] >= -self.paper.limit[n]
        assert found == wanted

    def check_all(self) -> None:
        """Compare what is summed, and what waits, too."""
        self.check()
        earned = int(db.session.scalar(REVENUE)) - self.first_revenue
        assert earned == self.paper.revenue
        waiting = db.session.query(MoneyOrder).filter_by(status="pending").count()
        assert waiting == len(self.waiting)
