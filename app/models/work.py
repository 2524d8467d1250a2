"""Work that is due: the rows that the stages claim, and the runs of the router."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.states import Stage
from app.models.base import Base, Json, Key, Stamp, one_of


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
    """A lead's next stage; a lead is at one stage at a time."""

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
    )

    id: Mapped[Key]
    stage: Mapped[Stage] = mapped_column(one_of(Stage))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    group_id: Mapped[int]
    is_bulk: Mapped[bool] = mapped_column(server_default=text("false"))


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
