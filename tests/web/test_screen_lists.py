"""Lists: pages by place, filters with chips, an order that is kept, bulk actions."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from app.db import db
from app.domain.states import CampaignStatus, LeadStatus, SubscriptionStatus
from app.models.lead import Lead
from app.models.subscription import Subscription
from app.views import periods
from app.views.bulk import MOST
from tests.factories import (
    make_campaign,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.web.portal import enter
from tests.web.screens import EMAIL, logged_in


@pytest.fixture
def admin(database: Flask) -> FlaskClient:
    return logged_in(database)


def shown(page: str) -> list[str]:
    """Return the first cells of a list's rows."""
    return re.findall(r'class="main"><a[^>]*>([^<]+)</a>', page)


def follow(admin: FlaskClient, page: str, rel: str) -> str:
    [url] = re.findall(rf'rel="{rel}" href="([^"]+)"', page)
    return admin.get(url.replace("&amp;", "&")).text


@pytest.mark.parametrize("order", ["name", "credit_limit_cents", "id"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_forth_and_back_show_every_row_once(
    admin: FlaskClient, order: str, direction: str
) -> None:
    for number in range(60):
        limit = number % 3
        make_partner(0, name=f"P{number % 7}", credit_limit_cents=limit)
    page = admin.get(f"/partners/list/?order={order}&direction={direction}").text
    forth = [re.findall(r"/partners/show/(\d+)", page)]

    for _ in range(2):
        page = follow(admin, page, "next")
        forth.append(re.findall(r"/partners/show/(\d+)", page))
    back = follow(admin, page, "prev")

    assert 'rel="next"' not in page
    assert "60 of 60" in page
    assert "50 of 60" in back
    assert re.findall(r"/partners/show/(\d+)", back) == forth[1]
    assert len({number for numbers in forth for number in numbers}) == 60


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_rows_without_a_value_have_their_place_too(
    admin: FlaskClient, direction: str
) -> None:
    campaign = make_campaign()
    at = datetime(2026, 11, 1, tzinfo=UTC)
    for number in range(30):
        sold = at + timedelta(days=number) if number % 2 else None
        make_subscription(campaign, last_sold_at=sold)
    page = admin.get(
        f"/subscriptions/list/?order=last_sold_at&direction={direction}"
    ).text

    second = follow(admin, page, "next")

    ids = re.findall(r'class="main"><a href="/subscriptions/show/(\d+)', page + second)
    assert len(set(ids)) == len(ids) == 30


def test_filters_in_use_are_chips_that_take_them_away(admin: FlaskClient) -> None:
    make_partner(0, name="North")
    make_partner(0, name="South", status="paused")

    page = admin.get("/partners/list/?name=nor&status=active").text

    assert shown(page) == ["North"]
    assert 'href="/partners/list/?status=active"' in page
    assert 'href="/partners/list/?name=nor"' in page
    assert "Status: <strong>Active</strong>" in page


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sun", ["Sun", "Sunrise", "sUnset"]),
        ('"SUN"', ["Sun"]),
        ("rise", []),
        ("100%", ["100% Sun"]),
        ("1%", []),
        ("\\", []),
    ],
)
def test_a_name_is_found_by_how_it_begins_or_in_quotes_as_a_whole(
    admin: FlaskClient, typed: str, found: list[str]
) -> None:
    for name in ("Sun", "Sunrise", "sUnset", "100% Sun", "Moon"):
        make_partner(0, name=name)

    page = admin.get("/partners/list/", query_string={"name": typed})

    assert sorted(shown(page.text)) == found


def test_names_are_found_by_an_index(app: Flask, servers: dict[str, str]) -> None:
    engine = create_engine(servers["DATABASE_ADMIN_URL"])
    with engine.connect() as connection:
        # So many, and known to be, that only the right index is worth reading.
        connection.execute(
            text(
                "INSERT INTO ab_user (id, first_name, last_name, username, email)"
                " SELECT -n, 'x', 'x', 'x' || n, 'x' || n"
                " FROM generate_series(1, 5000) n"
            )
        )
        connection.execute(text("ANALYZE ab_user"))
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        for table, column in (("partner", "name"), ("ab_user", "email")):
            begins = f"lower({column}) LIKE 'sun%'"
            query = text(f"EXPLAIN SELECT FROM {table} WHERE {begins}")
            plan = " ".join(connection.scalars(query))
            assert f"ix_{table}_{column}_begins" in plan
    engine.dispose()


