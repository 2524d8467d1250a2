"""One browser for all tests of this folder, and a house with something of each."""

import os
import shutil
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from app.db import db
from app.domain.people import SYSTEM, Actor, Role
from app.domain.states import (
    LeadStatus,
    MemberRole,
    PageStatus,
    SourceKind,
    SwitchScope,
)
from app.models.campaign import LandingPage
from app.models.lead import Lead
from app.models.provider import Provider
from app.models.sale import Transaction
from app.services.providers import save_provider
from app.services.return_decisions import ask_partner
from app.services.returns import request_return
from app.services.switches import Stop, switch_on
from app.services.users import create_user
from tests.browser.site import (
    BUYER,
    EMAIL,
    LONG_ZONE,
    OPERATOR,
    PASSWORD,
    SELLER,
    serving,
)
from tests.factories import (
    make_campaign,
    make_endpoint,
    make_partner,
    make_source,
    make_subscription,
    make_vendor,
    take,
)
from tests.partner import PartnerServer
from tests.web.portal import run_all

# The one without windows takes half of the CPU.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; its absence is a failure where the suite decides."""
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("needs chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def house(committed: Flask, partner: PartnerServer) -> Iterator[str]:
    """A running server on which each screen has something to show."""
    campaign, vendor = make_campaign(slug="solar"), make_vendor()
    buyer = make_partner(timezone=LONG_ZONE)
    source = make_source(campaign, vendor)
    endpoint = make_endpoint(buyer, url=partner.url)
    make_subscription(campaign, buyer, endpoint_id=endpoint.id)
    page = LandingPage(
        campaign_id=campaign.id,
        source_id=make_source(campaign, kind=SourceKind.page).id,
        name="Spring",
        slug="spring",
        status=PageStatus.active,
    )
    db.session.add(page)
    db.session.commit()
    for _ in range(3):
        take(source)
    run_all()
    last = db.session.query(Lead).order_by(Lead.id.desc()).first()
    last.status = LeadStatus.review
    db.session.commit()
    admin = create_user(EMAIL, PASSWORD, "Admin", SYSTEM)
    create_user(OPERATOR, PASSWORD, "Operator", SYSTEM)
    owner = create_user(BUYER, PASSWORD, "Partner", SYSTEM, partner_id=buyer.id)
    create_user(SELLER, PASSWORD, "Vendor", SYSTEM, vendor_id=vendor.id)
    save_provider(Provider(provider="offline"), SYSTEM)
    _return_one(Actor(Role.client, owner.id, buyer.id, None, MemberRole.owner))
    stop = Stop(SwitchScope.partner, "Ordered by court", partner_id=buyer.id)
    switch_on(stop, Actor(role=Role.admin, user_id=admin.id))
    with serving(committed) as url:
        yield url


def _return_one(owner: Actor) -> None:
    """Let a lead be returned, and its partner be asked about it."""
    sale = db.session.query(Transaction).first()
    found = request_return(owner, str(sale.public_id), "never_requested", None)
    ask_partner(found.id, "When did you call?", SYSTEM)
