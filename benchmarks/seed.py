"""The seed: campaigns with their source and partners, made as staff makes them."""

from dataclasses import dataclass

from app.domain.people import SYSTEM
from app.domain.states import CampaignStatus, Method
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner
from app.models.source import Source
from app.models.subscription import Subscription
from app.models.vendor import Vendor
from app.services.campaigns import save_campaign
from app.services.endpoints import save_endpoint
from app.services.partners import save_partner
from app.services.sources import save_source
from app.services.subscriptions import save_subscription
from app.services.vendors import save_vendor
from app.services.wallet import credit_partner

PARTNERS = {"one": 1, "ten": 10, "fifty": 50}
WALLET_CENTS = 10**12
CAP = 10**8
FILTERS = {
    "all": [
        {"field": "state", "op": "in", "value": ["CA", "NV", "OR"]},
        {"field": "fields.roof", "op": "ne", "value": "flat"},
    ]
}


@dataclass(frozen=True)
class Shape:
    """A campaign to measure with: its ids, and the key that opens its intake."""

    slug: str
    key: str
    campaign_id: int
    source_id: int
    vendor_id: int
    partners: int


def seed(sink_url: str) -> dict[str, Shape]:
    """Make a campaign for each of PARTNERS; every partner's leads go to the sink."""
    return {
        name: _shape(name, count, sink_url) for name, count in sorted(PARTNERS.items())
    }


def _shape(name: str, partners: int, sink_url: str) -> Shape:
    campaign = Campaign(
        name=f"Solar, {name}",
        slug=f"solar-{name}",
        industry="solar",
        status=CampaignStatus.active,
        price_cents=2500,
        currency="USD",
        max_sales=1,
        method=Method.weighted,
    )
    save_campaign(campaign, SYSTEM)
    vendor = Vendor(name=f"Vendor, {name}", currency="USD", commission_bp=2000)
    save_vendor(vendor, SYSTEM)
    source = Source(
        name=f"Posts, {name}",
        campaign_id=campaign.id,
        vendor_id=vendor.id,
        per_minute=1_000_000,
    )
    key = save_source(source, SYSTEM)["api_key"]
    for number in range(partners):
        _order(campaign, f"Partner {number} of {name}", sink_url)
    return Shape(campaign.slug, key, campaign.id, source.id, vendor.id, partners)


def _order(campaign: Campaign, name: str, sink_url: str) -> None:
    partner = Partner(name=name, currency="USD", timezone="America/Los_Angeles")
    save_partner(partner, SYSTEM)
    credit_partner(partner.id, WALLET_CENTS, "For the benchmark", SYSTEM)
    endpoint = Endpoint(partner_id=partner.id, name=name, url=f"{sink_url}/leads")
    save_endpoint(endpoint, SYSTEM)
    subscription = Subscription(
        campaign_id=campaign.id,
        partner_id=partner.id,
        endpoint_id=endpoint.id,
        filters=FILTERS,
        daily_cap=CAP,
    )
    save_subscription(subscription, SYSTEM)
