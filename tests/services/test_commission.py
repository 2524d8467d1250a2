"""The platform's share: frozen at the hold, booked with the capture, taken back."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.db import db, transaction
from app.domain.errors import Conflict
from app.jobs import delivery
from app.services.integrity import run_checks
from app.services.refunds import refund_transaction
from tests.factories import STAFF
from tests.partner import PartnerServer
from tests.web.market import Market, sales_of

pytestmark = pytest.mark.usefixtures("database")
TOMORROW = datetime.now(UTC) + timedelta(days=1)


def payable_cents() -> int:
    query = text("SELECT balance_cents FROM account WHERE kind = 'payable'")
    return int(db.session.execute(query).scalar_one())


def test_a_fixed_share_is_booked_and_taken_back_in_parts(
    partner: PartnerServer,
) -> None:
    market = Market(partner)
    with transaction():
        market.campaign.commission_cents = 100
    buyer = market.buyer()
    market.sell()
    [sale] = sales_of(buyer)

    assert payable_cents() == 899
    for amount in (1, 332, 333, 333):
        refund_transaction(sale.id, amount, f"part of {amount}", STAFF)
    assert payable_cents() == 0
    assert run_checks()["ok"]


def test_a_share_changed_after_the_hold_leaves_the_sale_alone(
    partner: PartnerServer,
) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell_to_hold()
    with transaction():
        market.campaign.commission_bp = 0
        market.vendor.intro_commission_bp = 100
        market.vendor.intro_until = TOMORROW
    delivery.drain()

    [sale] = sales_of(buyer)

    assert sale.commission_bp == 3333
    assert payable_cents() == 999 - 332
    assert run_checks()["ok"]


def test_an_introductory_share_ends_by_its_time(partner: PartnerServer) -> None:
    market = Market(partner)
    with transaction():
        market.vendor.intro_commission_bp = 0
        market.vendor.intro_until = TOMORROW
    buyer = market.buyer()
    market.sell()
    with transaction():
        market.vendor.intro_until = datetime.now(UTC) - timedelta(days=1)
    market.sell()

    assert [sale.commission_bp for sale in sales_of(buyer)] == [3333, 0]


def test_an_equal_part_without_a_key_is_refused(partner: PartnerServer) -> None:
    market = Market(partner)
    buyer = market.buyer()
    market.sell()
    [sale] = sales_of(buyer)
    refund_transaction(sale.id, 100, "part", STAFF, is_keyed=False)

    with pytest.raises(Conflict):
        refund_transaction(sale.id, 100, "part", STAFF, is_keyed=False)
    refund_transaction(sale.id, 100, "another", STAFF, is_keyed=False)
    refund_transaction(sale.id, 100, "part", STAFF)

    assert sales_of(buyer)[0].refunded_cents == 300
