"""The platform's share by REST and on screens."""

import pytest
from flask.testing import FlaskClient

from tests.partner import PartnerServer
from tests.web.market import Market, sales_of
from tests.web.rest import CAMPAIGN, VENDOR, Headers, fields_refused, make


@pytest.fixture
def market_sale(partner: PartnerServer) -> int:
    """A captured sale."""
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    return sales_of(buyer)[0].id


TERMS = {
    "commission_bp": 1500,
    "commission_cents": 250,
    "intro_commission_bp": 0,
    "intro_until": "2027-01-31T00:00:00Z",
}


@pytest.mark.parametrize(
    ("path", "body"), [("campaigns", CAMPAIGN), ("vendors", VENDOR)]
)
def test_terms_are_set_and_shown(
    client: FlaskClient, admin_headers: Headers, path: str, body: dict[str, object]
) -> None:
    made = make(client, admin_headers, path, **body, **TERMS)

    assert {name: made[name] for name in TERMS} == TERMS


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"commission_bp": 10_001}, "commission_bp"),
        ({"commission_bp": 0.5}, "commission_bp"),
        ({"commission_cents": -1}, "commission_cents"),
        ({"commission_cents": True}, "commission_cents"),
        ({"commission_cents": 2**63}, "commission_cents"),
        ({"intro_commission_bp": 5}, "intro_until"),
        ({"intro_until": "2027-01-31T00:00:00Z"}, "intro_commission_bp"),
        ({"intro_commission_bp": 5, "intro_until": "2027-01-31"}, "intro_until"),
        (
            {"intro_commission_bp": 5, "intro_until": "9999-12-31T23:59:59-23:00"},
            "intro_until",
        ),
    ],
)
def test_terms_that_are_none_are_refused(
    client: FlaskClient,
    admin_headers: Headers,
    values: dict[str, object],
    field: str,
) -> None:
    for path, body in (("campaigns", CAMPAIGN), ("vendors", VENDOR)):
        answer = client.post(
            f"/api/v1/{path}/", json={**body, **values}, headers=admin_headers
        )
        assert fields_refused(answer) == {field}


def test_an_equal_refund_without_a_key_answers_409(
    client: FlaskClient, admin_headers: Headers, market_sale: int
) -> None:
    path = f"/api/v1/transactions/{market_sale}/refund"
    body = {"amount_cents": 100, "reason": "part"}

    first = client.post(path, json=body, headers=admin_headers)
    again = client.post(path, json=body, headers=admin_headers)
    keyed = client.post(
        path, json=body, headers={**admin_headers, "Idempotency-Key": "second"}
    )

    assert (first.status_code, again.status_code) == (200, 409)
    assert again.json["code"] == "refunded"
    assert keyed.json["refunded_cents"] == 200
