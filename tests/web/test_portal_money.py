"""The wallet of a partner and the statement of a vendor, line by line."""

import csv
import io
import re

from flask import Flask

from app.db import db
from app.domain.states import MemberRole
from app.models.sale import Transaction
from app.services.refunds import refund_transaction
from app.services.wallet import credit_partner
from tests.factories import (
    STAFF,
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer
from tests.web.portal import person_of, run_all

WALLET, STATEMENT = "/portal/wallet/list/", "/portal/statement/list/"


def amounts_of(page: str) -> list[str]:
    return re.findall(r'class="num">([^<]+)</td>', page)


def test_every_movement_is_a_line_with_the_balance_after_it(
    database: Flask, partner: PartnerServer
) -> None:
    campaign = make_campaign(price_cents=2500)
    buyer, vendor = make_partner(10_000), make_vendor(commission_bp=2000)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    take(make_source(campaign, vendor))
    run_all()
    refund_transaction(db.session.query(Transaction).one().id, 500, "late", STAFF)
    reader = person_of(database, buyer, MemberRole.viewer)
    seller = person_of(database, vendor, MemberRole.viewer)

    wallet = reader.get(WALLET).text
    every = reader.get(f"{WALLET}?kind=all").text
    statement = seller.get(STATEMENT).text
    rows = list(csv.DictReader(io.StringIO(reader.get("/portal/wallet/download").text)))

    lines = ["$5.00", "$80.00", "−$25.00", "$75.00", "$100.00", "$100.00"]  # noqa: RUF001
    assert amounts_of(wallet) == lines
    assert len(amounts_of(every)) == len(lines) + 2
    assert amounts_of(statement) == ["−$4.00", "$16.00", "$20.00", "$20.00"]  # noqa: RUF001
    assert [row["balance_cents"] for row in rows] == ["8000", "7500", "10000"]
    assert "of $25.00, platform's share 20 %" in statement
    assert "platform's share" not in wallet
    assert seller.get(WALLET).status_code == 403
    assert reader.get(STATEMENT).status_code == 403


def test_lines_are_narrowed_by_day_and_walked_by_page(database: Flask) -> None:
    buyer = make_partner(0)
    for number in range(30):
        credit_partner(buyer.id, 100, f"Transfer {number}.", STAFF)
    reader = person_of(database, buyer)

    first = reader.get(WALLET).text
    [older] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = reader.get(older.replace("&amp;", "&")).text

    assert "Transfer 29." in first
    assert "Transfer 4." not in first
    assert "Transfer 4." in second
    assert "Nothing matches" in reader.get(f"{WALLET}?since=2990-01-01").text
    assert "Nothing matches" in reader.get(f"{WALLET}?kind=refund").text
    odd = reader.get(f"{WALLET}?since=x&kind=x&after=99999999999999999999")
    assert "Transfer 29." in odd.text


def test_an_empty_wallet_says_so_and_whose_it_is(database: Flask) -> None:
    buyer, other = make_partner(0), make_partner(55_500)
    make_subscription(make_campaign(), buyer)
    reader = person_of(database, buyer)

    page = reader.get(WALLET).text

    assert "Your wallet does not pay for the next lead." in page
    assert "No line yet" in page
    assert "$555.00" not in page
    assert "$555.00" in person_of(database, other).get(WALLET).text


def test_a_buyer_says_below_what_to_be_told(database: Flask) -> None:
    buyer = make_partner(10_000)
    browser = person_of(database, buyer, MemberRole.buyer)
    page = "/portal/wallet/notice"

    wrong = browser.post(page, data={"low_balance_cents": "-3"})
    saved = browser.post(page, data={"low_balance_cents": "40.50"})

    assert "Enter an amount from 0.01" in wrong.text
    assert saved.location == WALLET
    assert "less than $40.50 is available" in browser.get(WALLET).text
    assert 'value="40.50"' in browser.get(page).text
    viewer = person_of(database, buyer, MemberRole.viewer)
    assert viewer.get(page).status_code == 403
    assert page not in viewer.get(WALLET).text