def test_a_list_is_ordered_by_its_own_columns_alone(admin: FlaskClient) -> None:
    answer = admin.get("/refused/list/?order=campaign.name&direction=asc")

    assert answer.status_code == 200


def test_a_lists_order_and_size_are_kept_for_its_reader(admin: FlaskClient) -> None:
    for name in "BAC":
        make_partner(0, name=name)
    admin.get("/partners/list/?order=name&direction=asc&size=50")

    page = admin.get("/partners/list/").text

    assert shown(page) == ["A", "B", "C"]
    assert '<strong aria-current="true">50</strong>' in page


def test_an_order_is_kept_from_one_browser_to_the_next(
    database: Flask, admin: FlaskClient
) -> None:
    for name in "BAC":
        make_partner(0, name=name)
    logged_in(database, "Operator", "op@example.com")
    admin.get("/partners/list/?order=name&direction=asc&size=25")

    elsewhere = enter(database, EMAIL).get("/partners/list/").text
    of_another = enter(database, "op@example.com").get("/partners/list/").text

    assert shown(elsewhere) == ["A", "B", "C"]
    assert shown(of_another) == ["C", "A", "B"]


@pytest.mark.parametrize("size", ["5000", "-1", "abc", ""])
def test_a_page_has_one_of_three_sizes(admin: FlaskClient, size: str) -> None:
    for number in range(30):
        make_partner(0, name=f"P{number}")

    assert len(shown(admin.get(f"/partners/list/?size={size}").text)) == 25


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("today", 1),
        ("7d", 2),
        ("30d", 3),
        ("yesterday", 0),
        ("..2000-01-01", 0),
        ("nonsense", 0),
        ("9999-12-31..9999-12-31", 0),
    ],
)
def test_leads_are_narrowed_to_a_period(
    admin: FlaskClient, period: str, found: int
) -> None:
    source = make_source(make_campaign())
    for days in (0, 3, 20, 200):
        take(source)
        newest = db.session.query(Lead).order_by(Lead.id.desc()).first()
        newest.received_at -= timedelta(days=days)
    db.session.commit()

    page = admin.get(f"/leads/list/?received_at={period}").text

    assert len(re.findall(r"/leads/show/\d+", page)) == found


def test_pages_of_a_period_and_a_state_join(admin: FlaskClient) -> None:
    source = make_source(make_campaign())
    for _ in range(60):
        take(source)
    db.session.execute(text("UPDATE lead SET status = 'expired' WHERE id % 2 = 0"))
    db.session.commit()
    page = admin.get("/leads/list/?received_at=7d&status=expired").text

    second = follow(admin, page, "next")
    back = follow(admin, second, "prev")

    numbers = [int(n) for n in re.findall(r"/leads/show/(\d+)", page + second)]
    assert len(numbers) == 30
    assert numbers == sorted(set(numbers), reverse=True)
    assert shown(back) == shown(page)


def test_a_period_names_its_days() -> None:
    now = datetime(2026, 11, 21, 13, tzinfo=UTC)

    assert periods.bounds_of("month", now) == (datetime(2026, 11, 1, tzinfo=UTC), None)
    assert periods.bounds_of("yesterday", now) == (
        datetime(2026, 11, 20, tzinfo=UTC),
        datetime(2026, 11, 21, tzinfo=UTC),
    )
    assert periods.period_words("2026-11-01..2026-11-02") == "2026-11-01 to 2026-11-02"


def test_days_are_those_of_a_zone_and_both_included() -> None:
    now, zone = datetime(2026, 11, 21, 13, tzinfo=UTC), ZoneInfo("Asia/Tokyo")
    start = datetime(2026, 10, 31, 15, tzinfo=UTC)

    assert periods.bounds_of("month", now, zone) == (start, None)
    assert periods.bounds_of("2026-11-01..2026-11-02", now, zone) == (
        start,
        datetime(2026, 11, 2, 15, tzinfo=UTC),
    )
    assert periods.bounds_of("2026-11-01..", now, zone) == (start, None)
    for wrong in ("..", "2026-13-01..", "2026-13-01..2026-11-02", "0001-01-01..", "x"):
        assert periods.bounds_of(wrong, now, zone) is None, wrong


