"""What the platform keeps for itself: settings, keys, ticks, metrics, a sandbox."""

from datetime import datetime
from typing import Any

from sqlalchemy import Double, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Json, Key, Stamp


class PlatformSetting(Base):
    """Business policy that an administrator set; what is at its default has no row."""

    __tablename__ = "platform_setting"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB(none_as_null=False))
    changed_at: Mapped[Stamp]


class IdempotencyKey(Base):
    """A caller's key with the hash of its body and the answer it was given."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index(None, "expires_at"),)

    caller: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_hash: Mapped[bytes]
    answer: Mapped[Json | None]
    expires_at: Mapped[datetime]


class AuditResult(Base):
    """What the auditor's last run of one check found."""

    __tablename__ = "audit_result"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    ok: Mapped[bool]
    detail: Mapped[str | None]
    at: Mapped[Stamp]


class Metric(Base):
    """One counter of the metrics, added to by every process."""

    __tablename__ = "metric"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    labels: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[float] = mapped_column(Double)


class Tick(Base):
    """The last tick of each periodic task; its row is the task's lock."""

    __tablename__ = "tick"

    task: Mapped[str] = mapped_column(String(40), primary_key=True)
    ticked_at: Mapped[datetime]


class SandboxMessage(Base):
    """A hand-over that the sandbox received; its body is kept with the lead's id."""

    __tablename__ = "sandbox_message"
    __table_args__ = (Index(None, "inbox", text("id DESC")), Index(None, "lead_id"))

    id: Mapped[Key]
    inbox: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[Stamp]
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    content_type: Mapped[str] = mapped_column(String(100))
    headers: Mapped[Json]
    body: Mapped[str]
    answered: Mapped[str] = mapped_column(String(12))
