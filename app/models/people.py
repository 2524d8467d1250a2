"""What a user belongs to, and the families of refresh tokens that log-ins open."""

from datetime import datetime
from uuid import UUID

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.people import Role
from app.domain.states import MemberRole, RegistrationStatus
from app.models.base import (
    Base,
    Name,
    Stamp,
    by_beginning,
    one_of,
)

# FAB's own table; its list is searched by email.
Index(
    "ix_ab_user_email_begins",
    func.lower(User.__table__.c.email).label("lowered"),
    postgresql_ops={"lowered": "text_pattern_ops"},
)


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


class Registration(Base):
    """Somebody's wish for an account: no user before an administrator approves it.

    Its id is the user's to be. What was asked for again is counted, not stored.
    """

    __tablename__ = "registration"
    __table_args__ = (
        by_beginning("registration", "company"),
        Index(
            "uq_registration_pending",
            "email",
            unique=True,
            postgresql_where=text("status = 'pending'"),
        ),
        Index(None, "status", "id"),
        CheckConstraint("role IN ('client', 'vendor')", name="role_has_account"),
        CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)", name="decided_at"
        ),
        CheckConstraint(
            "(status = 'pending') = (password_hash IS NOT NULL)", name="password_hash"
        ),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(64))
    company: Mapped[Name]
    role: Mapped[Role] = mapped_column(one_of(Role))
    password_hash: Mapped[str | None] = mapped_column(String(256))
    status: Mapped[RegistrationStatus] = mapped_column(
        one_of(RegistrationStatus), server_default="pending"
    )
    times: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[Stamp]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))

    def __str__(self) -> str:
        return self.email


class LoginFamily(Base):
    """All tokens that come from one log-in; ended together."""

    __tablename__ = "login_family"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[Stamp]
    last_used_at: Mapped[Stamp]
    ended_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(String(45))
    agent: Mapped[str | None] = mapped_column(String(200))
    has_second_factor: Mapped[bool] = mapped_column(server_default=text("false"))


class SecondFactor(Base):
    """A user's time-based codes: the sealed secret, and the last step that was used.

    It counts where a code has confirmed it.
    """

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True)
    secret_sealed: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(server_default=text("0"))


class RecoveryCode(Base):
    """A code that stands in for a lost device once, kept as its SHA-256."""

    __tablename__ = "recovery_code"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(primary_key=True)


class RefreshToken(Base):
    """One refresh token, kept as its SHA-256; it works once."""

    __tablename__ = "refresh_token"
    __table_args__ = (Index(None, "family_id"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(ForeignKey("login_family.id"))
    issued_at: Mapped[Stamp]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ListOrder(Base):
    """The order and size that a user chose last for a list."""

    __tablename__ = "list_order"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True)
    list: Mapped[str] = mapped_column(String(60), primary_key=True)
    order_column: Mapped[str] = mapped_column(String(60))
    direction: Mapped[str] = mapped_column(String(4))
    size: Mapped[int]


class MailChoice(Base):
    """What a user chose to get by mail; who never chose gets what their place gives."""

    __tablename__ = "mail_choice"

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), primary_key=True)
    returns: Mapped[bool] = mapped_column(server_default=text("true"))
    limits: Mapped[bool] = mapped_column(server_default=text("true"))
