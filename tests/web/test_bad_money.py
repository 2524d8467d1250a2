"""Bad amounts, late returns, strange currencies: refused by REST and on screens.

Whatever is refused books nothing.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.domain.states import MemberRole
from app.models.mail import OutgoingMail
from app.models.partner import Partner
from app.models.sale import Transaction
from app.models.vendor import Vendor
from app.services.low_balance import tell_low_balances
from app.services.return_decisions import approve_return
from app.services.return_mail import tell_partners_of_returns
from tests.factories import (
    STAFF,
    count,
    make_campaign,
    make_endpoint,
    make_partner,
    make_subscription,
    make_vendor,
)
from tests.partner import PartnerServer
from tests.web.callers import member
from tests.web.market import Market, sales_of
from tests.web.portal import person_of, staff
from tests.web.rest import Headers, fields_refused, forget_caller

# What the program sends, and what is typed; whole numbers beyond 64 bit are among them.
SENT = [0, -1, 1.5, "5", True, 2**63, 2**70]
TYPED = ["0", "1e3", "12,50", "0.001", "x", "9" * 20]


@dataclass
class Place:
    """A sale in some currency, with whom it was made."""

    buyer: Partner
    vendor: Vendor
    sale: Transaction


def sold(server: PartnerServer, currency: str, price: int) -> Place:
    """Sell one lead in that currency."""
    campaign = make_campaign(currency=currency, price_cents=price)
    vendor = make_vendor(currency=currency)
    market = Market(server, campaign, vendor)
    buyer = make_partner(price * 10, currency=currency)
    endpoint = make_endpoint(buyer, url=server.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    market.sell()
    return Place(buyer, vendor, sales_of(buyer)[0])


@pytest.fixture
def place(database: Flask, partner: PartnerServer) -> Place:
    return sold(partner, "USD", 999)


def forms_of(place: Place) -> dict[str, str]:
    """Return every form of staff that moves money, and the name of its amount."""
    return {
        f"/partners/credit/{place.buyer.id}": "amount_cents",
        f"/partners/adjust/{place.buyer.id}": "amount_cents",
        f"/vendors/adjust/{place.vendor.id}": "amount_cents",
        f"/transactions/refund/{place.sale.id}": "amount_cents",
        f"/transactions/override/{place.sale.id}": "price_cents",
    }


@pytest.mark.parametrize("amount", SENT)
def test_no_call_takes_a_bad_amount(
    client: FlaskClient, admin_headers: Headers, place: Place, amount: object
) -> None:
    entries = count("entry")
    calls = {
        f"partners/{place.buyer.id}/credits": "amount_cents",
        f"transactions/{place.sale.id}/refund": "amount_cents",
        f"transactions/{place.sale.id}/override": "price_cents",
    }
    if amount != -1:
        calls[f"partners/{place.buyer.id}/adjustments"] = "amount_cents"
        calls[f"vendors/{place.vendor.id}/adjustments"] = "amount_cents"

    for path, name in calls.items():
        body = {name: amount, "reason": "why"}
        answer = client.post(f"/api/v1/{path}", json=body, headers=admin_headers)
        assert fields_refused(answer) == {name}, path

    assert count("entry") == entries


@pytest.mark.parametrize("typed", TYPED)
def test_no_form_takes_a_bad_amount(database: Flask, place: Place, typed: str) -> None:
    browser, entries = staff(database), count("entry")

    for path, name in forms_of(place).items():
        page = browser.post(path, data={name: typed, "reason": "why"})
        assert page.status_code == 200, path
        assert "Nothing was saved yet" in page.text, path

    assert count("entry") == entries


@pytest.mark.parametrize(
    ("currency", "typed", "said"),
    [
        ("JPY", "10.5", "Enter an amount with no decimals, like 125,000."),
        ("KWD", "1.2345", "Enter an amount with at most 3 decimals, like 125.000."),
    ],
)
def test_forms_know_the_decimals_of_a_currency(
    database: Flask, partner: PartnerServer, currency: str, typed: str, said: str
) -> None:
    place = sold(partner, currency, 1250)
    browser, entries = staff(database), count("entry")
    owner = person_of(database, place.buyer)
    forms = forms_of(place) | {
        f"/campaigns/edit/{place.sale.campaign_id}": "price_cents"
    }

    for path, name in forms.items():
        page = browser.post(path, data={name: typed, "reason": "why"})
        assert said in page.text, path
    forget_caller()
    form = {"low_balance_cents": typed}
    assert said in owner.post("/portal/wallet/notice", data=form).text

    assert count("entry") == entries


@pytest.mark.parametrize(
    ("currency", "price", "held", "mail", "shown"),
    [
        ("JPY", 1250, 12_500, "1,250 JPY", "¥1,250"),
        ("KWD", 1250, 12_500, "1.250 KWD", "1.250 KWD"),
    ],
)
def test_amounts_are_written_with_their_decimals(  # noqa: PLR0913, PLR0917 - a table
    database: Flask,
    partner: PartnerServer,
    currency: str,
    price: int,
    held: int,
    mail: str,
    shown: str,
) -> None:
    place = sold(partner, currency, price)
    owner = person_of(database, place.buyer)
    with transaction() as session:
        session.execute(
            text("UPDATE partner SET low_balance_cents = :n WHERE id = :id"),
            {"n": held * 2, "id": place.buyer.id},
        )
    tell_low_balances()
    forget_caller()
    url = f"/portal/leads/return/{place.sale.id}"
    owner.post(url, data={"reason_code": "fraud", "note": "Nobody."})
    number = db.session.scalar(text("SELECT max(id) FROM lead_return"))
    approve_return(number, STAFF)
    tell_partners_of_returns()

    low, decided = db.session.query(OutgoingMail).order_by(OutgoingMail.id)
    assert currency in low.subject
    assert mail in (decided.body or "")
    for path in ("wallet", "leads", "returns"):
        forget_caller()
        assert shown in owner.get(f"/portal/{path}/list/").text, path
    forget_caller()
    table = owner.get("/portal/wallet/download").text
    assert f",-{price}," in table
    assert f",{currency}," in table
    browser = staff(database)
    for path in ("payments", "transactions", "returns"):
        page = browser.get(
            f"/{path}/list/?status=approved" if path == "returns" else f"/{path}/list/"
        )
        assert shown in page.text, path


def test_a_return_after_its_time_is_refused_by_rest_and_on_its_page(
    database: Flask, client: FlaskClient, place: Place
) -> None:
    with transaction() as session:
        late = "UPDATE transaction SET captured_at = now() - interval '7 days'"
        session.execute(text(late))
    body = {"reason_code": "fraud", "note": "Nobody."}
    headers = member(database, place.buyer, "buyer")

    answer: Any = client.post(
        f"/api/purchases/{place.sale.public_id}/returns", json=body, headers=headers
    )
    forget_caller()
    owner = person_of(database, place.buyer, MemberRole.owner)
    page = owner.post(f"/portal/leads/return/{place.sale.id}", data=body)

    assert (answer.status_code, answer.json["code"]) == (409, "return_window_over")
    assert answer.mimetype == "application/problem+json"
    assert "The time in which it can be returned is over." in page.text
    assert count("lead_return") == count("entry", "kind = 'refund'") == 0


def test_another_currency_is_refused_on_screens(database: Flask) -> None:
    campaign, buyer = make_campaign(currency="EUR"), make_partner(0)
    browser = staff(database)
    order = {"campaign_id": campaign.id, "partner_id": buyer.id, "mode": "manual"}
    source = {"name": "s", "campaign_id": campaign.id, "vendor_id": make_vendor().id}

    bought = browser.post("/subscriptions/add", data=order)
    supplied = browser.post("/sources/add", data=source)

    for page in (bought, supplied):
        assert page.status_code == 200
        assert "currency" in page.text.partition("error-summary")[2]
    assert count("subscription") == count("source") == 0
