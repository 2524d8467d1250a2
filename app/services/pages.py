"""What the public may see of a campaign: its pages, and how it wants leads posted."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import transaction
from app.domain.errors import Gone, NotFound
from app.domain.fields import FieldSpec
from app.domain.states import CampaignStatus, PageStatus
from app.models.campaign import Campaign, LandingPage
from app.services.fields import fields_of

DEFAULT_CONSENT = (
    "I agree that the firms that answer my enquiry may contact me about it by phone, "
    "text message or email. I can withdraw this at any time."
)


@dataclass(frozen=True)
class PublicPage:
    """An open landing page: its texts and the fields that it asks for."""

    id: int
    campaign_slug: str
    slug: str
    template: str
    headline: str
    text: str
    button: str
    consent_text: str
    thanks: str
    specs: tuple[FieldSpec, ...]


@dataclass(frozen=True)
class PostingGuide:
    """How a campaign wants leads posted, as of now."""

    name: str
    slug: str
    specs: tuple[FieldSpec, ...]
    dedupe_days: int
    validate_before_storage: bool


def public_page(campaign_slug: str, page_slug: str) -> PublicPage:
    """Return an active page of an active campaign.

    Raises NotFound where there is none or it is a draft, Gone where it is closed.
    """
    with transaction() as session:
        campaign = _open_campaign(session, campaign_slug)
        page = session.scalar(
            select(LandingPage).where(
                LandingPage.campaign_id == campaign.id, LandingPage.slug == page_slug
            )
        )
        if page is None or page.status is PageStatus.draft:
            raise NotFound("There is no page at this address.")
        if page.status is PageStatus.archived:
            raise Gone("This page is closed.")
        return _public(campaign, page)


def pick_page(campaign_slug: str, roll: float) -> PublicPage:
    """Return one of the active pages by weight, for a roll from 0 up to 1."""
    with transaction() as session:
        campaign = _open_campaign(session, campaign_slug)
        pages = session.scalars(
            select(LandingPage)
            .where(
                LandingPage.campaign_id == campaign.id,
                LandingPage.status == PageStatus.active,
                LandingPage.weight > 0,
            )
            .order_by(LandingPage.id)
        ).all()
        left = roll * sum(page.weight for page in pages)
        for page in pages:
            left -= page.weight
            if left < 0:
                return _public(campaign, page)
        raise NotFound("There is no page at this address.")


def posting_guide(campaign_slug: str) -> PostingGuide:
    """Return how to post leads to a campaign; raises NotFound for a draft or none."""
    with transaction() as session:
        campaign = session.scalar(
            select(Campaign).where(
                Campaign.slug == campaign_slug,
                Campaign.status.in_((CampaignStatus.active, CampaignStatus.paused)),
            )
        )
        if campaign is None:
            raise NotFound("There is no such campaign.")
        return PostingGuide(
            campaign.name,
            campaign.slug,
            fields_of(campaign),
            campaign.dedupe_days,
            campaign.validate_before_storage,
        )


def _open_campaign(session: Session, slug: str) -> Campaign:
    campaign = session.scalar(select(Campaign).where(Campaign.slug == slug))
    if campaign is None or campaign.status is CampaignStatus.draft:
        raise NotFound("There is no page at this address.")
    if campaign.status is not CampaignStatus.active:
        raise Gone("This page takes no enquiries at the moment.")
    return campaign


def _public(campaign: Campaign, page: LandingPage) -> PublicPage:
    content = page.content if isinstance(page.content, Mapping) else {}

    def text_of(name: str, default: str) -> str:
        return str(content.get(name) or default)

    return PublicPage(
        id=page.id,
        campaign_slug=campaign.slug,
        slug=page.slug,
        template=page.template,
        headline=text_of("headline", campaign.name),
        text=text_of("text", ""),
        button=text_of("button", "Send my enquiry"),
        consent_text=text_of("consent_text", DEFAULT_CONSENT),
        thanks=text_of("thanks", "Thank you. You will hear from us shortly."),
        specs=fields_of(campaign),
    )
