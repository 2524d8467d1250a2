"""Leads that wait for an order at its limit, or shut: until when, and who gets them."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.domain.people import SYSTEM
from app.domain.schedule import DAYS
from app.domain.states import AtCap, Method, Pacing, SwitchScope
from app.domain.windows import Window, window_bounds
from app.jobs import delivery, routing, validation
from app.models.campaign import Campaign
from app.models.source import Source
from app.services.integrity import run_checks
from app.services.switches import Stop, switch_off, switch_on
from app.services.trace import trace_of
from tests.factories import (
    count,
    lead_of,
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.services.test_limits import change, last_reason, pass_by

QUEUE = {"at_cap": AtCap.queue}
FULL = text(
    "INSERT INTO subscription_window (subscription_id, kind, starts_at, ends_at, holds,"
    " cents) SELECT :subscription, 'hour', date_trunc('hour', now()),"
    " date_trunc('hour', now()) + interval '1 hour', 1, 0"
)
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def campaign(database: Flask) -> Campaign:
    """A campaign whose promise is longer than any hour."""
    return make_campaign(price_cents=1_000, delivery_minutes=180)


@pytest.fixture
def source(campaign: Campaign) -> Source:
    return make_source(campaign)


def route(source: Source, leads: int = 1) -> list[int]:
    ids = [lead_of(take(source).public_id).id for _ in range(leads)]
    validation.drain()
    routing.drain()
    return ids


def waits_until(lead_id: int) -> datetime | None:
    query = text("SELECT run_at FROM work WHERE lead_id = :lead")
    at: datetime | None = db.session.scalar(query, {"lead": lead_id})
    return at


def last_event(lead_id: int) -> dict[str, Any]:
    event: dict[str, Any] = trace_of(lead_id)["events"][-1]
    return event


def now() -> datetime:
    at: datetime = db.session.scalar(text("SELECT clock_timestamp()"))
    return at


def wake() -> None:
    """Let the moment come for which leads wait."""
    with transaction() as session:
        session.execute(text("UPDATE work SET run_at = now()"))
    routing.drain()


def next_hour() -> datetime:
    return window_bounds(Window.hour, now(), UTC_ZONE)[1]


def test_lead_waits_for_the_next_hour_and_is_sold_then(
    campaign: Campaign, source: Source
) -> None:
    order = make_subscription(campaign, hourly_cap=1, **QUEUE)
    number = order.id

    sold, waiting = route(source, 2)

    until = next_hour()
    assert waits_until(sold) is None
    assert waits_until(waiting) == until
    assert last_event(waiting)["kind"] == "queued"
    assert last_event(waiting)["detail"] == {
        "transactions": [],
        "until": until.isoformat().replace("+00:00", "Z"),
        "subscription_id": number,
    }
    assert last_reason(waiting) == "cap:hour"
    routing.drain()
    assert waits_until(waiting) == until
    assert run_checks()["ok"]
    pass_by(Window.hour)
    wake()
    assert count("transaction") == 2
    assert count("work") == 0


def test_lead_waits_for_nobody_who_lets_leads_go_by(
    campaign: Campaign, source: Source
) -> None:
    make_subscription(campaign, hourly_cap=1)

    *_, unsold = route(source, 2)

    assert waits_until(unsold) is None
    assert last_event(unsold)["kind"] == "unsold"


def test_nothing_waits_longer_than_its_promise(database: Flask) -> None:
    campaign = make_campaign(delivery_minutes=30)
    make_subscription(campaign, daily_cap=0, weekly_cap=0, **QUEUE)
    make_subscription(campaign, schedule=[], **QUEUE)

    [unsold] = route(make_source(campaign))

    assert waits_until(unsold) is None
    assert last_event(unsold)["kind"] == "unsold"


def test_others_are_not_held_back(campaign: Campaign, source: Source) -> None:
    make_subscription(campaign, hourly_cap=1, **QUEUE)
    make_subscription(campaign, priority=1)

    leads = route(source, 3)

    assert count("transaction") == 3
    assert [waits_until(lead) for lead in leads] == [None] * 3


def test_a_part_is_sold_and_the_rest_waits(database: Flask) -> None:
    campaign = make_campaign(delivery_minutes=180, max_sales=2)
    make_subscription(campaign, total_cap=1)
    order = make_subscription(campaign, hourly_cap=1, **QUEUE)
    number = order.id
    source = make_source(campaign)
    route(source)
    make_subscription(campaign)

    [lead] = route(source)

    assert waits_until(lead) == next_hour()
    assert last_event(lead)["kind"] == "held"
    assert last_event(lead)["detail"]["subscription_id"] == number
    pass_by(Window.hour)
    wake()
    assert count("transaction", f"lead_id = {lead}") == 2
    assert count("work") == 0


def test_lead_waits_for_no_other_order_of_who_has_it(database: Flask) -> None:
    campaign = make_campaign(delivery_minutes=180, max_sales=2)
    buyer = make_partner()
    make_subscription(campaign, buyer, hourly_cap=0, daily_cap=9, **QUEUE)
    make_subscription(campaign, buyer, priority=1)

    [lead] = route(make_source(campaign))

    assert count("transaction", f"lead_id = {lead}") == 1
    assert waits_until(lead) is None


@pytest.mark.parametrize(
    ("gold", "waits"),
    [
        ({"if_sold": "stop"}, {"gold"}),
        ({"limit": 1}, {"rest"}),
        ({}, {"gold", "rest"}),
    ],
)
def test_lead_waits_for_no_group_that_is_not_asked_any_more(
    database: Flask, gold: dict[str, Any], waits: set[str]
) -> None:
    groups = [
        {"name": "gold", "method": "priority", **gold},
        {"name": "rest", "method": "priority"},
    ]
    for group in ("gold", "rest"):
        campaign = make_campaign(
            delivery_minutes=180, max_sales=2, method=Method.groups, groups=groups
        )
        make_subscription(campaign, group="gold")
        limited = make_subscription(campaign, group=group, hourly_cap=1, **QUEUE)
        with transaction() as session:
            session.execute(FULL, {"subscription": limited.id})

        [lead] = route(make_source(campaign))

        assert count("transaction", f"lead_id = {lead}") == 1
        assert (waits_until(lead) is not None) == (group in waits)


def test_lead_waits_for_the_opening(campaign: Campaign, source: Source) -> None:
    opens = (now() + timedelta(minutes=90)).replace(second=0, microsecond=0)
    spans = [{"days": [*DAYS], "from": f"{opens:%H:%M}", "to": _later(opens)}]
    make_subscription(campaign, schedule=spans, **QUEUE)

    [lead] = route(source)

    assert waits_until(lead) == opens
    assert last_reason(lead) == "outside_schedule"


def _later(at: datetime) -> str:
    return f"{at + timedelta(minutes=5):%H:%M}"


def test_lead_waits_for_its_paced_slot(campaign: Campaign, source: Source) -> None:
    # One every six minutes, the whole day long, where it is about noon.
    zone = f"Etc/GMT{now().hour - 12:+d}"
    paced = {"daily_cap": 240, "pacing": Pacing.even, "timezone": zone}
    make_subscription(campaign, **paced, **QUEUE)
    route(source)
    day, _ = window_bounds(Window.day, now(), ZoneInfo(zone))
    slot = timedelta(minutes=6)
    passed = (now() - day) // slot
    with transaction() as session:
        session.execute(
            text("UPDATE subscription_window SET holds = :n WHERE kind = 'day'"),
            {"n": passed + 1},
        )

    leads = route(source, 3)

    tick = timedelta.resolution
    expected = [day + (passed + n) * slot + tick for n in (1, 2, 3)]
    assert [waits_until(lead) for lead in leads] == expected


def test_leads_beyond_the_next_window_wait_for_the_one_after(
    campaign: Campaign, source: Source
) -> None:
    make_subscription(campaign, hourly_cap=1, **QUEUE)

    _, *leads = route(source, 4)

    hour = timedelta(hours=1)
    promised = now() + timedelta(minutes=180) - timedelta(seconds=25)
    due = [until for n in range(3) if (until := next_hour() + n * hour) < promised]
    assert [waits_until(lead) for lead in leads] == [*due, *[None] * (3 - len(due))]


def test_leads_that_come_later_wait_for_places_of_their_own(
    campaign: Campaign, source: Source
) -> None:
    make_subscription(campaign, hourly_cap=1, **QUEUE)
    route(source)

    [first], [second] = route(source), route(source)

    assert waits_until(first) == next_hour()
    assert waits_until(second) == next_hour() + timedelta(hours=1)


def test_leads_wait_no_longer_for_an_order_that_is_changed(
    campaign: Campaign, source: Source
) -> None:
    order = make_subscription(campaign, hourly_cap=1, **QUEUE)
    _, lead = route(source, 2)

    change(order, hourly_cap=2)
    routing.drain()

    assert waits_until(lead) is None
    assert count("transaction", f"lead_id = {lead}") == 1


def test_leads_of_an_order_that_is_paused_wait_for_nobody(
    campaign: Campaign, source: Source
) -> None:
    order = make_subscription(campaign, hourly_cap=1, **QUEUE)
    _, lead = route(source, 2)

    change(order, status="paused")
    routing.drain()

    assert waits_until(lead) is None
    assert last_event(lead)["kind"] == "unsold"


def test_a_run_that_breaks_loses_no_lead(
    campaign: Campaign, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_subscription(campaign, hourly_cap=1, **QUEUE)
    route(source)
    with monkeypatch.context() as broken:
        broken.setattr("app.services.routing.write_routed", _break)
        [lead] = route(source)
    assert count("work", f"lead_id = {lead} AND waits_for IS NULL") == 1

    with transaction() as session:
        session.execute(text("UPDATE work SET lease_until = NULL, lease_token = NULL"))
    # What is rolled back goes back to the stage before, in a test's one transaction.
    validation.drain()
    routing.drain()

    assert waits_until(lead) == next_hour()


def _break(*_: object, **__: object) -> None:
    raise RuntimeError("the worker dies here")


def test_lead_past_its_promise_waits_no_more(
    campaign: Campaign, source: Source
) -> None:
    make_subscription(campaign, hourly_cap=1, **QUEUE)
    *_, lead = route(source, 2)
    with transaction() as session:
        session.execute(text("UPDATE lead SET due_at = now() - interval '1 s'"))

    wake()

    assert waits_until(lead) is None
    assert last_event(lead)["kind"] == "unsold"


def test_paused_order_and_other_reasons_are_not_waited_for(
    campaign: Campaign, source: Source
) -> None:
    nobody = {"field": "state", "op": "eq", "value": "NY"}
    make_subscription(campaign, hourly_cap=0, **QUEUE)
    make_subscription(campaign, hourly_cap=1, filters=nobody, **QUEUE)
    poor = make_partner(0)
    make_subscription(campaign, poor, schedule=[], **QUEUE)

    [lead] = route(source)

    assert waits_until(lead) is None


def test_lead_that_waits_is_sold_after_a_switch_goes_off(
    campaign: Campaign, source: Source
) -> None:
    make_subscription(campaign, hourly_cap=1, **QUEUE)
    *_, lead = route(source, 2)
    stop = switch_on(Stop(SwitchScope.all, "Stop"), SYSTEM)
    pass_by(Window.hour)
    wake()
    assert last_event(lead)["kind"] == "stopped"

    switch_off(stop.id, SYSTEM)
    wake()
    delivery.drain()

    assert count("transaction", f"lead_id = {lead}") == 1