def test_what_is_done_to_many_asks_first_and_tells_after(admin: FlaskClient) -> None:
    campaign = make_campaign()
    orders = [make_subscription(campaign) for _ in range(2)]
    paused = make_subscription(campaign, status=SubscriptionStatus.paused)
    ids = [order.id for order in (*orders, paused)]
    data = {"action": "pause", "rowid": ids}

    asked = admin.post("/subscriptions/bulk", data=data)
    before = {order.status for order in db.session.query(Subscription)}
    told = admin.post(
        "/subscriptions/bulk", data={**data, "sure": "1"}, follow_redirects=True
    ).text

    assert "Pause: 3 subscriptions?" in asked.text
    assert SubscriptionStatus.active in before
    assert "2 paused." in told
    assert f"1 skipped (subscription {paused.id}): It is paused already." in told
    after = {order.status for order in db.session.query(Subscription)}
    assert after == {SubscriptionStatus.paused}


def test_all_that_match_are_taken_and_no_others(admin: FlaskClient) -> None:
    mine, other = make_campaign(), make_campaign()
    for campaign in (mine, mine, other):
        take(make_source(campaign))
    db.session.query(Lead).update({"status": LeadStatus.review})
    db.session.commit()

    admin.post(
        f"/review/bulk?campaign_id={mine.id}",
        data={"action": "reject", "all": "1", "sure": "1"},
    )

    states = dict(
        db.session.execute(text("SELECT status, count(*) FROM lead GROUP BY 1")).all()
    )
    assert states == {"rejected": 2, "review": 1}
    assert MOST == 500


def test_an_unknown_action_or_no_rows_change_nothing(admin: FlaskClient) -> None:
    campaign = make_campaign()

    assert admin.post("/campaigns/bulk", data={"action": "drop"}).status_code == 400
    answer = admin.post(
        "/campaigns/bulk", data={"action": "pause"}, follow_redirects=True
    )

    assert "Choose rows first." in answer.text
    assert campaign.status is CampaignStatus.active


def test_after_a_bulk_action_nobody_is_sent_elsewhere(admin: FlaskClient) -> None:
    data = {"action": "pause", "back": "https://evil.example/"}

    answer = admin.post("/campaigns/bulk", data=data)

    assert answer.headers["Location"] == "/campaigns/list/"


def test_rows_that_belong_to_a_row_are_loaded_on_demand(admin: FlaskClient) -> None:
    partner = make_partner()
    make_subscription(make_campaign(name="Mine"), partner)
    make_subscription(make_campaign(name="Other"))

    page = admin.get(f"/partners/show/{partner.id}").text
    part = admin.get(f"/subscriptions/list/?partner_id={partner.id}&part=1").text

    assert (
        f'data-part="/subscriptions/list/?partner_id={partner.id}&amp;part=1"' in page
    )
    assert "Mine" in part
    assert "Other" not in part
    assert "<html" not in part


def test_a_partner_does_nothing_to_many(database: Flask) -> None:
    order = make_subscription(make_campaign())
    browser = logged_in(
        database, "Partner", "p@example.com", partner_id=order.partner_id
    )
    data = {"action": "archive", "rowid": [order.id], "sure": "1"}

    assert browser.post("/subscriptions/bulk", data=data).status_code == 403
    assert db.session.get(Subscription, order.id).status is SubscriptionStatus.active


def test_the_usual_order_is_one_link_away_from_a_kept_one(admin: FlaskClient) -> None:
    make_campaign(name="Alpha")
    make_campaign(name="Beta")
    page = admin.get("/campaigns/list/").text
    [by_name] = re.findall(r'href="([^"]+)">Name', page)

    admin.get(by_name.replace("&amp;", "&"))
    kept = admin.get("/campaigns/list/").text
    [usual] = re.findall(r'href="([^"]+)">Usual order', kept)
    back = admin.get(usual.replace("&amp;", "&")).text

    assert shown(page) == ["Beta", "Alpha"]
    assert shown(kept) == ["Alpha", "Beta"]
    assert ", by Name ↑" in kept
    assert shown(back) == shown(admin.get("/campaigns/list/").text) == ["Beta", "Alpha"]
    assert "Usual order" not in back
