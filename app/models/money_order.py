"""Money by hand that is too much for one person: it waits until another one agrees."""

from datetime import datetime

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import MoneyOrderKind, MoneyOrderStatus
from app.models.base import Base, Cents, Currency, Key, Stamp, one_of
from app.models.partner import Partner
from app.models.sale import Transaction
from app.models.vendor import Vendor


class MoneyOrder(Base):
    """A movement by hand that somebody asked for and another decides.

    `amount_cents` is what a wallet or a payable gets; negative takes from it.
    """

    __tablename__ = "money_order"
    __table_args__ = (
        # A sale waits for one thing at a time: the second who asks is told so.
        Index(
            "uq_money_order_refund",
            "transaction_id",
            unique=True,
            postgresql_where=text("status = 'pending' AND transaction_id IS NOT NULL"),
        ),
        Index(None, "partner_id"),
        Index(None, "vendor_id"),
        CheckConstraint(
            "CASE WHEN kind = 'payable' THEN vendor_id"
            " WHEN kind IN ('refund', 'override') THEN transaction_id"
            " ELSE partner_id END IS NOT NULL"
            " AND num_nonnulls(partner_id, vendor_id, transaction_id) = 1",
            name="subject",
        ),
        CheckConstraint("amount_cents <> 0", name="amount"),
        CheckConstraint(
            "asked_by_id <> decided_by_id OR status = 'rejected'", name="two"
        ),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(status = 'booked') = (entry_id IS NOT NULL)", name="booked"),
    )

    id: Mapped[Key]
    kind: Mapped[MoneyOrderKind] = mapped_column(one_of(MoneyOrderKind))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("transaction.id"))
    amount_cents: Mapped[Cents]
    currency: Mapped[Currency]
    reason: Mapped[str] = mapped_column(String(500))
    status: Mapped[MoneyOrderStatus] = mapped_column(
        one_of(MoneyOrderStatus), server_default="pending"
    )
    asked_at: Mapped[Stamp]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))

    partner: Mapped[Partner | None] = relationship()
    vendor: Mapped[Vendor | None] = relationship()
    transaction: Mapped[Transaction | None] = relationship()
    asked_by: Mapped[User | None] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def target(self) -> str:
        """Whose money it is, by name."""
        sale = self.transaction
        return str(self.partner or self.vendor or (sale and sale.partner))

    def __str__(self) -> str:
        return f"{self.kind.name} {self.id}"
