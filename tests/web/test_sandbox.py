"""The sandbox: what it takes, keeps, answers and refuses."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import db
from app.gateways.delivery.signing import sign
from app.models.lead import Lead
from app.models.platform import SandboxMessage
from app.models.sale import Delivery, Transaction
from app.services import sandbox
from tests.factories import SECRET, make_campaign, make_source, make_subscription, take
from tests.web.screens import logged_in

KEY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
HEADERS = {"Idempotency-Key": str(KEY), "Content-Type": "application/json"}


@pytest.fixture
def sale(client: FlaskClient) -> Transaction:
    """A sale whose hand-over the sandbox may be sent."""
    campaign = make_campaign()
    take(make_source(campaign), email="ada@gmail.com")
    order = make_subscription(campaign)
    sale = Transaction(
        public_id=KEY,
        lead_id=db.session.query(Lead).one().id,
        campaign_id=campaign.id,
        partner_id=order.partner_id,
        subscription_id=order.id,
        price_cents=2500,
        currency="USD",
        commission_bp=0,
        stakes={},
    )
    db.session.add(sale)
    db.session.commit()
    return sale


def post(client: FlaskClient, body: Any, query: str = "", **headers: str) -> Any:
    return client.post(
        f"/sandbox/crm{query}", data=body, headers={**HEADERS, **headers}
    )


def test_a_hand_over_is_kept_and_accepted(
    client: FlaskClient, sale: Transaction
) -> None:
    answer = post(client, '{"contact": {"first_name": "Ada"}}')

    assert answer.json == {"outcome": "accepted"}
    kept = db.session.query(SandboxMessage).one()
    assert (kept.inbox, kept.lead_id) == ("crm", sale.lead_id)
    assert '"first_name": "Ada"' in kept.body


@pytest.mark.parametrize(
    ("secret", "said"), [(SECRET, "valid"), ("whsec_YQ==", "invalid")]
)
def test_the_signature_is_checked_with_the_endpoints_secret(
    client: FlaskClient, sale: Transaction, secret: str, said: str
) -> None:
    endpoint_id = sale.subscription.endpoint_id
    delivery = Delivery(
        transaction_id=sale.id,
        lead_id=sale.lead_id,
        partner_id=sale.partner_id,
        endpoint_id=endpoint_id,
        due_at=sale.held_at,
    )
    db.session.add(delivery)
    db.session.commit()
    signature = sign(secret, "m1", 1_700_000_000, b"{}")

    post(
        client,
        "{}",
        **{
            "Webhook-Id": "m1",
            "Webhook-Timestamp": "1700000000",
            "Webhook-Signature": signature,
        },
    )

    [message] = sandbox.list_messages("crm")
    assert message.headers["signature"] == said


@pytest.mark.usefixtures("sale")
def test_xml_is_answered_in_xml(client: FlaskClient) -> None:
    answer = post(client, "<lead><id>1</id></lead>", **{"Content-Type": "text/xml"})

    assert answer.mimetype == "application/xml"
    assert "<outcome>accepted</outcome>" in answer.text


@pytest.mark.parametrize(
    ("reply", "status"),
    [("duplicate", 200), ("rejected", 200), ("busy", 503), ("nonsense", 200)],
)
@pytest.mark.usefixtures("sale")
def test_the_address_chooses_the_answer(
    client: FlaskClient, reply: str, status: int
) -> None:
    assert post(client, "{}", f"?reply={reply}").status_code == status


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("{", "application/json"),
        (b"\xff", "application/json"),
        ("[" * 20_000, "application/json"),
        ('"\\ud800"', "application/json"),
        ("<lead>", "application/xml"),
        ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;', "text/xml"),
    ],
)
@pytest.mark.usefixtures("sale")
def test_what_is_not_well_formed_is_refused(
    client: FlaskClient, body: Any, content_type: str
) -> None:
    answer = post(client, body, **{"Content-Type": content_type})

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("key", ["", "nonsense", str(UUID(int=1))])
@pytest.mark.usefixtures("sale")
def test_strangers_leave_nothing_behind(client: FlaskClient, key: str) -> None:
    answer = post(client, "{}", **{"Idempotency-Key": key})

    assert answer.status_code == 422
    assert db.session.query(SandboxMessage).count() == 0


@pytest.mark.usefixtures("sale")
def test_too_large_a_body_is_refused(client: FlaskClient) -> None:
    assert post(client, '"' + "x" * 70_000 + '"').status_code == 413


@pytest.mark.usefixtures("sale")
def test_only_the_newest_messages_are_kept(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "KEPT", 2)

    for number in range(4):
        post(client, str(number))

    bodies = [message.body for message in sandbox.list_messages("crm")]
    assert bodies == ["3", "2"]


def test_the_screen_shows_what_came(database: Flask, sale: Transaction) -> None:
    admin = logged_in(database)
    post(database.test_client(), '{"first_name": "<Ada>"}')

    page = admin.get("/sandbox/list/").text

    assert "&lt;Ada&gt;" in page
    assert f"Lead {sale.lead_id}" in page


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("{}", "application/json"),
        ("<lead/>", "application/xml"),
        ("a=b", "application/x-www-form-urlencoded"),
    ],
)
def test_a_made_up_lead_is_answered_and_not_kept(
    client: FlaskClient, body: str, content_type: str
) -> None:
    kind = {"Content-Type": content_type, "Idempotency-Key": str(UUID(int=1))}

    answer = post(client, body, **kind, **{"Lead-Nexus-Test": "true"})

    assert post(client, body, **kind).status_code == 422
    assert answer.status_code == 200
    assert "accepted" in answer.text
    assert db.session.query(SandboxMessage).count() == 0


def test_sandbox_bids(client: FlaskClient) -> None:
    def ask(query: str = "", **more: Any) -> Any:
        return client.post(f"/sandbox/crm/ping{query}", data="{}", **more)

    assert ask().json["price"] == "25.00"
    assert ask("?bid=1850").json["price"] == 1850
    assert ask("?bid=18.50").json["price"] == "18.50"
    assert ask("?bid=-1").json["price"] == "-1"
    assert ask("?bid=%00").json["price"] == "25.00"
    assert len(ask().json["ping_id"]) == 36
    assert ask("?reply=none").status_code == 204
    assert ask("?reply=busy").status_code == 503
    xml = client.post(
        "/sandbox/crm/ping?bid=<1", data="<a/>", content_type="application/xml"
    )
    assert b"<price>&lt;1</price>" in xml.data
    assert client.post("/sandbox/crm/ping", data="no").status_code == 400
    assert db.session.query(SandboxMessage).count() == 0
