"""What a user belongs to, and the families of refresh tokens that log-ins open."""

from datetime import datetime
from uuid import UUID

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import MemberRole
from app.models.base import Base, Stamp, one_of


class Membership(Base):
    """A user's place in one partner or one vendor; staff have none."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("(partner_id IS NULL) <> (vendor_id IS NULL)", name="one_side"),
        Index(None, "partner_id"),
        Index(None, "vendor_id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    role: Mapped[MemberRole] = mapped_column(one_of(MemberRole), server_default="owner")

    user: Mapped[User] = relationship()


class LoginFamily(Base):
    """All tokens that come from one log-in; ended together."""

    __tablename__ = "login_family"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[Stamp]
    last_used_at: Mapped[Stamp]
    ended_at: Mapped[datetime | None]


class RefreshToken(Base):
    """One refresh token, kept as its SHA-256; it works once."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index(None, "family_id"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("login_family.id"))
    issued_at: Mapped[Stamp]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
