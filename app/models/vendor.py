"""Vendors: accounts that supply leads and are paid for them."""

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.states import AccountStatus
from app.models.base import (
    INTRO,
    Base,
    Commissioned,
    Currency,
    Key,
    Name,
    Timestamped,
    by_beginning,
    one_of,
)


class Vendor(Commissioned, Timestamped, Base):
    """An account that supplies leads; `commission_bp` is the platform's share."""

    __tablename__ = "vendor"
    __table_args__ = (
        by_beginning("vendor", "name"),
        CheckConstraint("commission_bp BETWEEN 0 AND 10000", name="commission"),
        CheckConstraint("commission_cents >= 0", name="commission_cents"),
        CheckConstraint("intro_commission_bp BETWEEN 0 AND 10000", name="intro_bp"),
        CheckConstraint(INTRO, name="intro"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    id: Mapped[Key]
    name: Mapped[Name]
    status: Mapped[AccountStatus] = mapped_column(
        one_of(AccountStatus), server_default="active"
    )
    currency: Mapped[Currency] = mapped_column(server_default="USD")
    commission_bp: Mapped[int] = mapped_column(server_default=text("2000"))

    def __str__(self) -> str:
        return self.name
