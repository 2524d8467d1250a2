"""A small shop whose every movement of money is one call of a service.

It sells copies of one lead, so that a sale costs what a sale costs and nothing before.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from flask_appbuilder.security.sqla.models import User

from app.db import db, transaction
from app.direct import fetch
from app.domain.delivery import Step, StepKind
from app.domain.errors import Conflict, InvalidInput
from app.domain.people import Actor, Role
from app.domain.states import (
    Afterwards,
    DeliveryStatus,
    MemberRole,
    Method,
)
from app.jobs import routing, validation
from app.models.money_order import MoneyOrder
from app.models.sale import Transaction
from app.services.money_orders import order_override
from app.services.policy import change_policy
from app.services.refunds import refund_transaction
from app.services.return_decisions import approve_return
from app.services.returns import request_return
from app.services.routing import BATCH, route_due, sell_lead
from app.services.settlement import settle
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
from tests.money_model import Paper, PaperLead
from tests.shop_hand import SECOND_PERSON_ABOVE, Office
from tests.shop_rows import AGE, BALANCES, COPY, END, NIGHT, REVENUE, SOLD

PARTNERS, WALLET, LIMIT, PRICE = 3, 5_000, 500, 700
ENDS = {
    "captured": (StepKind.capture, DeliveryStatus.accepted),
    "released": (StepKind.release, DeliveryStatus.rejected),
    "released burnt": (StepKind.release_money, DeliveryStatus.undeliverable),
}


def _step(how: str) -> tuple[StepKind, None, DeliveryStatus, str]:
    kind, status = ENDS[how]
    return kind, None, status, "test"


def _person() -> Actor:
    """Add an administrator who never logs in: no password has to be hashed."""
    name = str(uuid4())
    user = User(username=name, email=f"{name}@shop.test", first_name="", last_name="")
    with transaction() as session:
        session.add(user)
    return Actor(Role.admin, user.id)


def _noon() -> str:
    """Return a zone where it is about noon: no midnight comes but by `night`."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"


class Shop(Office):
    """Partners with an order each, a vendor, and the paper that says what must be."""

    def __init__(self) -> None:
        self.campaign = make_campaign(price_cents=PRICE, method=Method.priority)
        self.vendor = make_vendor()
        self.partners = [
            make_partner(WALLET, credit_limit_cents=LIMIT, timezone=_noon())
            for _ in range(PARTNERS)
        ]
        source = make_source(self.campaign, self.vendor)
        self.lead_id = lead_of(take(source).public_id).id
        for drain in (validation.drain, routing.drain):
            drain()
        self.orders = [
            make_subscription(self.campaign, one, price_cents=PRICE, priority=n)
            for n, one in enumerate(self.partners)
        ]
        self.asks, self.agrees = _person(), _person()
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
        self.campaign_id = self.campaign.id

    def sell(self, n: int) -> None:
        """Sell a new lead by hand."""
        expected = self.paper.refusal(n)
        [lead] = self._new_leads([1], due=False)
        if expected is not None:
            with pytest.raises(Conflict) as refused:
                sell_lead(lead, self.order_ids[n], self.asks)
            assert refused.value.code == expected
            return
        self.paper.sell(sell_lead(lead, self.order_ids[n], self.asks).id, lead, n)

    def route(self, slots: Sequence[int]) -> None:
        """Let the router sell new leads of so many slots, and those that came back."""
        self.paper.waiting |= set(self._new_leads(slots, due=True))
        waiting = self.paper.waiting
        held = {id_ for id_, one in self.paper.sales.items() if one.status == "held"}
        assert route_due() == len(waiting) <= BATCH
        made = {
            (row.lead_id, self.order_ids.index(row.subscription_id)): row.id
            for row in fetch(SOLD, {"leads": list(waiting)})
            if row.id not in held
        }
        self.paper.route(made)

    def _new_leads(self, slots: Sequence[int], *, due: bool) -> list[int]:
        values = {"lead": self.lead_id, "slots": list(slots), "due": due}
        made = {row.id: PaperLead(row.slots) for row in fetch(COPY, values)}
        self.paper.leads |= made
        return list(made)

    def end(self, *endings: tuple[int, str]) -> int:
        """End held sales in one transaction, (sale, how); return how many were."""
        ends = {id_: how for id_, how in endings if self.is_held(id_)}
        statuses = [ENDS[how][1].name for how in ends.values()]
        with transaction() as session:
            values = {"sales": list(ends), "statuses": statuses}
            steps = {
                row.id: Step(*_step(ends[row.sale]))
                for row in session.execute(END, values)
            }
            settle(session, steps)
        for id_, how in ends.items():
            self.paper.end(id_, how)
        if len(self.paper.waiting) > BATCH / 2:
            self.route([])
        return len(ends)

    def is_held(self, sale: int) -> bool:
        return self.paper.sales[sale].status == "held"

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

    def give_back(self, sale: int) -> None:
        """Let the partner return a lead, and a person agree."""
        paper = self.paper.sales[sale]
        buyer = Actor(
            Role.client, 7, self.partner_ids[paper.order], member=MemberRole.buyer
        )
        try:
            public_id = str(db.session.get_one(Transaction, sale).public_id)
            found = request_return(buyer, public_id, "fraud", "why")
        except Conflict:
            assert not self.paper.give_back(sale)
            return
        approve_return(found.id, self.asks, afterwards=Afterwards.market)
        assert self.paper.give_back(sale)

    def night(self) -> None:
        """Let a day pass: its caps and budgets begin anew."""
        values = {"orders": self.order_ids, "campaign": self.campaign_id}
        for by in NIGHT:
            for statement in AGE:
                fetch(statement, {**values, "by": by})
        self.paper.night()

    def check(self) -> None:
        """Compare every balance with the paper."""
        values = {"partners": self.partner_ids, "vendor": self.vendor_id}
        rows = fetch(BALANCES, values)
        found = {(row.kind, row.owner): row.balance_cents for row in rows}
        wanted = {("payable", 0): self.paper.payable}
        for n, id_ in enumerate(self.partner_ids):
            wanted["wallet", id_] = self.paper.wallet[n]
            wanted["holds", id_] = self.paper.held[n]
            assert self.paper.wallet[n] >= -self.paper.limit[n]
        assert found == wanted

    def close(self) -> None:
        """Leave nothing due or under way behind, and compare for the last time."""
        self.route([])
        held = [id_ for id_ in self.paper.sales if self.is_held(id_)]
        self.end(*((id_, "captured") for id_ in held))
        self.check_all()

    def check_all(self) -> None:
        """Compare what is summed, and what waits, too."""
        self.check()
        earned = int(db.session.scalar(REVENUE)) - self.first_revenue
        assert earned == self.paper.revenue
        asked = {"status": "pending", "asked_by_id": self.asks.user_id}
        waiting = db.session.query(MoneyOrder).filter_by(**asked).count()
        assert waiting == len(self.waiting)
