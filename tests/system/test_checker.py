"""The history checker on histories made by hand: a good one, and many spoilt ones."""

from dataclasses import replace

import pytest

from tests.system.history.checker import CHECKS, check
from tests.system.history.example import (
    BANK,
    BODY,
    CAPTURE,
    CREDIT,
    GOOD,
    HOLD,
    HOLDS,
    LEAD,
    POST,
    REFUND,
    SALE,
    SECOND_LEAD,
    WALLET,
    at,
    call,
    entry,
    handed,
    with_calls,
    with_entries,
    with_handed,
    with_sale,
    with_second,
    with_terms,
)
from tests.system.history.record import Fault, Outcome, Record

TWIN = BODY | {"sub_id": "s2"}
SPOILT: list[tuple[str, Record]] = [
    (
        "answers_are_no_errors",
        with_calls(call(10, "post", "s2", body=TWIN, outcome=Outcome.info, status=500)),
    ),
    ("acknowledged_leads_are_stored", replace(GOOD, leads=())),
    ("one_enquiry_is_one_lead", replace(GOOD, leads=(LEAD, LEAD))),
    ("one_enquiry_is_one_lead", replace(GOOD, leads=(LEAD, SECOND_LEAD))),
    (
        "one_person_is_one_lead",
        replace(
            with_calls(call(10, "post", "s2", body=TWIN, outcome=Outcome.info)),
            leads=(LEAD, SECOND_LEAD),
        ),
    ),
    ("one_key_has_one_answer", with_calls(replace(POST, answer={"id": "another"}))),
    ("one_key_has_one_answer", with_calls(replace(POST, number=10))),
    ("one_key_has_one_body", with_calls(replace(POST, body=TWIN, status=200))),
    ("commands_are_booked_once", with_entries(HOLD, CAPTURE, REFUND)),
    (
        "commands_are_booked_once",
        with_entries(CREDIT, replace(CREDIT, id=1), HOLD, CAPTURE, REFUND),
    ),
    (
        "commands_are_booked_once",
        with_entries(replace(CREDIT, reason="whose"), CREDIT, HOLD, CAPTURE, REFUND),
    ),
    (
        "commands_are_booked_once",
        replace(
            GOOD,
            calls=(
                POST,
                call(2, "credit", "c-1", outcome=Outcome.fail, status=422),
                call(8, "refund", "refund-1"),
            ),
        ),
    ),
    ("no_lead_is_sold_beyond_its_share", with_second(lead_id=1, partner_id=8)),
    ("no_lead_is_sold_twice_to_a_partner", with_second(lead_id=1)),
    ("caps_hold", with_second()),
    ("budgets_hold", with_second()),
    ("nothing_is_sold_while_paused", with_sale(held_at=at(30), captured_at=at(31))),
    ("no_lead_is_forgotten", replace(GOOD, leads=(replace(LEAD, is_routed=False),))),
    ("no_lead_is_forgotten", replace(GOOD, open_work=("work of lead 1",))),
    (
        "each_sale_goes_one_way",
        with_entries(CREDIT, HOLD, CAPTURE, replace(CAPTURE, id=6), REFUND),
    ),
    ("each_sale_goes_one_way", with_sale(status="released")),
    (
        "entries_sum_to_zero",
        with_entries(
            CREDIT, HOLD, CAPTURE, REFUND, replace(CREDIT, lines=((BANK, 5),))
        ),
    ),
    ("entries_sum_to_zero", replace(GOOD, total_cents=1)),
    (
        "balances_stay_above_their_floor",
        with_entries(replace(CREDIT, id=9), HOLD, CAPTURE, REFUND),
    ),
    (
        "balances_equal_their_replay",
        replace(
            GOOD,
            accounts=(replace(GOOD.accounts[0], balance_cents=99), *GOOD.accounts[1:]),
        ),
    ),
    (
        "sales_move_their_price",
        with_entries(
            CREDIT, entry(3, "hold", (WALLET, -90), (HOLDS, 90)), CAPTURE, REFUND
        ),
    ),
    (
        "refunds_stay_within_the_price",
        with_entries(CREDIT, HOLD, CAPTURE, REFUND, replace(REFUND, id=9)),
    ),
    (
        "refunds_stay_within_the_price",
        with_entries(CREDIT, HOLD, replace(REFUND, id=4), CAPTURE),
    ),
    ("stamps_are_the_databases", with_sale(captured_at=at(3600))),
    (
        "promises_are_counted_from_receipt",
        replace(GOOD, leads=(replace(LEAD, due_at=at(1800)),)),
    ),
    ("sold_is_what_was_taken", with_handed(handed(4, "refused", took=False))),
    ("sold_is_what_was_taken", with_sale(status="released")),
    ("nothing_is_captured_before_it_is_taken", with_handed(handed(6))),
    ("nothing_is_sent_that_is_not_sold", with_handed(handed(4), handed(4, key="x"))),
    ("nothing_is_sent_that_is_not_sold", with_handed(handed(4, partner_id=8))),
    ("nothing_is_sent_after_its_end", with_handed(handed(4), handed(9))),
    (
        "no_key_is_sent_while_it_is_under_way",
        with_handed(replace(handed(3.5), until=handed(5).until), handed(4)),
    ),
    (
        "no_lead_is_taken_beyond_its_share",
        with_handed(handed(4), handed(4, partner_id=8)),
    ),
    ("no_lead_is_taken_beyond_its_share", with_handed(handed(4), handed(4, key="x"))),
    ("auditor_is_content", replace(GOOD, auditor=("entries_sum_to_zero: entry 1",))),
]


