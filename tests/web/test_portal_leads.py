"""The leads that a partner received, its month, and the table it keeps."""

import csv
import io
import re
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Flask

from app.db import db
from app.domain.people import SYSTEM
from app.domain.states import MemberRole, SwitchScope
from app.models.partner import Endpoint, Partner
from app.models.sale import Transaction
from app.models.subscription import Subscription
from app.services.subscriptions import save_subscription
from app.services.switches import Stop, switch_on
from tests.factories import (
    STAFF,
    count,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer, Says
from tests.web.portal import enter, person_of, run_all, staff, stranger

LIST = "/portal/leads/list/"


@pytest.fixture
def market(database: Flask, partner: PartnerServer) -> SimpleNamespace:
    """Two partners on a shared campaign, and one lead that both bought."""
    campaign = make_campaign(max_sales=2, name="Roofs")
    buyers = [make_partner(10_000, name=name) for name in ("North", "South")]
    for buyer in buyers:
        endpoint = make_endpoint(buyer, url=partner.url)
        make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    source = make_source(campaign, make_vendor())
    take(source, first_name="Ada", email="ada@gmail.com", fields={"roof": "tile"})
    run_all()
    north, south = buyers
    sale = {row.partner_id: row.id for row in db.session.query(Transaction)}
    return SimpleNamespace(
        campaign=campaign,
        source=source,
        north=north,
        south=south,
        north_sale=sale[north.id],
        south_sale=sale[south.id],
    )


def test_a_bought_lead_is_shown_in_clear_with_its_hand_over(
    database: Flask, market: SimpleNamespace
) -> None:
    owner = person_of(database, market.north)

    listed = owner.get(LIST).text
    page = owner.get(f"/portal/leads/show/{market.north_sale}").text

    assert "Ada Byron" in listed
    for word in ("ada@gmail.com", "tile", "I agree to be called.", "HTTP 200"):
        assert word in page
    assert "South" not in page


def test_another_partners_sale_is_as_one_that_is_not_there(
    database: Flask, market: SimpleNamespace
) -> None:
    owner = person_of(database, market.north)
    vendor = person_of(database, make_vendor())
    paths = [f"/portal/leads/show/{pk}" for pk in (market.south_sale, 10**9)]

    assert {owner.get(path).status_code for path in paths} == {404}
    assert {vendor.get(path).status_code for path in paths} == {403}
    assert {stranger(database).get(path).status_code for path in paths} == {302}
    admin = staff(database)
    assert {admin.get(path).status_code for path in paths} == {403}


def test_what_was_not_bought_shows_no_contact(
    database: Flask, partner: PartnerServer
) -> None:
    campaign, buyer = make_campaign(), make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    partner.says(Says(status=400, body=b"no"))
    take(make_source(campaign), first_name="Ada", email="ada@gmail.com")
    run_all()
    sale = db.session.query(Transaction).one()
    number = sale.id
    owner = person_of(database, buyer)

    pages = [
        owner.get(path).text
        for path in (LIST, f"/portal/leads/show/{number}", "/portal/leads/download")
    ]

    assert sale.status.name == "released"
    for page in pages:
        assert "Ada" not in page
        assert "ada@gmail.com" not in page
    assert "HTTP 400" in pages[1]


def test_the_list_is_narrowed_by_campaign_day_and_hand_over(
    database: Flask, market: SimpleNamespace
) -> None:
    owner = person_of(database, market.north)
    shown = [
        f"campaign_id={market.campaign.id}",
        "delivery=accepted",
        "since=2020-01-01",
        "until=2990-01-01",
        # What makes no sense narrows nothing.
        "since=tomorrow&until=%00",
    ]
    hidden = ["delivery=rejected", "since=2990-01-01", "until=2020-01-01"]

    for query in shown:
        assert "Ada Byron" in owner.get(f"{LIST}?{query}").text, query
    for query in hidden:
        assert "Nothing matches" in owner.get(f"{LIST}?{query}").text, query


def test_no_column_of_the_platforms_is_filtered_or_ordered_by(
    database: Flask, market: SimpleNamespace
) -> None:
    owner = person_of(database, market.north)

    page = owner.get(f"{LIST}?commission_bp=1&stakes=x&order=commission_bp").text

    assert "Ada Byron" in page
    assert set(re.findall(r'id="filter-(\w+)"', page)) == {
        "campaign_id",
        "delivery",
        "since",
        "until",
    }


def test_the_table_holds_what_is_listed_and_no_formula(
    database: Flask, market: SimpleNamespace
) -> None:
    take(market.source, first_name="=1+1", email="eva@gmail.com")
    run_all()
    owner = person_of(database, market.north)

    answer = owner.get("/portal/leads/download")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    none = owner.get("/portal/leads/download?delivery=rejected").text

    assert answer.mimetype == "text/csv"
    assert [row["first_name"] for row in rows] == ["'=1+1", "Ada"]
    assert rows[1]["email"] == "ada@gmail.com"
    assert {row["delivery"] for row in rows} == {"accepted"}
    assert len(none.splitlines()) == 1


def test_the_table_holds_all_rows_however_few_are_read_at_a_time(
    database: Flask, market: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        take(market.source, email=f"eva{number}@gmail.com")
    run_all()
    owner = person_of(database, market.north)
    monkeypatch.setattr("app.views.portal.purchases.PART", 2)
    monkeypatch.setattr("app.views.portal.statement.PART", 2)

    leads = owner.get("/portal/leads/download").text.splitlines()
    lines = owner.get("/portal/wallet/download").text
    kinds = [row["kind"] for row in csv.DictReader(io.StringIO(lines))]
    balances = [row["balance_cents"] for row in csv.DictReader(io.StringIO(lines))]

    sold = count("transaction", f"partner_id = {market.north.id}")
    assert sold > 3
    assert len(leads) == 1 + sold
    assert kinds == ["capture"] * sold + ["credit"]
    assert sorted(balances, key=int) == balances


def test_the_month_counts_what_is_the_partners_own(
    database: Flask, market: SimpleNamespace
) -> None:
    owner = person_of(database, market.north, MemberRole.viewer)

    page = owner.get("/").text

    assert (
        '<strong>1</strong><span><a href="/portal/leads/list/">Leads received' in page
    )
    assert "<strong>1</strong><span>Delivered</span>" in page
    assert "<strong>$25.00</strong><span>Spent</span>" in page
    assert "<strong>$75.00</strong><span>Available to spend</span>" in page
    assert "Needs your attention" not in page


def test_the_month_says_what_keeps_leads_from_coming(database: Flask) -> None:
    buyer = make_partner(0, name="North")
    endpoint = make_endpoint(buyer, name="Our CRM", status="disabled")
    paused = make_subscription(make_campaign(name="Roofs"), buyer, endpoint_id=None)
    make_subscription(make_campaign(name="Heat"), buyer, endpoint_id=endpoint.id)
    paused.status = "paused"
    db.session.commit()
    owner = person_of(database, buyer)

    page = owner.get("/").text

    assert "Endpoint Our CRM is disabled" in page
    assert "Roofs is paused." in page
    assert "Your wallet does not pay for the next lead." in page


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (SwitchScope.all, "have stopped selling to you for now"),
        (SwitchScope.partner, "have stopped selling to you for now"),
        (SwitchScope.campaign, "Roofs takes no leads just now."),
    ],
)
def test_a_stop_of_selling_is_said_to_whom_it_stops(
    database: Flask, scope: SwitchScope, said: str
) -> None:
    campaign, buyer, other = make_campaign(name="Roofs"), make_partner(), make_partner()
    make_subscription(campaign, buyer)
    owner, stranger_to_it = person_of(database, buyer), person_of(database, other)
    targets = {
        SwitchScope.campaign: {"campaign_id": campaign.id},
        SwitchScope.partner: {"partner_id": buyer.id},
    }
    before = owner.get("/").text

    switch_on(Stop(scope, "a private reason", **targets.get(scope, {})), SYSTEM)

    page = owner.get("/").text
    assert said not in before
    assert said in page
    assert "a private reason" not in page
    assert (said in stranger_to_it.get("/").text) is (scope is SwitchScope.all)


