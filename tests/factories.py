"""Rows that tests begin with, made as the services would make them."""

import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from app.db import db, transaction
from app.domain.people import Actor, Role
from app.domain.states import CampaignStatus, SourceKind
from app.models.campaign import Campaign, CampaignRouting
from app.models.lead import Lead
from app.models.partner import Endpoint, Partner
from app.models.source import Source
from app.models.subscription import Subscription
from app.models.vendor import Vendor
from app.sealing import SIGNING_PLACE, seal
from app.services.accounts import open_partner_accounts, open_vendor_accounts
from app.services.channels import channel_of_source
from app.services.intake import Taken, take_lead
from app.services.wallet import credit_partner

STAFF = Actor(role=Role.admin, user_id=1)
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
CONSENT = {"text": "I agree to be called.", "given_at": "2026-11-20T10:00:00Z"}
_count = iter(range(1, 10**9))


def make_campaign(**values: Any) -> Campaign:
    number = next(_count)
    with transaction() as session:
        campaign = Campaign(
            **{
                "name": f"Solar {number}",
                "slug": f"solar-{number}",
                "status": CampaignStatus.active,
                "price_cents": 2500,
                "currency": "USD",
                **values,
            }
        )
        session.add(campaign)
        session.flush()
        session.add(CampaignRouting(campaign_id=campaign.id))
    return campaign


def make_vendor(**values: Any) -> Vendor:
    with transaction() as session:
        vendor = Vendor(**{"name": f"Vendor {next(_count)}", **values})
        session.add(vendor)
        session.flush()
        session.refresh(vendor)
        open_vendor_accounts(vendor)
    return vendor


def make_source(
    campaign: Campaign, vendor: Vendor | None = None, **values: Any
) -> Source:
    key = f"src_{next(_count)}"
    with transaction() as session:
        source = Source(
            **{
                "name": f"Source {next(_count)}",
                "campaign_id": campaign.id,
                "vendor_id": vendor.id if vendor else None,
                "kind": SourceKind.post,
                "key_prefix": key[:16],
                "key_hash": hashlib.sha256(key.encode()).digest(),
                **values,
            }
        )
        session.add(source)
    source.posting_key = key
    return source


def make_partner(wallet_cents: int = 1_000_000, **values: Any) -> Partner:
    with transaction() as session:
        partner = Partner(**{"name": f"Partner {next(_count)}", **values})
        session.add(partner)
        session.flush()
        session.refresh(partner)
        open_partner_accounts(partner)
    if wallet_cents:
        credit_partner(partner.id, wallet_cents, "opening", STAFF)
    return partner


def make_endpoint(partner: Partner, **values: Any) -> Endpoint:
    with transaction() as session:
        endpoint = Endpoint(
            **{
                "partner_id": partner.id,
                "name": f"Endpoint {next(_count)}",
                "url": "http://127.0.0.1:9/never",
                "signing_secret_sealed": seal(SECRET, SIGNING_PLACE),
                **values,
            }
        )
        session.add(endpoint)
    return endpoint


def make_subscription(
    campaign: Campaign, partner: Partner | None = None, **values: Any
) -> Subscription:
    partner = partner or make_partner()
    if "endpoint_id" not in values:
        values["endpoint_id"] = make_endpoint(partner).id
    with transaction() as session:
        subscription = Subscription(
            **{"campaign_id": campaign.id, "partner_id": partner.id, **values}
        )
        session.add(subscription)
    return subscription


def enquiry(**values: Any) -> dict[str, Any]:
    number = next(_count)
    return {
        "first_name": "Ada",
        "last_name": "Byron",
        "email": f"ada{number}@example.org",
        "phone": f"+1415555{number % 10_000:04d}",
        "address": "1 Main St",
        "city": "San Francisco",
        "state": "CA",
        "zip": "94105",
        "consent": CONSENT,
        **values,
    }


def take(source: Source, **values: Any) -> Taken:
    taken = take_lead(channel_of_source(source.id), enquiry(**values))
    # The intake has a connection of its own: what this session has open lies before.
    db.session.commit()
    return taken


def lead_of(public_id: UUID) -> Lead:
    db.session.expire_all()
    lead = db.session.scalar(select(Lead).where(Lead.public_id == public_id))
    assert lead is not None
    return lead


def count(table: str, where: str = "true") -> int:
    query = text(f"SELECT count(*) FROM {table} WHERE {where}")
    return int(db.session.execute(query).scalar_one())
