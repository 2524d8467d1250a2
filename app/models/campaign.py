"""Campaigns with their landing pages, and the row that serialises their routing."""

from flask_appbuilder.security.sqla.models import User  # noqa: F401 - ab_user first
from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import CampaignStatus, Method, PageStatus, ShareWindow
from app.models.base import (
    INTRO,
    Base,
    Cents,
    Commissioned,
    Currency,
    Json,
    Key,
    Name,
    Slug,
    Timestamped,
    Version,
    by_beginning,
    one_of,
)
from app.models.source import Source


class Campaign(Commissioned, Timestamped, Base):
    """What leads are collected for and sold under."""

    __tablename__ = "campaign"
    __table_args__ = (
        by_beginning("campaign", "name"),
        by_beginning("campaign", "industry"),
        UniqueConstraint("slug"),
        CheckConstraint("slug ~ '^[a-z0-9-]{1,64}$'", name="slug"),
        CheckConstraint("price_cents >= 0", name="price"),
        CheckConstraint("min_margin_cents >= 0", name="min_margin"),
        CheckConstraint(
            "NOT jsonb_path_exists(age_prices, '$[*].percent ? (@ < 0 || @ > 100)')",
            name="age_prices",
        ),
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission"),
        CheckConstraint("commission_cents >= 0", name="commission_cents"),
        CheckConstraint("intro_commission_bp BETWEEN 0 AND 10000", name="intro_bp"),
        CheckConstraint(INTRO, name="intro"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
        CheckConstraint("max_sales BETWEEN 1 AND 100", name="max_sales"),
        CheckConstraint(
            "method <> 'groups' OR coalesce(jsonb_typeof(groups) = 'array', false)",
            name="groups",
        ),
        CheckConstraint("dedupe_days BETWEEN 0 AND 3650", name="dedupe_days"),
        CheckConstraint("sell_days BETWEEN 1 AND 3650", name="sell_days"),
        CheckConstraint("delivery_minutes BETWEEN 1 AND 1440", name="minutes"),
    )

    id: Mapped[Key]
    name: Mapped[Name]
    slug: Mapped[Slug]
    industry: Mapped[str] = mapped_column(String(64), server_default="")
    status: Mapped[CampaignStatus] = mapped_column(
        one_of(CampaignStatus), server_default="draft"
    )
    price_cents: Mapped[Cents] = mapped_column(server_default=text("0"))
    currency: Mapped[Currency] = mapped_column(server_default="USD")
    age_prices: Mapped[Json | None]
    min_margin_cents: Mapped[Cents | None]
    commission_bp: Mapped[int | None]
    max_sales: Mapped[int] = mapped_column(server_default=text("1"))
    method: Mapped[Method] = mapped_column(one_of(Method), server_default="priority")
    groups: Mapped[Json | None]
    percentage_window: Mapped[ShareWindow] = mapped_column(
        one_of(ShareWindow), server_default="day"
    )
    dedupe_days: Mapped[int] = mapped_column(server_default=text("30"))
    sell_days: Mapped[int] = mapped_column(server_default=text("30"))
    requires_approval: Mapped[bool] = mapped_column(server_default=text("false"))
    delivery_minutes: Mapped[int] = mapped_column(server_default=text("30"))
    fields: Mapped[Json | None]
    checks: Mapped[Json | None]
    return_policy: Mapped[Json | None]
    validate_before_storage: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[Version]

    landing_pages: Mapped[list["LandingPage"]] = relationship(back_populates="campaign")

    def __str__(self) -> str:
        return self.name


class CampaignRouting(Base):
    """The row that a campaign's routing locks first (DESIGN §4, lock order)."""

    __tablename__ = "campaign_routing"

    campaign_id: Mapped[int] = mapped_column(
        ForeignKey("campaign.id"), primary_key=True
    )


class LandingPage(Timestamped, Base):
    """A public page of a campaign; `content` holds its texts."""

    __tablename__ = "landing_page"
    __table_args__ = (
        by_beginning("landing_page", "name"),
        UniqueConstraint("campaign_id", "slug"),
        CheckConstraint("slug ~ '^[a-z0-9-]{1,64}$'", name="slug"),
        CheckConstraint("weight BETWEEN 0 AND 1000000", name="weight"),
    )

    id: Mapped[Key]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    name: Mapped[Name]
    slug: Mapped[Slug]
    status: Mapped[PageStatus] = mapped_column(
        one_of(PageStatus), server_default="draft"
    )
    weight: Mapped[int] = mapped_column(server_default=text("1"))
    template: Mapped[str] = mapped_column(String(40), server_default="plain")
    content: Mapped[Json | None]

    campaign: Mapped[Campaign] = relationship(back_populates="landing_pages")
    source: Mapped[Source] = relationship(foreign_keys=[source_id])

    def __str__(self) -> str:
        return self.name
