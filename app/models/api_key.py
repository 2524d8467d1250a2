"""API keys: what opens `/api` to a partner's or a vendor's programs."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Json, Key, Name, Stamp
from app.models.partner import Partner  # noqa: F401 - its table first
from app.models.vendor import Vendor  # noqa: F401


class ApiKey(Base):
    """A key of one partner or one vendor, for what its scopes say.

    Kept as its SHA-256 alone, with its beginning to tell keys apart; `created_by` and
    `revoked_by` name the actor, like `user:3`.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("key_hash"),
        Index(None, "partner_id", text("id DESC")),
        Index(None, "vendor_id", text("id DESC")),
        CheckConstraint("(partner_id IS NULL) <> (vendor_id IS NULL)", name="one_side"),
        CheckConstraint("jsonb_array_length(scopes) > 0", name="scopes"),
    )

    id: Mapped[Key]
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    name: Mapped[Name]
    scopes: Mapped[Json]
    key_prefix: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[bytes]
    created_at: Mapped[Stamp]
    created_by: Mapped[str] = mapped_column(String(60))
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None] = mapped_column(String(60))

    def __str__(self) -> str:
        return self.name
