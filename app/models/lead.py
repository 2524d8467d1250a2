"""Leads: one consumer's enquiry each, its contact data in a row of its own."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import ApprovalStatus, LeadStatus, ValidationStatus
from app.models.base import Base, Json, Key, Stamp, one_of
from app.models.campaign import Campaign
from app.models.source import Source
from app.models.vendor import Vendor


class Lead(Base):
    """One consumer's enquiry, without a word of contact data.

    `slots_taken` counts the slots of held and captured sales and burnt ones,
    `slots_sold` those of the captured ones, both against `max_sales`, frozen when the
    lead came live; `sold_count` counts the captured sales, whatever they took.
    `email_hash` and `phone_hash` are keyed, for comparing alone.
    """

    __tablename__ = "lead"
    __table_args__ = (
        UniqueConstraint("public_id"),
        # Every post and every change of status pays for each of these.
        # The intake looks for twins, staff for a person; few leads share a hash.
        Index(None, "email_hash"),
        Index(None, "phone_hash"),
        # A period of the list and of the reports; its rows lie side by side.
        Index(None, "received_at"),
        # The list by status, in one campaign or in all; leads that expire.
        Index(None, "campaign_id", "status", text("id DESC")),
        Index(None, "status", text("id DESC")),
        # A vendor's own leads and its month.
        Index(None, "vendor_id", text("id DESC")),
        # The list by source, and when its key was last used.
        Index(None, "source_id", text("id DESC")),
        CheckConstraint("slots_taken BETWEEN 0 AND max_sales", name="slots"),
        CheckConstraint("slots_sold BETWEEN sold_count AND slots_taken", name="sold"),
        CheckConstraint("sold_count >= 0", name="sold_count"),
        CheckConstraint(
            "status <> 'sold' OR slots_sold = max_sales", name="sold_status"
        ),
        CheckConstraint("score BETWEEN 0 AND 1", name="score"),
    )

    id: Mapped[Key]
    public_id: Mapped[UUID]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    status: Mapped[LeadStatus] = mapped_column(
        one_of(LeadStatus), server_default="received"
    )
    validation_status: Mapped[ValidationStatus] = mapped_column(
        one_of(ValidationStatus), server_default="pending"
    )
    approval_status: Mapped[ApprovalStatus] = mapped_column(
        one_of(ApprovalStatus), server_default="pending"
    )
    reason: Mapped[str | None] = mapped_column(String(200))
    score: Mapped[Decimal | None]
    score_reasons: Mapped[Json | None]
    is_test: Mapped[bool] = mapped_column(server_default=text("false"))
    is_bulk: Mapped[bool] = mapped_column(server_default=text("false"))
    industry: Mapped[str] = mapped_column(String(64), server_default="")
    sub_id: Mapped[str | None] = mapped_column(String(200))
    max_sales: Mapped[int]
    slots_taken: Mapped[int] = mapped_column(server_default=text("0"))
    slots_sold: Mapped[int] = mapped_column(server_default=text("0"))
    sold_count: Mapped[int] = mapped_column(server_default=text("0"))
    email_hash: Mapped[bytes | None]
    phone_hash: Mapped[bytes | None]
    received_at: Mapped[Stamp]
    live_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()
    source: Mapped[Source] = relationship()
    vendor: Mapped[Vendor | None] = relationship()
    contact: Mapped["LeadContact | None"] = relationship(back_populates="lead")

    def __str__(self) -> str:
        return str(self.public_id)


class LeadContact(Base):
    """The one place of a lead's contact data, answers and consent."""

    __tablename__ = "lead_contact"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    email: Mapped[str | None]
    email_compared: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    zip: Mapped[str | None]
    country: Mapped[str | None]
    fields: Mapped[Json]
    extra: Mapped[Json | None]
    consent: Mapped[Json | None]

    lead: Mapped[Lead] = relationship(back_populates="contact")


class LeadEvent(Base):
    """One step of a lead's way, for the trace; ids and codes only."""

    __tablename__ = "lead_event"
    # One index serves both: events are only ever read by their lead.
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    id: Mapped[Key]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[Json | None]


class Refusal(Base):
    """A post that was refused, kept with its contact data masked."""

    __tablename__ = "refusal"
    __table_args__ = (
        Index(None, "source_id", text("id DESC")),
        Index(None, "vendor_id", text("id DESC")),
        Index(None, "campaign_id", text("id DESC")),
        Index(None, "at"),
    )

    id: Mapped[Key]
    at: Mapped[Stamp]
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    status: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    errors: Mapped[Json | None]
    masked: Mapped[Json | None]

    campaign: Mapped[Campaign] = relationship()
    source: Mapped[Source] = relationship()
