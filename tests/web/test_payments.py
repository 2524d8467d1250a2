"""The list of payments: what is shown, found, opened and taken home."""

import csv
import io
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.states import MoneyOrderKind
from app.models.partner import Partner
from app.services.adjustments import adjust_partner, adjust_vendor
from app.services.money_orders import approve_order, order_money
from app.services.overrides import override_price
from app.services.policy import change_policy
from app.services.refunds import refund_transaction
from tests.conftest import ADMIN
from tests.factories import STAFF, make_partner, make_vendor
from tests.partner import PartnerServer
from tests.services.test_money_orders import person
from tests.web.market import Market, sales_of
from tests.web.screens import logged_in

LIST = "/payments/list/"


@dataclass
class Books(Market):
    """A market with one buyer, who bought one lead."""

    first: Partner = field(init=False)
    sale: int = 0


@pytest.fixture
def market(database: Flask, partner: PartnerServer) -> Books:
    """A sale of 9.99 that was made dearer by 2.01 and refunded by 4.00."""
    market = Books(partner)
    market.first = market.buyer(5_000)
    market.sell()
    [sale] = sales_of(market.first)
    market.sale = sale.id
    override_price(sale.id, -201, "agreed by phone", STAFF)
    refund_transaction(sale.id, 400, "half of it", STAFF)
    return market


@pytest.fixture
def admin(market: Books, database: Flask) -> FlaskClient:
    return logged_in(database)


def shown(page: str) -> list[str]:
    """Return the kinds of the rows of a list."""
    parts = page.split('data-label="Kind">')[1:]
    return [part.partition("<")[0].strip() for part in parts]


def test_what_no_sale_brings_is_listed(admin: FlaskClient) -> None:
    page = admin.get(LIST).text

    assert shown(page) == ["Refund", "Price change", "Credit"]
    assert "$4.00" in page
    assert "−$2.01" in page  # noqa: RUF001 - as the screens write it
    assert "agreed by phone" in page


def test_what_sales_bring_is_listed_when_asked_for(
    admin: FlaskClient, market: Books
) -> None:
    assert shown(admin.get(f"{LIST}?kind=capture").text) == ["Capture"]
    of_sale = admin.get(f"{LIST}?transaction_id={market.sale}").text
    assert shown(of_sale) == ["Refund", "Price change", "Capture", "Hold"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("least=4.00", ["Refund", "Credit"]),
        ("least=4.01", ["Credit"]),
        ("most=4", ["Refund", "Price change"]),
        ("most=2.01&least=2.01", ["Price change"]),
        ("least=none", []),
        ("most=1e3", []),
        ("least=999999999999999", []),
        ("kind=credit&at=today", ["Credit"]),
        ("at=2020-01-01..2020-12-31", []),
        ("partner_id=0", []),
        ("partner_id=x", []),
        ("transaction_id=x", []),
    ],
)
def test_payments_are_found(admin: FlaskClient, asked: str, found: list[str]) -> None:
    page = admin.get(f"{LIST}?{asked}")

    assert page.status_code == 200
    assert shown(page.text) == found


def test_amounts_compare_in_their_own_currency(admin: FlaskClient) -> None:
    make_partner(300, currency="JPY")
    make_partner(2_500, currency="KWD")

    page = admin.get(f"{LIST}?kind=credit&least=50").text

    assert "¥300" in page
    assert "KWD" not in page


def test_payments_of_a_partner_and_a_vendor(admin: FlaskClient, market: Books) -> None:
    other, vendor = make_partner(0), make_vendor()
    adjust_partner(other.id, 30, "goodwill", STAFF)
    adjust_vendor(vendor.id, -70, "paid twice", STAFF)

    theirs = admin.get(f"{LIST}?partner_id={other.id}").text
    vendors = admin.get(f"{LIST}?vendor_id={vendor.id}").text

    assert shown(theirs) == shown(vendors) == ["Correction"]
    assert other.name in theirs
    assert "−$0.70" in vendors  # noqa: RUF001 - as the screens write it
    sides = admin.get(f"{LIST}?vendor_id={market.vendor.id}").text
    assert shown(sides) == ["Refund", "Price change"]


def test_a_page_tells_the_lines_and_who_did_it(admin: FlaskClient) -> None:
    asks, agrees = person(), person()
    change_policy({"second_person_above_cents": 0}, ADMIN)
    kind, buyer = MoneyOrderKind.credit, make_partner(0)
    _, waits = order_money(kind, buyer.id, 55, "cheque", asks)
    entry = approve_order(waits["id"], agrees)["id"]

    page = admin.get(f"/payments/show/{entry}").text

    assert f"Credit: $0.55, {buyer.name}" in page
    assert page.count("@example.com") >= 3
    assert "Bank" in page
    assert "−$0.55" in page  # noqa: RUF001 - as the screens write it


def test_a_page_leads_to_its_sale(admin: FlaskClient, market: Books) -> None:
    page = admin.get(LIST).text
    [first, *_] = page.split('href="/payments/show/')[1:]

    refund = admin.get(f"/payments/show/{first.partition(chr(34))[0]}").text

    assert f'href="/transactions/show/{market.sale}"' in refund
    assert "Revenue" in refund


def test_payments_are_taken_home_as_a_table(admin: FlaskClient, market: Books) -> None:
    answer = admin.get("/payments/download?kind=refund")

    [row] = csv.DictReader(io.StringIO(answer.text))
    told = {name: row[name] for name in row if name not in {"id", "at", "by"}}
    assert told == {
        "kind": "refund",
        "partner": market.first.name,
        "vendor": market.vendor.name,
        "amount_cents": "400",
        "vendor_cents": "-267",
        "platform_cents": "-133",
        "currency": "USD",
        "reason": "half of it",
        "transaction_id": str(sales_of(market.first)[0].public_id),
    }
