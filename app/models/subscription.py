"""Subscriptions: partners' standing orders, and the windows their caps count in."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    and_,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import AtCap, Mode, Pacing, SaleType, SubscriptionStatus
from app.models.base import (
    Base,
    Cents,
    Json,
    Key,
    Stamp,
    Timestamped,
    Version,
    one_of,
)
from app.models.campaign import Campaign
from app.models.partner import Endpoint, Partner

BY_WEEKDAY = (
    "jsonb_typeof({0}) = 'object' AND NOT jsonb_path_exists({0},"
    " '$.* ? (@.type() != \"number\" || @ < 0)')"
)


class Subscription(Timestamped, Base):
    """A partner's standing order on a campaign.

    Without a price it takes the campaign's, unless it has price rules: then it takes
    no lead that none of them matches.
    A cap or budget that is null is no limit, 0 is none allowed; a weekday's goes before
    that of every day. `deficit_nano` is what routing by weight or percentage owes it,
    in billionths of a lead, for a percentage since `deficit_from`; `return_rate_bp` is
    the share of its money that came back lately, `reject_rate_bp` that of the leads it
    won with a bid and then refused; both are measured and never set.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        ForeignKeyConstraint(
            ["endpoint_id", "partner_id"], ["endpoint.id", "endpoint.partner_id"]
        ),
        Index(None, "campaign_id", "status"),
        Index(None, "partner_id"),
        CheckConstraint("price_cents IS NULL OR price_cents >= 0", name="price"),
        CheckConstraint(
            "NOT jsonb_path_exists(price_rules, '$[*].price_cents ? (@ < 0)')",
            name="price_rules",
        ),
        CheckConstraint("weight BETWEEN 0 AND 1000000", name="weight"),
        CheckConstraint("exclusive_price_cents >= 0", name="exclusive_price"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
        CheckConstraint("backfill_days BETWEEN 0 AND 3650", name="backfill_days"),
        CheckConstraint("return_rate_bp BETWEEN 0 AND 10000", name="return_rate"),
        CheckConstraint("reject_rate_bp BETWEEN 0 AND 10000", name="reject_rate"),
        CheckConstraint(
            "least(hourly_cap, daily_cap, weekly_cap, monthly_cap, total_cap) >= 0",
            name="caps",
        ),
        CheckConstraint(
            "least(hourly_budget_cents, daily_budget_cents, weekly_budget_cents,"
            " monthly_budget_cents, total_budget_cents) >= 0",
            name="budgets",
        ),
        CheckConstraint(BY_WEEKDAY.format("weekday_caps"), name="weekday_caps"),
        CheckConstraint(
            BY_WEEKDAY.format("weekday_budgets_cents"), name="weekday_budgets"
        ),
    )

    id: Mapped[Key]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    endpoint_id: Mapped[int | None] = mapped_column()
    mode: Mapped[Mode] = mapped_column(one_of(Mode), server_default="auto")
    status: Mapped[SubscriptionStatus] = mapped_column(
        one_of(SubscriptionStatus), server_default="active"
    )
    price_cents: Mapped[Cents | None]
    price_rules: Mapped[Json | None]
    sale_type: Mapped[SaleType] = mapped_column(
        one_of(SaleType), server_default="shared"
    )
    exclusive_price_cents: Mapped[Cents | None]
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    group: Mapped[str | None] = mapped_column(String(64))
    weight: Mapped[int] = mapped_column(server_default=text("1"))
    percent: Mapped[int] = mapped_column(server_default=text("0"))
    filters: Mapped[Json | None]
    hourly_cap: Mapped[int | None]
    daily_cap: Mapped[int | None]
    weekly_cap: Mapped[int | None]
    monthly_cap: Mapped[int | None]
    total_cap: Mapped[int | None]
    weekday_caps: Mapped[Json | None]
    hourly_budget_cents: Mapped[Cents | None]
    daily_budget_cents: Mapped[Cents | None]
    weekly_budget_cents: Mapped[Cents | None]
    monthly_budget_cents: Mapped[Cents | None]
    total_budget_cents: Mapped[Cents | None]
    weekday_budgets_cents: Mapped[Json | None]
    pacing: Mapped[Pacing] = mapped_column(one_of(Pacing), server_default="asap")
    at_cap: Mapped[AtCap] = mapped_column(one_of(AtCap), server_default="skip")
    schedule: Mapped[Json | None]
    timezone: Mapped[str | None] = mapped_column(String(64))
    backfill_days: Mapped[int] = mapped_column(server_default=text("0"))
    return_rate_bp: Mapped[int] = mapped_column(server_default=text("0"))
    reject_rate_bp: Mapped[int] = mapped_column(server_default=text("0"))
    deficit_nano: Mapped[int] = mapped_column(server_default=text("0"))
    deficit_from: Mapped[datetime | None]
    last_sold_at: Mapped[datetime | None]
    version: Mapped[Version]

    partner: Mapped[Partner] = relationship(
        foreign_keys=[partner_id], overlaps="endpoint"
    )
    campaign: Mapped[Campaign] = relationship()
    endpoint: Mapped[Endpoint | None] = relationship(
        foreign_keys=[endpoint_id, partner_id], overlaps="partner"
    )

    open_windows: Mapped[list["SubscriptionWindow"]] = relationship(
        primaryjoin=lambda: and_(
            SubscriptionWindow.subscription_id == Subscription.id,
            SubscriptionWindow.ends_at > func.now(),
        ),
        viewonly=True,
    )

    def __str__(self) -> str:
        return f"{self.partner.name} on {self.campaign.name}"


class SubscriptionWindow(Base):
    """What a subscription took in one hour, day, week or month of its own time zone.

    Its one window of kind `total` never ends. The limits are those in force at the last
    hold, so that the database itself refuses a count above its cap, also after the cap
    was lowered. The owners were told of so many percent of each limit.
    """

    __tablename__ = "subscription_window"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="bounds"),
        CheckConstraint("holds >= 0", name="holds"),
        CheckConstraint("cents >= 0", name="cents"),
        CheckConstraint("holds <= holds_limit", name="cap"),
        CheckConstraint("cents <= cents_limit", name="budget"),
        CheckConstraint(
            "kind IN ('hour', 'day', 'week', 'month', 'total')", name="kind"
        ),
    )

    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("subscription.id"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(5), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime]
    holds: Mapped[int] = mapped_column(server_default=text("0"))
    cents: Mapped[Cents] = mapped_column(server_default=text("0"))
    holds_limit: Mapped[int | None]
    cents_limit: Mapped[Cents | None]
    holds_told: Mapped[int] = mapped_column(server_default=text("0"))
    cents_told: Mapped[int] = mapped_column(server_default=text("0"))


class Backfill(Base):
    """One going back over a campaign's unsold leads for a subscription.

    The clock does it from the newest lead on: what is left has an id below
    `before_lead_id`, and is nothing once it has ended.
    """

    __tablename__ = "backfill"
    __table_args__ = (Index(None, "subscription_id", text("id DESC")),)

    id: Mapped[Key]
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"))
    before_lead_id: Mapped[int | None]
    leads: Mapped[int] = mapped_column(server_default=text("0"))
    asked_at: Mapped[Stamp]
    ended_at: Mapped[datetime | None]