def test_a_reached_limit_is_said(database: Flask, partner: PartnerServer) -> None:
    campaign, buyer = make_campaign(name="Roofs"), make_partner()
    endpoint = make_endpoint(buyer, url=partner.url)
    order = make_subscription(campaign, buyer, endpoint_id=endpoint.id, daily_cap=1)
    number = order.id
    take(make_source(campaign))
    run_all()
    owner = person_of(database, buyer)

    home = owner.get("/").text
    page = owner.get(f"/portal/subscriptions/show/{number}").text
    listed = owner.get("/portal/subscriptions/list/").text

    assert "Roofs has reached its limit of this day." in home
    assert "1 of 1" in listed
    assert "At a limit" in listed
    assert "Limit reached" in page
    assert 'value="100"' in page
    db.session.expire_all()
    order = db.session.get_one(Subscription, number)
    order.daily_cap = 2
    save_subscription(order, STAFF)
    assert "has reached its limit" not in owner.get("/").text


def test_a_new_partner_is_shown_the_first_steps(database: Flask) -> None:
    page = person_of(database, make_partner(0)).get("/").text

    assert "Your first lead in three steps" in page


@pytest.fixture
def committed_market(committed: Flask) -> Iterator[tuple[Flask, list[Partner]]]:
    partners = []
    for name in ("Alpha", "Omega"):
        buyer = make_partner(name=name)
        for number in range(3):
            make_endpoint(buyer, name=f"{name} {number}")
        partners.append(buyer)
    yield committed, partners
    db.session.query(Endpoint).count()


def test_two_partners_at_once_never_see_each_others_rows(
    committed_market: tuple[Flask, list[Partner]],
) -> None:
    app, partners = committed_market
    names = [partner.name for partner in partners]
    emails = [f"owner-partner-{partner.id}@example.com" for partner in partners]
    for partner in partners:
        person_of(app, partner)
    wrong: list[str] = []

    def read(own: str, other: str, email: str) -> None:
        browser = enter(app, email)
        for _ in range(15):
            page = browser.get(f"/portal/endpoints/list/?name={own}").text
            if other in page or f"{own} 1" not in page or f'value="{own}"' not in page:
                wrong.append(own)

    threads = [
        threading.Thread(target=read, args=(own, other, email))
        for own, other, email in zip(names, reversed(names), emails, strict=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
