"""Leads sold and handed over as ADF and as a form with a key in its body."""

import json
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from lxml import etree

from app.db import db
from app.domain.states import DeliveryStatus, EndpointFormat
from app.gateways.delivery.presets import PRESETS
from app.models.sale import Attempt, Delivery
from app.sealing import AUTH_PLACE, seal
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    take,
)
from tests.partner import PartnerServer, Says
from tests.web.portal import run_all

pytestmark = pytest.mark.usefixtures("database")
ROOT = Path(__file__).parents[1]
CAR = [
    {"name": name, "type": kind}
    for name, kind in (("year", "integer"), ("make", "text"), ("model", "text"))
]


def test_dealer_is_sent_a_valid_adf_with_its_own_name(partner: PartnerServer) -> None:
    asked = [{"name": "first_name"}, {"name": "email", "type": "email"}, *CAR]
    campaign = make_campaign(fields=asked)
    dealer = make_partner(name="Example Motors")
    endpoint = make_endpoint(dealer, url=partner.url, format=EndpointFormat.adf)
    make_subscription(campaign, dealer, endpoint_id=endpoint.id)

    answers = {"year": 2022, "make": "Honda", "model": "Civic \x0b&<"}
    take(make_source(campaign), fields=answers)
    run_all()

    [received] = partner.received
    document = etree.fromstring(received.body)
    dtd = etree.DTD(str(ROOT / "gateways" / "delivery" / "adf-1.0.dtd"))
    assert dtd.validate(document), dtd.error_log
    assert received.headers["content-type"].startswith("application/x-adf+xml")
    assert document.findtext(".//vehicle/make") == "Honda"
    assert document.findtext(".//vehicle/model") == "Civic &<"
    assert document.findtext(".//vendor/vendorname") == "Example Motors"


def test_key_in_the_body_is_sent_and_kept_in_no_attempt(
    partner: PartnerServer,
) -> None:
    preset, key = PRESETS["leadspedia"], "a s3cret&key"
    campaign, buyer = make_campaign(), make_partner()
    endpoint = make_endpoint(
        buyer,
        url=partner.url,
        format=EndpointFormat.form,
        mapping=preset.mapping,
        reply_rules=preset.reply_rules,
        auth_sealed=seal(json.dumps({"type": "body", "key": key}), AUTH_PLACE),
    )
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    partner.says(Says(200, b'{"result":"success","lead_id":"0U"}'))

    take(make_source(campaign))
    run_all()

    sent = parse_qs(partner.received[0].body.decode())
    attempt = db.session.query(Attempt).one()
    assert sent["lp_campaign_key"] == [key]
    assert "lp_test" not in sent
    assert "s3cret" not in (attempt.request_body or "")
    assert "lp_campaign_key=%28secret%29" in (attempt.request_body or "")
    assert db.session.query(Delivery).one().status is DeliveryStatus.accepted
