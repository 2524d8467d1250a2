"""The audit log: who changed what, when and from where; each row seals the one before.

The database numbers, dates and chains the rows (triggers of the migration). They refer
to nobody by a foreign key: the chain's lock is the last that a transaction takes, and
a key would take another one after it.
"""

from datetime import datetime

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import CheckConstraint, FetchedValue, Index, String, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.models.base import Base, Json, Stamp


class Audit(Base):
    """One change by a person, a key or the house itself; written once, never changed.

    `id` counts without gaps. `hash` is the SHA-256 of the previous row's hash and this
    row's facts.
    """

    __tablename__ = "audit"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(before) = 'object'", name="before"),
        CheckConstraint("jsonb_typeof(after) = 'object'", name="after"),
        Index(None, "subject", text("id DESC")),
        Index(None, "user_id", text("id DESC")),
        Index(None, "action", text("id DESC")),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=FetchedValue()
    )
    at: Mapped[datetime] = mapped_column(server_default=FetchedValue())
    user_id: Mapped[int | None]
    key_id: Mapped[int | None]
    role: Mapped[str | None] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(80))
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    address: Mapped[str | None] = mapped_column(String(45))
    request_id: Mapped[str | None] = mapped_column(String(64))
    hash: Mapped[bytes] = mapped_column(server_default=FetchedValue())

    user: Mapped[User | None] = relationship(
        primaryjoin=lambda: foreign(Audit.user_id) == User.id, viewonly=True
    )

    @property
    def who(self) -> str:
        """Name who it was: a key, a person by email while there is one, the house."""
        if self.key_id is not None:
            return f"API key {self.key_id}"
        if self.user_id is None:
            return "Lead Nexus"
        return self.user.email if self.user else f"User {self.user_id}"


class AuditHead(Base):
    """The one row that says how far the chain reaches; its lock orders the writers."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("one", name="one"),)

    one: Mapped[bool] = mapped_column(primary_key=True)
    id: Mapped[int]
    hash: Mapped[bytes]


class AuditAnchor(Base):
    """A sealed note of how far the chain reached; without our keys none can be made."""

    __tablename__ = "audit_anchor"

    audit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Stamp]
    sealed: Mapped[bytes]
