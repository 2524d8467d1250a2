"""The history checker: every check over one record, pure, each wrong thing named."""

from collections.abc import Callable, Iterator

from tests.system.history import (
    checks_calls,
    checks_handed,
    checks_money,
    checks_sales,
)
from tests.system.history.record import Finding, Record

Check = Callable[[Record], Iterator[str]]


def auditor_is_content(record: Record) -> Iterator[str]:
    """`GET /api/v1/integrity` finds nothing either."""
    yield from record.auditor


CHECKS: tuple[Check, ...] = (
    checks_calls.answers_are_no_errors,
    checks_calls.acknowledged_leads_are_stored,
    checks_calls.one_enquiry_is_one_lead,
    checks_calls.one_person_is_one_lead,
    checks_calls.one_key_has_one_answer,
    checks_calls.one_key_has_one_body,
    checks_calls.commands_are_booked_once,
    checks_sales.no_lead_is_sold_beyond_its_share,
    checks_sales.no_lead_is_sold_twice_to_a_partner,
    checks_sales.caps_hold,
    checks_sales.budgets_hold,
    checks_sales.nothing_is_sold_while_paused,
    checks_sales.no_lead_is_forgotten,
    checks_sales.each_sale_goes_one_way,
    checks_money.entries_sum_to_zero,
    checks_money.balances_stay_above_their_floor,
    checks_money.balances_equal_their_replay,
    checks_money.sales_move_their_price,
    checks_money.refunds_stay_within_the_price,
    checks_money.stamps_are_the_databases,
    checks_money.promises_are_counted_from_receipt,
    checks_handed.sold_is_what_was_taken,
    checks_handed.nothing_is_captured_before_it_is_taken,
    checks_handed.nothing_is_sent_that_is_not_sold,
    checks_handed.nothing_is_sent_after_its_end,
    checks_handed.no_key_is_sent_while_it_is_under_way,
    checks_handed.no_lead_is_taken_beyond_its_share,
    auditor_is_content,
)


def check(record: Record) -> list[Finding]:
    """Return everything that is wrong with a record."""
    return [Finding(one.__name__, what) for one in CHECKS for what in one(record)]
