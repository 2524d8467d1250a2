"""The demo: a campaign, a page, a vendor, two partners with wallets and a sandbox.

Seeded once; afterwards it makes no rows by itself.
"""

from dataclasses import dataclass

from sqlalchemy import select

from app.db import transaction
from app.domain.people import SYSTEM
from app.domain.states import CampaignStatus, EndpointFormat, Method, PageStatus
from app.models.campaign import Campaign, LandingPage
from app.models.partner import Endpoint, Partner
from app.models.source import Source
from app.models.subscription import Subscription
from app.models.vendor import Vendor
from app.services.campaigns import save_campaign
from app.services.endpoints import save_endpoint
from app.services.landing_pages import save_landing_page
from app.services.partners import save_partner
from app.services.sources import save_source
from app.services.subscriptions import save_subscription
from app.services.users import create_user
from app.services.vendors import save_vendor
from app.services.wallet import credit_partner
from app.settings import settings

SLUG = "solar-demo"
WALLET_CENTS = 1_000_000
FIELDS = [
    {"name": "first_name", "label": "First name", "type": "text", "required": True},
    {"name": "last_name", "label": "Last name", "type": "text", "required": True},
    {"name": "email", "label": "Email", "type": "email", "required": True},
    {"name": "phone", "label": "Phone", "type": "phone", "required": True},
    {"name": "zip", "label": "ZIP code", "type": "zip", "required": True},
    {
        "name": "roof",
        "label": "What is your roof made of?",
        "type": "select",
        "required": True,
        "options": ["Tile", "Shingle", "Metal", "Flat"],
    },
    {
        "name": "monthly_bill",
        "label": "Monthly power bill in dollars",
        "type": "integer",
        "required": False,
    },
    {"name": "consent", "label": "Consent", "type": "consent", "required": True},
]
CONTENT = {
    "headline": "Compare solar quotes from two local installers",
    "text": "Three minutes now, two quotes within a day. No obligation.",
    "button": "Get my two quotes",
    "thanks": "Two installers have your enquiry and will call you within a day.",
    "consent_text": (
        "I agree that North Solar and South Solar call me about my enquiry at the"
        " number above. I can withdraw this at any time."
    ),
}


@dataclass(frozen=True)
class Seeded:
    """What the demo made that is told once: the vendor's posting key."""

    posting_key: str


def seed_demo(password: str) -> Seeded | None:
    """Seed the demo with people who log in with that password.

    Return None where it was seeded before.
    """
    with transaction() as session:
        if session.scalar(select(Campaign.id).where(Campaign.slug == SLUG)):
            return None
        campaign = _campaign()
        vendor = Vendor(name="Bright Leads", currency="USD", commission_bp=2000)
        save_vendor(vendor, SYSTEM)
        source = Source(
            name="Bright Leads, posts", campaign_id=campaign.id, vendor_id=vendor.id
        )
        key = save_source(source, SYSTEM)["api_key"]
        north = _partner(campaign, "North Solar", EndpointFormat.json, priority=0)
        _partner(campaign, "South Solar", EndpointFormat.xml, priority=1)
        create_user(
            "partner@example.com", password, "Partner", SYSTEM, partner_id=north.id
        )
        create_user(
            "vendor@example.com", password, "Vendor", SYSTEM, vendor_id=vendor.id
        )
        return Seeded(key)


def _campaign() -> Campaign:
    campaign = Campaign(
        name="Solar quotes (demo)",
        slug=SLUG,
        industry="solar",
        status=CampaignStatus.active,
        price_cents=2500,
        currency="USD",
        max_sales=2,
        method=Method.priority,
        fields=FIELDS,
    )
    save_campaign(campaign, SYSTEM)
    page = LandingPage(
        campaign_id=campaign.id,
        name="Two quotes",
        slug="quote",
        status=PageStatus.active,
        template="plain",
        content=CONTENT,
    )
    save_landing_page(page, SYSTEM)
    return campaign


def _partner(
    campaign: Campaign, name: str, body: EndpointFormat, *, priority: int
) -> Partner:
    """Make a partner whose leads go to the sandbox's inbox of its name."""
    inbox = name.lower().replace(" ", "-")
    partner = Partner(name=name, currency="USD", timezone="America/Los_Angeles")
    save_partner(partner, SYSTEM)
    credit_partner(partner.id, WALLET_CENTS, "Demo credit", SYSTEM)
    endpoint = Endpoint(
        partner_id=partner.id,
        name=f"Sandbox, {body.value.upper()}",
        url=sandbox_url(inbox),
        format=body,
    )
    save_endpoint(endpoint, SYSTEM)
    subscription = Subscription(
        campaign_id=campaign.id,
        partner_id=partner.id,
        endpoint_id=endpoint.id,
        priority=priority,
        daily_cap=25,
    )
    save_subscription(subscription, SYSTEM)
    return partner


def sandbox_url(inbox: str) -> str:
    """Return the sandbox's address of an inbox, where this machine itself serves it."""
    return f"http://{settings.local_address}/sandbox/{inbox}"
