"""Transactions with their deliveries, attempts and broken promises."""

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

from app.domain.states import DeliveryStatus, TransactionStatus
from app.models.base import Base, Cents, Currency, Json, Key, Stamp, one_of
from app.models.campaign import Campaign
from app.models.lead import Lead
from app.models.partner import Endpoint, Partner
from app.models.subscription import Subscription
from app.models.vendor import Vendor
from app.models.work import Leased

# A refunded lead was the partner's: with it goes the proof of the consent to call.
BOUGHT = (TransactionStatus.captured, TransactionStatus.refunded)


class Transaction(Base):
    """A lead sold to a partner at a frozen price.

    `stakes` are the deficits this hold moved, given back on release. A burnt slot
    stays taken although the money is released; a return frees the slot of a captured
    one, yet the same partner never gets the lead again. `commission_cents`, where the
    platform keeps a fixed amount, goes before `commission_bp`. The price stays as it
    was sold for: `override_cents` is what was charged more, or less, by hand since.
    What a card is to pay by
    `pay_by` has its slot, but nothing is booked before it is `held`. `slots` are those
    of the lead that it takes and gives back: all of them where it is sold alone.
    """

    __tablename__ = "transaction"
    __table_args__ = (
        UniqueConstraint("public_id"),
        Index(
            "uq_transaction_lead_partner",
            "lead_id",
            "partner_id",
            unique=True,
            postgresql_where=text("status <> 'released' OR slot_burnt"),
        ),
        # A partner's month is summed off the index, without its rows.
        Index(
            None,
            "partner_id",
            text("id DESC"),
            postgresql_include=[
                "held_at",
                "captured_at",
                "status",
                "price_cents",
                "override_cents",
                "refunded_cents",
            ],
        ),
        Index(None, "vendor_id", text("id DESC")),
        Index(None, "campaign_id", text("id DESC")),
        Index(None, "lead_id"),
        Index(None, "captured_at"),
        # Sales of one hour are asked for by the auditor; a block range costs no write.
        Index(None, "held_at", postgresql_using="brin"),
        Index(
            "ix_transaction_of_status",
            "status",
            text("id DESC"),
            postgresql_where=text("status <> 'captured'"),
        ),
        CheckConstraint("price_cents >= 0", name="price"),
        CheckConstraint(
            "refunded_cents BETWEEN 0 AND price_cents + override_cents",
            name="refunded",
        ),
        CheckConstraint(
            "status <> 'refunded' OR refunded_cents = price_cents + override_cents",
            name="refunded_status",
        ),
        CheckConstraint(
            "override_cents = 0 OR status IN ('captured', 'refunded')",
            name="override_after_capture",
        ),
        CheckConstraint(
            "refunded_cents = 0 OR status IN ('captured', 'refunded')",
            name="refund_after_capture",
        ),
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission"),
        CheckConstraint(
            "commission_cents BETWEEN 0 AND price_cents", name="commission_cents"
        ),
        CheckConstraint("slots BETWEEN 1 AND 100", name="slots"),
        CheckConstraint("NOT slot_freed OR status = 'refunded'", name="slot_freed"),
        CheckConstraint(
            "CASE WHEN pay_by IS NULL THEN status NOT IN ('paying', 'funding')"
            " ELSE pay_by > held_at AND pay_by <= held_at + CASE status"
            " WHEN 'funding' THEN interval '60 seconds' ELSE interval '30 minutes' END"
            " END",
            name="pay_by",
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[UUID]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    price_cents: Mapped[Cents]
    currency: Mapped[Currency]
    commission_bp: Mapped[int]
    commission_cents: Mapped[Cents | None]
    status: Mapped[TransactionStatus] = mapped_column(
        one_of(TransactionStatus), server_default="held"
    )
    refunded_cents: Mapped[Cents] = mapped_column(server_default=text("0"))
    override_cents: Mapped[Cents] = mapped_column(server_default=text("0"))
    slots: Mapped[int] = mapped_column(server_default=text("1"))
    slot_burnt: Mapped[bool] = mapped_column(server_default=text("false"))
    slot_freed: Mapped[bool] = mapped_column(server_default=text("false"))
    stakes: Mapped[Json]
    reason: Mapped[str | None] = mapped_column(String(200))
    held_at: Mapped[Stamp]
    pay_by: Mapped[datetime | None]
    captured_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]

    lead: Mapped[Lead] = relationship()
    campaign: Mapped[Campaign] = relationship()
    partner: Mapped[Partner] = relationship()
    subscription: Mapped[Subscription] = relationship()
    vendor: Mapped[Vendor | None] = relationship()
    delivery: Mapped["Delivery | None"] = relationship(back_populates="transaction")

    @property
    def charged_cents(self) -> int:
        """What the sale costs by now, refunds not taken off."""
        return self.price_cents + self.override_cents

    @property
    def left_cents(self) -> int:
        """What of it can be refunded."""
        return self.charged_cents - self.refunded_cents

    @property
    def is_bought(self) -> bool:
        """Whether the partner has the lead, and with it the contact data."""
        return self.status in BOUGHT

    def __str__(self) -> str:
        return str(self.public_id)


class Delivery(Leased, Base):
    """The hand-over of one transaction; itself the row that the sender claims."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("transaction_id"),
        Index(None, "partner_id", text("id DESC")),
        Index(None, "lead_id"),
        Index(None, "held_at"),
        Index(None, "endpoint_id", text("id DESC")),
        Index(
            "ix_delivery_of_status",
            "status",
            text("id DESC"),
            postgresql_where=text("status <> 'accepted'"),
        ),
        Index(
            "ix_delivery_set_aside",
            "id",
            postgresql_where=text("set_aside_at IS NOT NULL"),
        ),
        Index(
            "ix_delivery_due",
            "is_bulk",
            "partner_id",
            "run_at",
            "id",
            postgresql_where=text("set_aside_at IS NULL AND ended_at IS NULL"),
        ),
        Index(
            "ix_delivery_open",
            "due_at",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_delivery_oldest",
            "run_at",
            postgresql_where=text("set_aside_at IS NULL AND ended_at IS NULL"),
        ),
        CheckConstraint(
            "(ended_at IS NOT NULL)"
            " = (status IN ('accepted', 'rejected', 'undeliverable'))",
            name="ended",
        ),
    )

    id: Mapped[Key]
    transaction_id: Mapped[int] = mapped_column(ForeignKey("transaction.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"))
    status: Mapped[DeliveryStatus] = mapped_column(
        one_of(DeliveryStatus), server_default="pending"
    )
    is_bulk: Mapped[bool] = mapped_column(server_default=text("false"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    definite_failures: Mapped[int] = mapped_column(server_default=text("0"))
    server_errors: Mapped[int] = mapped_column(server_default=text("0"))
    maybe_taken: Mapped[bool] = mapped_column(server_default=text("false"))
    sent_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))
    held_at: Mapped[Stamp]
    due_at: Mapped[datetime]
    breached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    transaction: Mapped[Transaction] = relationship(back_populates="delivery")
    lead: Mapped[Lead] = relationship()
    partner: Mapped[Partner] = relationship()
    endpoint: Mapped[Endpoint] = relationship()
    attempts_made: Mapped[list["Attempt"]] = relationship(
        back_populates="delivery", order_by="Attempt.number"
    )


class Attempt(Base):
    """One try at a delivery, with what was sent and what came back."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        Index(None, "lead_id"),
    )

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    elapsed_ms: Mapped[int | None]
    verdict: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(200))
    status_code: Mapped[int | None]
    failure: Mapped[str | None] = mapped_column(String(12))
    address: Mapped[str | None] = mapped_column(String(64))
    request_body: Mapped[str | None]
    reply_body: Mapped[str | None]

    delivery: Mapped[Delivery] = relationship(back_populates="attempts_made")


class Breach(Base):
    """A broken promise: a lead that was not handed over by `due_at`."""

    __tablename__ = "breach"
    __table_args__ = (UniqueConstraint("delivery_id"),)

    id: Mapped[Key]
    at: Mapped[Stamp]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    reason: Mapped[str] = mapped_column(String(200))
