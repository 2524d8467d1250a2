"""Providers of checks, with the credentials they are called with."""

from sqlalchemy import CheckConstraint, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.states import AccountStatus, ProviderName
from app.models.base import Base, Cents, Key, Timestamped, one_of


class Provider(Timestamped, Base):
    """One provider of checks; `credentials_sealed` is encrypted and write-only."""

    __tablename__ = "provider"
    __table_args__ = (
        UniqueConstraint("provider"),
        CheckConstraint("timeout_s BETWEEN 1 AND 60", name="timeout"),
        CheckConstraint("daily_limit_cents >= 0", name="daily_limit"),
    )

    id: Mapped[Key]
    provider: Mapped[ProviderName] = mapped_column(one_of(ProviderName))
    credentials_sealed: Mapped[bytes | None]
    base_url: Mapped[str | None] = mapped_column(String(2000))
    timeout_s: Mapped[int] = mapped_column(server_default=text("10"))
    daily_limit_cents: Mapped[Cents | None]
    status: Mapped[AccountStatus] = mapped_column(
        one_of(AccountStatus), server_default="active"
    )

    def __str__(self) -> str:
        return self.provider.value
