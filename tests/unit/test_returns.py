"""Returns decided in plain Python: windows, limits, proof, rules and the rate."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.domain.checks import Finding
from app.domain.errors import InvalidInput
from app.domain.return_policy import ReturnPolicy, check_policy, read_policy
from app.domain.returns import (
    STEPS,
    Facts,
    Refusal,
    Sold,
    Step,
    confirms,
    default_afterwards,
    effective_bid,
    is_approved_at_once,
    return_rate_bp,
    why_not,
)
from app.domain.states import Afterwards, ReturnReason, ReturnStatus

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
ZONE = ZoneInfo("UTC")


def sold(**values: Any) -> Sold:
    return Sold(
        **{
            "price_cents": 1000,
            "received_at": NOON,
            "delivered_at": NOON,
            "bought_cents": 10_000,
            "returned_cents": 0,
            "returned_count": 0,
            **values,
        }
    )


def refused(policy: dict[str, Any], after: timedelta, **values: Any) -> Refusal | None:
    check_policy(policy)
    return why_not(read_policy(policy), sold(**values), NOON + after, ZONE)


@pytest.mark.parametrize(
    ("policy", "after", "values", "reason"),
    [
        ({}, timedelta(days=6, hours=23), {}, None),
        ({}, timedelta(days=7), {}, Refusal.return_window_over),
        ({"allowed": False}, timedelta(0), {}, Refusal.returns_not_allowed),
        ({"window_hours": 1}, timedelta(minutes=59), {}, None),
        ({"window_hours": 1}, timedelta(hours=1), {}, Refusal.return_window_over),
        (
            {"max_age_days": 2},
            timedelta(hours=1),
            {"received_at": NOON - timedelta(days=2)},
            Refusal.lead_too_old,
        ),
        ({"weekdays": ["fri"]}, timedelta(0), {}, None),
        ({"weekdays": ["fri"]}, timedelta(hours=12), {}, Refusal.return_weekday),
        ({"max_count": 2}, timedelta(0), {"returned_count": 1}, None),
        (
            {"max_count": 2},
            timedelta(0),
            {"returned_count": 2},
            Refusal.return_count_reached,
        ),
        ({"max_count": 0}, timedelta(0), {}, Refusal.return_count_reached),
        ({"max_share_bp": 2000}, timedelta(0), {"returned_cents": 1000}, None),
        (
            {"max_share_bp": 1999},
            timedelta(0),
            {"returned_cents": 1000},
            Refusal.return_share_reached,
        ),
    ],
)
def test_policy_says_why_a_lead_cannot_be_returned(
    policy: dict[str, Any],
    after: timedelta,
    values: dict[str, Any],
    reason: Refusal | None,
) -> None:
    assert refused(policy, after, **values) is reason


def test_days_are_those_of_the_partners_own_clock() -> None:
    policy = read_policy({"weekdays": ["fri"]})

    found = why_not(policy, sold(), NOON, ZoneInfo("Pacific/Auckland"))

    assert found is Refusal.return_weekday


def test_what_a_policy_leaves_out_comes_from_the_one_below() -> None:
    campaign = {"window_hours": 24, "max_count": 3}
    partner = {"window_hours": 48, "reasons": ["duplicate"]}

    policy = read_policy(campaign, partner)

    assert (policy.window_hours, policy.max_count) == (48, 3)
    assert policy.reasons == ("duplicate",)
    assert policy.cycle == "month"
    assert read_policy(None, None) == ReturnPolicy()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "return_policy"),
        ({"unknown": 1}, "return_policy.unknown"),
        ({"allowed": 1}, "return_policy.allowed"),
        ({"window_hours": None}, "return_policy.window_hours"),
        ({"window_hours": 0}, "return_policy.window_hours"),
        ({"window_hours": 1.5}, "return_policy.window_hours"),
        ({"max_count": True}, "return_policy.max_count"),
        ({"max_share_bp": 10_001}, "return_policy.max_share_bp"),
        ({"weekdays": ["friday"]}, "return_policy.weekdays"),
        ({"weekdays": [["fri"]]}, "return_policy.weekdays"),
        ({"cycle": []}, "return_policy.cycle"),
        ({"reasons": ["price"]}, "return_policy.reasons"),
        ({"resell": ["fraud", "fraud"]}, "return_policy.resell"),
        ({"auto_approve": [{"reasons": []}]}, "return_policy.auto_approve"),
        ({"auto_approve": [{"max_cents": -1}]}, "return_policy.auto_approve"),
        ({"auto_approve": [{"when": 1}]}, "return_policy.auto_approve"),
        ({"auto_approve": {}}, "return_policy.auto_approve"),
    ],
)
def test_a_wrong_policy_is_refused_at_its_place(given: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_policy(given)

    assert [error.field for error in refusal.value.errors] == [field]


def finding(check: str, verdict: str) -> Finding:
    return Finding(check, "offline", verdict)


@pytest.mark.parametrize(
    ("reason", "findings", "facts", "proof"),
    [
        ("invalid_phone", [("phone", "invalid")], Facts(), True),
        ("invalid_phone", [("phone", "valid")], Facts(), False),
        ("invalid_phone", [("phone", "risky")], Facts(), None),
        ("invalid_phone", [("email", "invalid")], Facts(), None),
        (
            "invalid_contact",
            [("phone", "valid"), ("email", "invalid")],
            Facts(),
            True,
        ),
        ("duplicate", [], Facts(had_before=True), True),
        ("duplicate", [], Facts(had_before=False), False),
        ("out_of_filter", [], Facts(fits_filter=False), True),
        ("out_of_filter", [], Facts(fits_filter=True), False),
        ("out_of_filter", [], Facts(), None),
        ("no_consent", [], Facts(has_consent=False), True),
        ("no_consent", [("consent", "valid")], Facts(), False),
        ("fraud", [("phone", "invalid")], Facts(), None),
        ("other", [], Facts(had_before=True), None),
    ],
)
def test_reason_is_confirmed_by_what_the_house_knows(
    reason: str, findings: list[tuple[str, str]], facts: Facts, proof: bool | None
) -> None:
    found = [finding(check, verdict) for check, verdict in findings]

    assert confirms(ReturnReason[reason], found, facts) is proof


@pytest.mark.parametrize(
    ("rule", "reason", "cents", "confirmed", "approved"),
    [
        ({}, "fraud", 10**9, True, True),
        ({}, "fraud", 1, None, False),
        ({}, "fraud", 1, False, False),
        ({"confirmed": False}, "fraud", 1, None, True),
        ({"confirmed": False, "max_cents": 500}, "fraud", 500, None, True),
        ({"confirmed": False, "max_cents": 500}, "fraud", 501, None, False),
        ({"reasons": ["duplicate"]}, "fraud", 1, True, False),
        ({"reasons": ["duplicate"]}, "duplicate", 1, True, True),
    ],
)
def test_a_rule_approves_only_where_all_of_it_holds(
    rule: dict[str, Any],
    reason: str,
    cents: int,
    confirmed: bool | None,
    approved: bool,
) -> None:
    policy = read_policy({"auto_approve": [rule]})

    found = is_approved_at_once(policy, ReturnReason[reason], cents, confirmed)

    assert found is approved


def test_nothing_is_approved_at_once_unless_a_policy_says_so() -> None:
    policy = ReturnPolicy()

    assert not is_approved_at_once(policy, ReturnReason.duplicate, 1, confirmed=True)


def test_policy_says_which_leads_are_sold_again() -> None:
    policy = read_policy({"resell": ["other"]})

    assert default_afterwards(policy, ReturnReason.other) is Afterwards.market
    assert default_afterwards(policy, ReturnReason.fraud) is Afterwards.withdrawn


def test_what_is_decided_stays_decided() -> None:
    decided = {ReturnStatus.approved, ReturnStatus.denied}

    assert not {pair for pair in STEPS if pair[0] in decided}
    assert len(STEPS) == 2 * len(Step)


@pytest.mark.parametrize(
    ("returned", "bought", "count", "rate"),
    [
        (0, 0, 0, 0),
        (0, 5000, 5, 0),
        (1000, 1000, 1, 2000),
        (2000, 4000, 4, 2500),
        (20_000, 40_000, 40, 4545),
        (999, 100_000 * 999, 100_000, 0),
        (10**15, 10**15, 10**6, 9999),
    ],
)
def test_rate_is_the_share_of_the_money_that_came_back(
    returned: int, bought: int, count: int, rate: int
) -> None:
    assert return_rate_bp(returned, bought, count) == rate


def test_returns_lower_what_a_bid_is_worth() -> None:
    assert effective_bid(1000, 0) == 1000
    assert effective_bid(999, 2500) == 749
    assert effective_bid(1000, 10_000) == 0
