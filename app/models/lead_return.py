"""Returns: a partner's claims on its transactions, and what was said about them."""

from datetime import datetime
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

from app.domain.states import Afterwards, ReturnReason, ReturnStatus
from app.models.base import Base, Cents, Currency, Json, Key, Stamp, one_of
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.ledger import Entry
from app.models.partner import Partner
from app.models.sale import Transaction
from app.models.subscription import Subscription
from app.models.vendor import Vendor


class LeadReturn(Base):
    """A partner's claim on a transaction, with a reason and a decision.

    `evidence` holds codes and ids; the consent stays with the lead. A transaction has
    one return that is not denied, and `entry_id` is the refund that an approval booked.
    `agreed_by` is who would approve much money, where a second person has to.
    """

    __tablename__ = "lead_return"
    __table_args__ = (
        UniqueConstraint("public_id"),
        UniqueConstraint("entry_id"),
        Index(
            "uq_lead_return_transaction",
            "transaction_id",
            unique=True,
            postgresql_where=text("status <> 'denied'"),
        ),
        Index(None, "transaction_id"),
        Index(None, "lead_id"),
        Index(None, "subscription_id"),
        Index(None, "partner_id", text("id DESC")),
        Index(None, "campaign_id", text("id DESC")),
        Index(None, "vendor_id", text("id DESC")),
        Index(
            "ix_lead_return_undecided",
            "id",
            postgresql_where=text("status IN ('open', 'needs_info')"),
        ),
        Index(
            "ix_lead_return_untold",
            "id",
            postgresql_where=text("partner_told_at IS NULL AND status <> 'open'"),
        ),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint(
            "(status IN ('approved', 'denied')) = (decided_at IS NOT NULL)"
            " AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided",
        ),
        CheckConstraint(
            "(status = 'approved') = (entry_id IS NOT NULL)"
            " AND (entry_id IS NULL) = (afterwards IS NULL)",
            name="approved",
        ),
        CheckConstraint("agreed_by <> decided_by OR status = 'denied'", name="two"),
    )

    id: Mapped[Key]
    public_id: Mapped[UUID]
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    amount_cents: Mapped[Cents]
    currency: Mapped[Currency]
    reason_code: Mapped[ReturnReason] = mapped_column(one_of(ReturnReason))
    note: Mapped[str | None] = mapped_column(String(2000))
    evidence: Mapped[Json]
    status: Mapped[ReturnStatus] = mapped_column(
        one_of(ReturnStatus), server_default="open"
    )
    asked_at: Mapped[Stamp]
    asked_by: Mapped[str] = mapped_column(String(60))
    agreed_by: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(60))
    decision_reason: Mapped[str | None] = mapped_column(String(500))
    afterwards: Mapped[Afterwards | None] = mapped_column(one_of(Afterwards))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    # Null where the side has yet to be told of the latest by mail.
    staff_told_at: Mapped[datetime | None]
    partner_told_at: Mapped[datetime | None]

    transaction: Mapped[Transaction] = relationship()
    lead: Mapped[Lead] = relationship()
    campaign: Mapped[Campaign] = relationship()
    subscription: Mapped[Subscription] = relationship()
    partner: Mapped[Partner] = relationship()
    vendor: Mapped[Vendor | None] = relationship()
    entry: Mapped[Entry | None] = relationship()
    messages: Mapped[list["ReturnMessage"]] = relationship(
        back_populates="lead_return", order_by="ReturnMessage.id"
    )

    @property
    def is_decided(self) -> bool:
        """Whether somebody approved or denied it."""
        return self.decided_at is not None

    def __str__(self) -> str:
        return str(self.public_id)


class ReturnMessage(Base):
    """What the partner or the platform said about a return."""

    __tablename__ = "return_message"
    __table_args__ = (
        Index(None, "return_id", "id"),
        CheckConstraint("btrim(text) <> ''", name="text"),
    )

    id: Mapped[Key]
    return_id: Mapped[int] = mapped_column(ForeignKey("lead_return.id"))
    at: Mapped[Stamp]
    is_partners: Mapped[bool]
    by: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(String(2000))

    lead_return: Mapped[LeadReturn] = relationship(back_populates="messages")
