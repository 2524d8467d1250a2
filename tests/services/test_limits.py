"""Caps and budgets of every window: what is sold up to them, counted from when."""

from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.domain.delivery import Step, StepKind
from app.domain.schedule import DAYS
from app.domain.states import DeliveryStatus, Pacing
from app.domain.windows import Window, window_bounds
from app.jobs import routing, validation
from app.models.campaign import Campaign
from app.models.source import Source
from app.models.subscription import Subscription
from app.services.integrity import run_checks
from app.services.order_limits import LIMITS
from app.services.settlement import settle
from app.services.subscriptions import save_subscription
from app.services.trace import trace_of
from tests.factories import (
    STAFF,
    count,
    lead_of,
    make_campaign,
    make_source,
    make_subscription,
    take,
)

RELEASED = Step(StepKind.release, None, DeliveryStatus.rejected, "test")
KINDS = [pytest.param(*limit, id=limit[0]) for limit in LIMITS]


@pytest.fixture
def campaign(database: Flask) -> Campaign:
    return make_campaign(price_cents=1_000)


@pytest.fixture
def source(campaign: Campaign) -> Source:
    return make_source(campaign)


def sell(source: Source, leads: int = 1) -> int:
    """Take leads in and route them; return the last one's id."""
    ids = [lead_of(take(source).public_id).id for _ in range(leads)]
    validation.drain()
    routing.drain()
    return ids[-1]


def last_reason(lead_id: int) -> str | None:
    reason: str | None = trace_of(lead_id)["decisions"][-1]["reason"]
    return reason


def change(order: Subscription, **values: object) -> None:
    order = db.session.get_one(Subscription, order.id)
    for name, value in values.items():
        setattr(order, name, value)
    save_subscription(order, STAFF)


def pass_by(window: Window) -> None:
    """Let the current window of that kind be over."""
    with transaction() as session:
        session.execute(
            text(
                "UPDATE subscription_window SET starts_at = starts_at - i, ends_at ="
                " ends_at - i FROM (SELECT interval '32 days' AS i) AS b"
                " WHERE kind = :kind"
            ),
            {"kind": window.value},
        )


@pytest.mark.parametrize(("window", "cap", "budget"), KINDS)
def test_sells_up_to_the_cap_and_says_which(
    campaign: Campaign, source: Source, window: Window, cap: str, budget: str
) -> None:
    make_subscription(campaign, **{cap: 2})

    last = sell(source, 4)

    assert count("transaction") == 2
    assert last_reason(last) == f"cap:{window}"
    assert run_checks()["ok"]


@pytest.mark.parametrize(("window", "cap", "budget"), KINDS)
def test_sells_up_to_the_budget_and_says_which(
    campaign: Campaign, source: Source, window: Window, cap: str, budget: str
) -> None:
    make_subscription(campaign, **{budget: 2_999})

    last = sell(source, 4)

    assert count("transaction") == 2
    assert last_reason(last) == f"budget:{window}"


@pytest.mark.parametrize(("window", "cap", "budget"), KINDS)
def test_limit_set_in_mid_window_counts_what_was_sold_before(
    campaign: Campaign, source: Source, window: Window, cap: str, budget: str
) -> None:
    order = make_subscription(campaign)
    sell(source, 3)

    change(order, **{cap: 4})
    last = sell(source, 3)

    assert count("transaction") == 4
    assert last_reason(last) == f"cap:{window}"
    change(order, **{cap: None, budget: 4_500})
    assert last_reason(sell(source)) == f"budget:{window}"


@pytest.mark.parametrize("window", [w for w in Window if w is not Window.total])
def test_next_window_begins_anew(
    campaign: Campaign, source: Source, window: Window
) -> None:
    cap = next(cap for kind, cap, _ in LIMITS if kind is window)
    make_subscription(campaign, **{cap: 1})
    sell(source, 2)

    pass_by(window)
    sell(source, 2)

    assert count("transaction") == 2
    assert count("subscription_window", f"kind = '{window}' AND holds = 1") == 2


def test_released_lead_gives_every_window_its_place_back(
    campaign: Campaign, source: Source
) -> None:
    make_subscription(campaign, hourly_cap=1, total_cap=1)
    lead = sell(source)
    taken = count("subscription_window", "holds = 1 AND cents = 1000")

    delivery_id = db.session.scalar(text("SELECT id FROM delivery"))
    with transaction() as session:
        session.execute(
            text("UPDATE delivery SET status = 'rejected', ended_at = now()")
        )
        settle(session, {delivery_id: RELEASED})

    assert taken == len(Window)
    assert count("subscription_window", "holds = 0 AND cents = 0") == len(Window)
    assert last_reason(lead) is None


def test_weekday_goes_before_every_day(campaign: Campaign, source: Source) -> None:
    today = dict.fromkeys(DAYS, 1)
    order = make_subscription(campaign, daily_cap=3, weekday_caps=today)
    assert last_reason(sell(source, 2)) == "cap:day"

    change(order, weekday_caps=None, weekday_budgets_cents=dict.fromkeys(DAYS, 2_000))
    assert last_reason(sell(source, 2)) == "budget:day"

    change(order, weekday_budgets_cents=dict.fromkeys(DAYS, 0), daily_cap=None)
    assert last_reason(sell(source)) == "budget:day"
    assert count("transaction") == 2


def test_a_day_without_a_limit_of_its_own_has_that_of_every_day(
    campaign: Campaign, source: Source
) -> None:
    now = db.session.scalar(text("SELECT clock_timestamp()"))
    other = DAYS[(now.weekday() + 3) % 7]
    make_subscription(campaign, daily_cap=1, weekday_caps={other: 0})

    assert last_reason(sell(source, 2)) == "cap:day"


@pytest.mark.parametrize("limits", ['{"mon": -1}', '{"mon": "x"}', "[]", "5"])
def test_the_database_refuses_wrong_limits_of_days(
    campaign: Campaign, limits: str
) -> None:
    order = make_subscription(campaign)
    refused = pytest.raises(IntegrityError)

    with refused, db.session.begin_nested():
        db.session.execute(
            text(f"UPDATE subscription SET weekday_caps = '{limits}' WHERE id = :id"),
            {"id": order.id},
        )


@pytest.mark.parametrize("name", ["hourly_cap", "total_budget_cents"])
def test_the_database_refuses_limits_below_nothing(
    campaign: Campaign, name: str
) -> None:
    order = make_subscription(campaign)
    refused = pytest.raises(IntegrityError)

    with refused, db.session.begin_nested():
        db.session.execute(
            text(f"UPDATE subscription SET {name} = -1 WHERE id = :id"),
            {"id": order.id},
        )


def test_even_pacing_spreads_a_day(campaign: Campaign, source: Source) -> None:
    order = make_subscription(campaign, daily_cap=10**6, pacing=Pacing.even)
    now = db.session.scalar(text("SELECT clock_timestamp()"))
    over = (now - window_bounds(Window.day, now, ZoneInfo("UTC"))[0]).total_seconds()
    cap = int(4 * 86_400 / over) + 1
    change(order, daily_cap=cap)

    last = sell(source, 8)

    due = -(-cap * over // 86_400)
    assert due <= count("transaction") < 8
    assert last_reason(last) in {"pacing:day", "cap:day"}


def test_paced_order_that_is_shut_takes_nothing(
    campaign: Campaign, source: Source
) -> None:
    make_subscription(campaign, daily_cap=5, pacing=Pacing.even, schedule=[])

    assert last_reason(sell(source)) == "outside_schedule"
