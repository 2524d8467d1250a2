"""Outgoing mail, and the wishes and tokens for a new password that it carries.

The address stands in the mail's own row and in the user's, nowhere else.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.states import MailStatus
from app.models.base import Base, Key, Stamp, one_of


class OutgoingMail(Base):
    """One mail: queued, sent or failed; kept where no server is set.

    `run_at` is the next try. A sent mail's text is dropped: it may hold a link that
    opens an account.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index(None, "run_at", postgresql_where=text("status = 'queued'")),
        CheckConstraint("(status = 'sent') = (body IS NULL)", name="body"),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
    )

    id: Mapped[Key]
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str | None]
    status: Mapped[MailStatus] = mapped_column(one_of(MailStatus))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    run_at: Mapped[Stamp]
    error: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[Stamp]
    sent_at: Mapped[datetime | None]

    def __str__(self) -> str:
        return self.subject


class ResetRequest(Base):
    """Somebody's wish for a new password, known or not; the clock answers it."""

    __tablename__ = "reset_request"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[Stamp]


class ResetToken(Base):
    """The right to set a new password once, kept as its SHA-256."""

    __tablename__ = "reset_token"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"))
    created_at: Mapped[Stamp]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_from: Mapped[str | None] = mapped_column(String(45))
