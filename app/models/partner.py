"""Partners, and the endpoints where their leads are handed over."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import (
    AccountStatus,
    BillingMode,
    EndpointFormat,
    EndpointStatus,
)
from app.models.base import (
    Base,
    Cents,
    Currency,
    Json,
    Key,
    Name,
    Timestamped,
    by_beginning,
    one_of,
)


class Partner(Timestamped, Base):
    """An account that buys leads.

    Its owners get a mail when what is available falls below `low_balance_cents`; since
    `low_told_at` they know.
    """

    __tablename__ = "partner"
    __table_args__ = (
        by_beginning("partner", "name"),
        CheckConstraint("credit_limit_cents >= 0", name="credit_limit"),
        CheckConstraint("low_balance_cents > 0", name="low_balance"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    id: Mapped[Key]
    name: Mapped[Name]
    status: Mapped[AccountStatus] = mapped_column(
        one_of(AccountStatus), server_default="active"
    )
    timezone: Mapped[str] = mapped_column(String(64), server_default="UTC")
    currency: Mapped[Currency] = mapped_column(server_default="USD")
    billing_mode: Mapped[BillingMode] = mapped_column(
        one_of(BillingMode), server_default="prepaid"
    )
    credit_limit_cents: Mapped[Cents] = mapped_column(server_default=text("0"))
    low_balance_cents: Mapped[Cents | None]
    low_told_at: Mapped[datetime | None]
    return_policy: Mapped[Json | None]

    def __str__(self) -> str:
        return self.name


class Endpoint(Timestamped, Base):
    """Where and how a partner's leads are handed over.

    `auth` and the signing secrets are encrypted: the old one signs along until its
    time is up. `failures` and `open_until` are the
    circuit breaker's, moved by the sender alone. `ping` says how it is asked for bids;
    its questions have a breaker of their own.
    """

    __tablename__ = "endpoint"
    __table_args__ = (
        by_beginning("endpoint", "name"),
        UniqueConstraint("id", "partner_id"),
        CheckConstraint("timeout_s BETWEEN 1 AND 60", name="timeout"),
    )

    id: Mapped[Key]
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    name: Mapped[Name]
    url: Mapped[str] = mapped_column(String(2000))
    format: Mapped[EndpointFormat] = mapped_column(
        one_of(EndpointFormat), server_default="json"
    )
    auth_sealed: Mapped[bytes | None]
    signing_secret_sealed: Mapped[bytes]
    old_secret_sealed: Mapped[bytes | None]
    old_secret_until: Mapped[datetime | None]
    mapping: Mapped[Json | None]
    reply_rules: Mapped[Json | None]
    ping: Mapped[Json | None]
    timeout_s: Mapped[int] = mapped_column(server_default=text("15"))
    status: Mapped[EndpointStatus] = mapped_column(
        one_of(EndpointStatus), server_default="active"
    )
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    open_until: Mapped[datetime | None]
    ping_failures: Mapped[int] = mapped_column(server_default=text("0"))
    ping_open_until: Mapped[datetime | None]

    partner: Mapped[Partner] = relationship()

    def __str__(self) -> str:
        return self.name
