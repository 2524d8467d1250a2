"""Sources: the tracked channels into a campaign, each with its posting key."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import AccountStatus, SourceKind
from app.models.base import (
    Base,
    Key,
    Name,
    Timestamped,
    Version,
    by_beginning,
    one_of,
)
from app.models.vendor import Vendor

if TYPE_CHECKING:
    from app.models.campaign import Campaign


class Source(Timestamped, Base):
    """One tracked channel: a page, a vendor's post or an upload.

    The posting key is kept as its SHA-256 alone, with a prefix to tell keys apart. The
    one it took over from may open the source for a while yet.
    """

    __tablename__ = "source"
    __table_args__ = (
        by_beginning("source", "name"),
        UniqueConstraint("key_hash"),
        UniqueConstraint("old_key_hash"),
        UniqueConstraint("id", "campaign_id"),
        CheckConstraint("per_minute BETWEEN 1 AND 1000000", name="per_minute"),
    )

    id: Mapped[Key]
    name: Mapped[Name]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    kind: Mapped[SourceKind] = mapped_column(one_of(SourceKind), server_default="post")
    status: Mapped[AccountStatus] = mapped_column(
        one_of(AccountStatus), server_default="active"
    )
    per_minute: Mapped[int] = mapped_column(server_default=text("6000"))
    key_prefix: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[bytes]
    old_key_hash: Mapped[bytes | None]
    old_key_until: Mapped[datetime | None]
    version: Mapped[Version]

    campaign: Mapped["Campaign"] = relationship(foreign_keys=[campaign_id])
    vendor: Mapped[Vendor | None] = relationship()

    def __str__(self) -> str:
        return self.name
