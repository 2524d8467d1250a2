"""Work that is due: the rows that the stages claim, and the runs of the router."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.states import Stage
from app.models.base import Base, Cents, Json, Key, Stamp, one_of


class Leased:
    """When a row's next run is due, and who has it.

    `attempts` counts claims since the last one that ended well: a row that killed
    its worker three times is set aside.
    """

    run_at: Mapped[Stamp]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    set_aside_at: Mapped[datetime | None]


class Work(Leased, Base):
    """A lead's next stage; a lead is at one stage at a time.

    It `waits_for` a subscription that is to have it at `run_at`.
    """

    __tablename__ = "work"
    __table_args__ = (
        UniqueConstraint("lead_id"),
        Index(
            "ix_work_due",
            "stage",
            "is_bulk",
            "group_id",
            "run_at",
            "id",
            postgresql_where=text("set_aside_at IS NULL"),
        ),
        Index(
            "ix_work_oldest",
            "stage",
            "run_at",
            postgresql_where=text("set_aside_at IS NULL"),
        ),
        Index(
            None,
            "waits_for",
            "run_at",
            postgresql_where=text("waits_for IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    stage: Mapped[Stage] = mapped_column(one_of(Stage))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    group_id: Mapped[int]
    is_bulk: Mapped[bool] = mapped_column(server_default=text("false"))
    waits_for: Mapped[int | None] = mapped_column(ForeignKey("subscription.id"))


class RoutingRun(Base):
    """One run of the router over one lead: a compact list of its decisions.

    `counted` are the subscriptions whose percentage it added to.
    """

    __tablename__ = "routing_run"
    __table_args__ = (Index(None, "lead_id", "id"), Index(None, "at"))

    id: Mapped[Key]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    decisions: Mapped[Json]
    counted: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))


class PingLog(Base):
    """One question for a bid and what came of it: ids, amounts and codes only.

    What was won with it has the transaction; `ping_id` is the partner's own number,
    which goes with the lead.
    """

    __tablename__ = "ping"
    __table_args__ = (
        UniqueConstraint("transaction_id"),
        Index(None, "lead_id", "id"),
        Index(None, "at"),
        Index(
            "ix_ping_won",
            "subscription_id",
            "at",
            postgresql_where=text("transaction_id IS NOT NULL"),
        ),
        CheckConstraint("(bid_cents IS NULL) = (code IS NOT NULL)", name="bid"),
        CheckConstraint("bid_cents > 0", name="bid_cents"),
        CheckConstraint(
            "transaction_id IS NULL OR bid_cents IS NOT NULL", name="won_with_a_bid"
        ),
    )

    id: Mapped[Key]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"))
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    elapsed_ms: Mapped[int]
    status_code: Mapped[int | None]
    bid_cents: Mapped[Cents | None]
    code: Mapped[str | None] = mapped_column(String(40))
    ping_id: Mapped[str | None] = mapped_column(String(200))
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("transaction.id"))
