"""Kill switches: what was stopped, why, by whom, and when it went on again."""

from datetime import datetime

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import SwitchScope
from app.models.base import Base, Key, Stamp, one_of
from app.models.campaign import Campaign
from app.models.partner import Partner


class KillSwitch(Base):
    """One stop of selling, from the moment it was thrown until it went off.

    `settled_at` is when the last sale that had begun before had ended: no sale that
    the switch covers is younger. None while that is not known.
    """

    __tablename__ = "kill_switch"
    __table_args__ = (
        # At most one is on for each target; also what the router looks into.
        Index(
            "uq_kill_switch_on",
            text("coalesce(campaign_id, 0)"),
            text("coalesce(partner_id, 0)"),
            unique=True,
            postgresql_where=text("off_at IS NULL"),
        ),
        CheckConstraint(
            "(scope = 'campaign') = (campaign_id IS NOT NULL)", name="campaign"
        ),
        CheckConstraint(
            "(scope = 'partner') = (partner_id IS NOT NULL)", name="partner"
        ),
        CheckConstraint("btrim(reason) <> ''", name="reason"),
        CheckConstraint("off_at >= on_at", name="times"),
    )

    id: Mapped[Key]
    scope: Mapped[SwitchScope] = mapped_column(one_of(SwitchScope))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    reason: Mapped[str] = mapped_column(String(500))
    on_at: Mapped[Stamp]
    on_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    settled_at: Mapped[datetime | None]
    off_at: Mapped[datetime | None]
    off_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))

    campaign: Mapped[Campaign | None] = relationship()
    partner: Mapped[Partner | None] = relationship()
    on_by: Mapped[User | None] = relationship(foreign_keys=[on_by_id])
    off_by: Mapped[User | None] = relationship(foreign_keys=[off_by_id])

    @property
    def target(self) -> str:
        """What is stopped, by its name."""
        target = self.campaign or self.partner
        return "All selling" if target is None else str(target)

    def __str__(self) -> str:
        return self.target
