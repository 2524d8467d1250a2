"""Returns: asked for, proved, decided, refunded once, and the lead sold again."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update

from app.db import db, transaction
from app.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.domain.people import Actor, Role
from app.domain.states import (
    Afterwards,
    LeadStatus,
    MemberRole,
    ReturnStatus,
    TransactionStatus,
)
from app.models.campaign import Campaign
from app.models.lead import LeadContact
from app.models.lead_return import LeadReturn
from app.models.partner import Partner
from app.models.subscription import Subscription
from app.services import return_evidence
from app.services.booked_days import count_booked_days
from app.services.integrity import run_checks
from app.services.overrides import override_price
from app.services.policy import change_policy
from app.services.refunds import refund_transaction
from app.services.return_decisions import approve_return, ask_partner, deny_return
from app.services.return_rates import measure_returns
from app.services.returns import answer_question, request_return
from app.services.subscriptions import save_subscription
from app.services.trace import trace_of
from app.services.wallet import wallet_of
from tests.factories import (
    STAFF,
    count,
    lead_of,
    make_campaign,
    make_endpoint,
    make_partner,
    make_subscription,
)
from tests.partner import PartnerServer
from tests.services.test_races import at_once
from tests.web.market import PRICE, Market, sales_of

OPERATOR = Actor(role=Role.operator, user_id=2)


@dataclass
class Bought:
    """A market with a buyer, who bought some leads."""

    market: Market
    buyer: Partner

    @property
    def actor(self) -> Actor:
        return buyer_of(self.buyer)

    def returned(self, reason: str = "fraud", number: int = 0) -> LeadReturn:
        return request_return(self.actor, self.reference(number), reason, "Nobody.")

    def reference(self, number: int = 0) -> str:
        return str(sales_of(self.buyer)[number].public_id)

    def policy(self, **values: Any) -> None:
        with transaction() as session:
            session.execute(update(Campaign).values(return_policy=values))


def buyer_of(partner: Partner) -> Actor:
    return Actor(Role.client, 7, partner.id, member=MemberRole.buyer)


def make_bought(server: PartnerServer, leads: int = 1) -> Bought:
    market = Market(server)
    with transaction() as session:
        market.campaign.max_sales = 1
        session.add(market.campaign)
    buyer = market.buyer()
    market.sell(leads)
    return Bought(market, buyer)


@pytest.fixture
def bought(database: Flask, partner: PartnerServer) -> Bought:
    return make_bought(partner)


def execute(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))
    db.session.expire_all()


def payable() -> int:
    query = text("SELECT balance_cents FROM account WHERE kind = 'payable'")
    return int(db.session.execute(query).scalar_one())


def test_return_keeps_reason_and_evidence_and_books_nothing(bought: Bought) -> None:
    found = bought.returned("invalid_phone")

    assert found.status is ReturnStatus.open
    assert found.amount_cents == PRICE
    assert found.evidence["consent"]["given_at"].startswith("2026-11-20")
    checked = {one["check"]: one["verdict"] for one in found.evidence["checks"]}
    assert {"email", "phone"} <= set(checked)
    assert "example.org" not in str(found.evidence)
    assert count("entry", "kind = 'refund'") == 0
    assert count("lead_event", "kind = 'return_asked'") == 1
    assert run_checks()["ok"]


def test_approval_refunds_charges_back_and_sells_the_lead_again(bought: Bought) -> None:
    other = bought.market.buyer()
    found = bought.returned("out_of_filter")
    before = payable()

    approve_return(found.id, STAFF)
    sale = sales_of(bought.buyer)[0]
    lead = lead_of(sale.lead.public_id)

    assert found.status is ReturnStatus.approved
    assert found.afterwards is Afterwards.market
    assert sale.status is TransactionStatus.refunded
    assert count("entry", "kind = 'refund'") == 1
    assert (before > 0, payable()) == (True, 0)
    assert wallet_of(bought.buyer.id)["balance_cents"] == 100_000
    assert (lead.status, lead.slots_taken) == (LeadStatus.available, 0)
    assert run_checks()["ok"]

    bought.market.sell(0)

    [again] = sales_of(other)
    assert (again.lead_id, again.status) == (lead.id, TransactionStatus.captured)
    assert len(sales_of(bought.buyer)) == 1
    assert lead_of(lead.public_id).status is LeadStatus.sold
    assert run_checks()["ok"]


def test_lead_is_never_sold_to_the_same_partner_again(bought: Bought) -> None:
    approve_return(bought.returned("duplicate").id, STAFF)

    bought.market.sell(0)

    assert len(sales_of(bought.buyer)) == 1
    assert count("routing_run", "decisions::text LIKE '%duplicate_for_partner%'") == 1


def test_withdrawn_lead_is_not_sold_again(bought: Bought) -> None:
    other = bought.market.buyer()
    found = bought.returned("duplicate")

    approve_return(found.id, STAFF, afterwards=Afterwards.withdrawn, reason="bad")
    bought.market.sell(0)
    lead = lead_of(found.lead.public_id)

    assert (lead.status, lead.reason) == (LeadStatus.rejected, "returned:duplicate")
    assert found.decision_reason == "bad"
    assert sales_of(other) == []
    assert run_checks()["ok"]


def test_denied_return_books_nothing_and_may_be_asked_for_once_more(
    bought: Bought,
) -> None:
    found = bought.returned()

    deny_return(found.id, "It is a real person.", STAFF)

    assert found.status is ReturnStatus.denied
    assert count("entry", "kind = 'refund'") == 0
    assert bought.returned().status is ReturnStatus.open
    assert run_checks()["ok"]


def test_question_and_answer_go_to_and_fro(bought: Bought) -> None:
    found = bought.returned()

    ask_partner(found.id, "Whom did you call?", STAFF)
    asked = found.status
    answer_question(bought.actor, str(found.public_id), "The number given.")

    assert asked is ReturnStatus.needs_info
    assert found.status is ReturnStatus.open
    assert [message.is_partners for message in found.messages] == [False, True]
    for words in (None, "", " ", 5, "\x00", "x" * 2001):
        with pytest.raises(InvalidInput):
            answer_question(bought.actor, str(found.public_id), words)


def test_decided_return_stays_as_it_is(bought: Bought) -> None:
    found = bought.returned()
    approve_return(found.id, STAFF)

    for again in (
        lambda: approve_return(found.id, STAFF),
        lambda: deny_return(found.id, "no", STAFF),
        lambda: ask_partner(found.id, "why", STAFF),
        lambda: answer_question(bought.actor, str(found.public_id), "so"),
        bought.returned,
    ):
        with pytest.raises(Conflict):
            again()

    assert count("entry", "kind = 'refund'") == 1


def test_only_who_buys_asks_and_only_staff_decides(bought: Bought) -> None:
    found, reference = bought.returned(), bought.reference()
    viewer = Actor(Role.client, 8, bought.buyer.id, member=MemberRole.viewer)
    stranger = buyer_of(make_partner())

    for decide in (
        lambda: approve_return(found.id, bought.actor),
        lambda: deny_return(found.id, "so", bought.actor),
        lambda: ask_partner(found.id, "so", bought.actor),
    ):
        with pytest.raises(NotAllowed):
            decide()
    with pytest.raises(NotAllowed):
        request_return(viewer, reference, "fraud")
    with pytest.raises(NotFound):
        request_return(stranger, reference, "fraud")
    with pytest.raises(NotFound):
        answer_question(stranger, str(found.public_id), "mine")
    with pytest.raises(NotFound):
        approve_return(10**9, STAFF)


@pytest.mark.parametrize(
    ("code", "note", "fields"),
    [
        (None, None, {"reason_code"}),
        ("price", None, {"reason_code"}),
        (5, 5, {"reason_code", "note"}),
        ("other", " ", {"note"}),
        ("fraud", "x" * 2001, {"note"}),
    ],
)
def test_bad_request_tells_every_field(
    bought: Bought, code: object, note: object, fields: set[str]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        request_return(bought.actor, bought.reference(), code, note)

    assert {error.field for error in refusal.value.errors} == fields
    assert count("lead_return") == 0


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ({"allowed": False}, "returns_not_allowed"),
        ({"weekdays": []}, "return_weekday"),
        ({"max_count": 0}, "return_count_reached"),
        ({"max_share_bp": 9999}, "return_share_reached"),
    ],
)
def test_policy_of_the_campaign_refuses(
    bought: Bought, policy: dict[str, Any], code: str
) -> None:
    bought.policy(**policy)

    with pytest.raises(Conflict) as refusal:
        bought.returned()

    assert refusal.value.code == code
    assert count("lead_return") == 0


def test_partners_own_policy_goes_before_the_campaigns(bought: Bought) -> None:
    bought.policy(max_count=0)
    with transaction() as session:
        session.execute(update(Partner).values(return_policy={"max_count": 1}))

    assert bought.returned().status is ReturnStatus.open


def test_reason_that_is_not_accepted_is_refused_at_its_field(bought: Bought) -> None:
    bought.policy(reasons=["duplicate"])

    with pytest.raises(InvalidInput) as refusal:
        bought.returned("fraud")

    assert refusal.value.errors[0].code == "not_accepted"


def test_time_to_return_ends_by_the_databases_clock(bought: Bought) -> None:
    execute("UPDATE transaction SET captured_at = now() - interval '7 days'")

    with pytest.raises(Conflict) as refusal:
        bought.returned()

    assert refusal.value.code == "return_window_over"


def test_limits_count_what_the_period_returned(
    database: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 4)
    bought.policy(max_count=2, max_share_bp=5000, cycle="day")
    first = bought.returned(number=0)
    bought.returned(number=1)

    with pytest.raises(Conflict) as refusal:
        bought.returned(number=2)
    deny_return(first.id, "no", STAFF)

    assert refusal.value.code == "return_count_reached"
    assert bought.returned(number=2).status is ReturnStatus.open


def test_limits_may_count_all_that_a_partner_bought(
    database: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 2)
    bought.returned(number=0)
    other = make_campaign(price_cents=PRICE)
    endpoint = make_endpoint(bought.buyer, url=partner.url)
    make_subscription(other, bought.buyer, endpoint_id=endpoint.id)
    Market(partner, other).sell()

    # One of this order's one would come back, and two of the partner's three.
    for policy in (
        {"max_share_bp": 7000},
        {"max_share_bp": 6000, "limits_per": "partner"},
    ):
        bought.policy(**policy)
        with pytest.raises(Conflict) as refusal:
            bought.returned(number=0)
        assert refusal.value.code == "return_share_reached"

    bought.policy(max_share_bp=7000, limits_per="partner")
    assert bought.returned(number=0).status is ReturnStatus.open


def test_beyond_a_vendors_share_a_person_decides(
    database: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 4)
    count_booked_days()
    bought.policy(auto_approve=[{"confirmed": False}], vendor_max_share_bp=5000)

    decided = [bought.returned(number=n).status.name for n in range(3)]

    assert decided == ["approved", "approved", "open"]


def test_what_is_refused_is_not_checked_again(
    bought: Bought, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(return_evidence, "run_checks", asked.append)
    bought.policy(allowed=False)

    with pytest.raises(Conflict):
        bought.returned()

    assert asked == []


def test_no_more_is_charged_for_what_is_being_returned(bought: Bought) -> None:
    bought.policy(operator_max_cents=PRICE)
    found, sale = bought.returned(), sales_of(bought.buyer)[0].id

    with pytest.raises(Conflict) as refusal:
        override_price(sale, -1, "dearer", STAFF)
    override_price(sale, 1, "cheaper", STAFF)
    approve_return(found.id, OPERATOR)

    assert refusal.value.code == "returned"
    assert found.amount_cents == PRICE - 1
    assert count("entry", "kind = 'override'") == 1
    assert run_checks()["ok"]


def test_what_is_not_bought_or_refunded_or_free_is_not_returned(
    bought: Bought,
) -> None:
    sale = sales_of(bought.buyer)[0]
    refund_transaction(sale.id, None, "kind", STAFF)
    with pytest.raises(Conflict) as refunded:
        bought.returned()
    bought.market.sell(test=True)
    with pytest.raises(Conflict) as free:
        bought.returned()

    assert (refunded.value.code, free.value.code) == ("refunded", "free")


def test_part_refunded_before_is_not_refunded_again(bought: Bought) -> None:
    refund_transaction(sales_of(bought.buyer)[0].id, 99, "part", STAFF)
    found = bought.returned()
    refund_transaction(sales_of(bought.buyer)[0].id, 100, "part", STAFF)

    approve_return(found.id, STAFF)

    assert found.amount_cents == PRICE - 199
    assert wallet_of(bought.buyer.id)["balance_cents"] == 100_000
    assert run_checks()["ok"]


def test_rule_approves_what_is_confirmed_at_once(bought: Bought) -> None:
    bought.policy(auto_approve=[{"reasons": ["invalid_phone"]}])
    with transaction() as session:
        session.execute(update(LeadContact).values(phone="+1415"))

    found = bought.returned("invalid_phone")

    assert found.evidence["confirmed"] is True
    assert (found.status, found.decided_by) == (ReturnStatus.approved, "system")
    assert sales_of(bought.buyer)[0].status is TransactionStatus.refunded
    assert run_checks()["ok"]


def test_rule_leaves_what_is_not_confirmed_to_a_person(bought: Bought) -> None:
    bought.policy(auto_approve=[{"reasons": ["invalid_phone"]}])

    assert bought.returned("invalid_phone").status is ReturnStatus.open


def test_second_lead_of_one_person_is_confirmed_as_a_duplicate(
    database: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 0)
    with transaction() as session:
        session.execute(update(Campaign).values(dedupe_days=0))
    bought.market.sell(email="ada@example.org", phone=None)
    bought.market.sell(email="ADA@example.org", phone=None)

    second = bought.returned("duplicate", 0)
    first = bought.returned("duplicate", 1)

    assert second.evidence["confirmed"] is True
    assert first.evidence["confirmed"] is False


def test_filter_changed_after_the_sale_proves_nothing(bought: Bought) -> None:
    bought.policy(auto_approve=[{"reasons": ["out_of_filter"]}])
    order = db.session.query(Subscription).one()
    order.filters = {"all": [{"field": "state", "op": "eq", "value": "NV"}]}
    save_subscription(order, STAFF)
    execute("UPDATE subscription SET updated_at = clock_timestamp()")
    changed = bought.returned("out_of_filter")
    deny_return(changed.id, "no", STAFF)
    execute("UPDATE subscription SET updated_at = now() - interval '1 day'")

    unchanged = bought.returned("out_of_filter")

    assert changed.evidence["confirmed"] is None
    assert unchanged.status is ReturnStatus.approved


def test_operator_approves_up_to_the_policys_amount(bought: Bought) -> None:
    bought.policy(operator_max_cents=PRICE - 1)
    found = bought.returned()

    with pytest.raises(NotAllowed):
        approve_return(found.id, OPERATOR)
    bought.policy(operator_max_cents=PRICE)

    assert approve_return(found.id, OPERATOR).status is ReturnStatus.approved


def test_much_money_is_refunded_when_a_second_person_agrees(
    bought: Bought, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_policy({"second_person_above_cents": PRICE - 1}, STAFF)
    found = bought.returned()

    first = approve_return(found.id, STAFF).status
    for actor in (STAFF, OPERATOR):
        with pytest.raises(NotAllowed):
            approve_return(found.id, actor)
    booked = count("entry", "kind = 'refund'")
    second = approve_return(found.id, Actor(role=Role.admin, user_id=3)).status

    assert (first, booked, second) == (ReturnStatus.open, 0, ReturnStatus.approved)
    assert count("audit", "action = 'lead_return.agreed'") == 1
    assert run_checks()["ok"]


def test_returns_lower_the_rate_and_time_heals_it(
    database: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 4)
    for number in range(2):
        approve_return(bought.returned(number=number).id, STAFF)
    order = db.session.query(Subscription).one()
    db.session.refresh(order)
    rate = order.return_rate_bp
    execute("UPDATE transaction SET held_at = held_at - interval '40 days'")
    execute(
        "UPDATE subscription_window SET starts_at = starts_at - interval '40 days',"
        " ends_at = ends_at - interval '40 days'"
    )

    measure_returns()
    db.session.refresh(order)

    assert (rate, order.return_rate_bp) == (2500, 0)


def test_who_returns_much_is_outbid_and_the_trace_says_so(
    database: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 1)
    execute("UPDATE campaign SET method = 'price'")
    approve_return(bought.returned().id, STAFF)
    other = bought.market.buyer()
    execute(f"UPDATE subscription SET price_cents = 900 WHERE partner_id = {other.id}")

    bought.market.sell()
    [sale] = sales_of(other)
    first, second = trace_of(sale.lead_id)["decisions"]

    assert sale.price_cents == 900
    assert (first["price_cents"], first["bid_cents"], first["rank"]) == (PRICE, 799, 2)
    assert (second["price_cents"], second["bid_cents"], second["rank"]) == (900, 900, 1)


def test_erased_lead_is_refunded_and_stays_erased(bought: Bought) -> None:
    found = bought.returned("duplicate")
    execute("DELETE FROM lead_contact")
    execute("UPDATE lead SET status = 'erased'")

    approve_return(found.id, STAFF)

    assert lead_of(found.lead.public_id).status is LeadStatus.erased
    assert count("work") == 0


def test_auditor_finds_a_return_without_its_refund(bought: Bought) -> None:
    found = bought.returned()
    approve_return(found.id, STAFF)
    execute("UPDATE lead_return SET amount_cents = amount_cents - 1")

    failing = [one["name"] for one in run_checks()["checks"] if not one["ok"]]
    execute(
        "UPDATE lead_return SET status = 'denied', entry_id = NULL, afterwards = NULL"
    )
    without = [one["name"] for one in run_checks()["checks"] if not one["ok"]]

    assert failing == without == ["returns_equal_their_refunds"]


def test_one_of_many_approvals_wins(committed: Flask, partner: PartnerServer) -> None:
    bought = make_bought(partner)
    number = bought.returned().id

    answers = at_once(committed, [lambda: approve_return(number, STAFF)] * 6)

    assert sum(isinstance(answer, Conflict) for answer in answers) == 5
    assert count("entry", "kind = 'refund'") == 1
    assert wallet_of(bought.buyer.id)["balance_cents"] == 100_000
    assert run_checks()["ok"]


def test_many_requests_at_once_stay_within_the_limit(
    committed: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 6)
    bought.policy(max_count=2, auto_approve=[{"confirmed": False}])
    actor, references = bought.actor, [bought.reference(n) for n in range(6)]

    answers = at_once(
        committed,
        [lambda one=one: request_return(actor, one, "fraud") for one in references],
    )

    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert {answer.code for answer in refused} == {"return_count_reached"}
    assert len(refused) == 4
    assert count("lead_return", "status = 'approved'") == 2
    assert run_checks()["ok"]


def test_partners_at_once_stay_within_their_vendors_share(
    committed: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner, 0)
    buyers = [bought.buyer, *(bought.market.buyer() for _ in range(5))]
    execute("UPDATE campaign SET max_sales = 6")
    bought.market.sell()
    count_booked_days()
    bought.policy(auto_approve=[{"confirmed": False}], vendor_max_share_bp=5000)
    asked = [(buyer_of(one), str(sales_of(one)[0].public_id)) for one in buyers]

    at_once(
        committed,
        [lambda one=one: request_return(*one, "fraud") for one in asked],
    )

    assert count("lead_return", "status = 'approved'") == 3
    assert count("lead_return", "status = 'open'") == 3
    assert run_checks()["ok"]


def test_a_return_waits_for_a_price_that_is_being_changed(
    committed: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner)
    sale, reference = sales_of(bought.buyer)[0].id, bought.reference()
    db.session.rollback()

    with ThreadPoolExecutor(1) as pool, transaction():
        override_price(sale, -1, "dearer", STAFF)
        asked = pool.submit(
            lambda: at_once(
                committed, [lambda: request_return(bought.actor, reference, "fraud")]
            )
        )
        time.sleep(0.5)

    assert count("lead_return", f"amount_cents = {PRICE + 1}") == 1
    assert [type(one) for one in asked.result()] == [LeadReturn]


def test_one_purchase_is_returned_once_by_many(
    committed: Flask, partner: PartnerServer
) -> None:
    bought = make_bought(partner)
    actor, reference = bought.actor, bought.reference()

    answers = at_once(
        committed, [lambda: request_return(actor, reference, "fraud")] * 6
    )

    assert sum(isinstance(answer, LeadReturn) for answer in answers) == 1
    assert count("lead_return") == 1