def found(record: Record) -> set[str]:
    return {finding.check for finding in check(record)}


def test_nothing_is_wrong_with_a_good_history() -> None:
    assert check(GOOD) == []


@pytest.mark.parametrize(("name", "record"), SPOILT)
def test_each_spoilt_history_is_caught_by_name(name: str, record: Record) -> None:
    assert name in found(record)


def test_every_check_has_a_spoilt_history() -> None:
    assert {name for name, _ in SPOILT} == {one.__name__ for one in CHECKS}


def test_release_gives_its_slot_back_to_cap_and_lead() -> None:
    sold = replace(SALE, id=2, key="sale-2", held_at=at(6), captured_at=at(7))
    first = replace(
        SALE, status="released", refunded_cents=0, captured_at=None, released_at=at(5)
    )
    record = replace(
        GOOD,
        sales=(first, sold),
        handed=(handed(4, "refused", took=False), handed(6.5, key="sale-2")),
        entries=(
            CREDIT,
            HOLD,
            entry(5, "release", (HOLDS, -100), (WALLET, 100)),
            entry(6, "hold", (WALLET, -100), (HOLDS, 100), sale_id=2),
            replace(CAPTURE, id=7, sale_id=2),
            replace(REFUND, sale_id=2),
        ),
    )

    assert check(record) == []


@pytest.mark.parametrize("outcome", [Outcome.ok, Outcome.info])
def test_change_under_way_may_be_in_force_or_not(outcome: Outcome) -> None:
    change = call(
        5,
        "change",
        "5",
        body={"daily_cap": 2},
        began=at(5).timestamp(),
        outcome=outcome,
    )
    raised = replace(with_second(), calls=(*GOOD.calls, change))

    assert "caps_hold" not in found(raised)


def test_lowered_cap_binds_the_next_hold_alone() -> None:
    change = call(4, "change", "5", body={"daily_cap": 0}, began=at(4).timestamp())
    terms = with_terms(status="active", daily_cap=2)
    after = replace(with_second(), orders=terms.orders)

    assert "caps_hold" not in found(replace(terms, calls=(*GOOD.calls, change)))
    assert "caps_hold" not in found(after)
    assert "caps_hold" in found(replace(after, calls=(*GOOD.calls, change)))


def test_sender_that_was_stopped_may_send_when_it_goes_on() -> None:
    fault = Fault("pause sender-1 long", at(6).timestamp(), at(9).timestamp())
    sent = with_handed(handed(4), handed(9.1))

    assert check(replace(sent, faults=(fault,))) == []
