"""The books: accounts, entries and their postings.

The database keeps them: postings of an entry sum to zero and are never changed,
guarded balances move with the postings (triggers of the first migration).
"""

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.domain.states import AccountKind, EntryKind
from app.models.base import Base, Cents, Currency, Key, Stamp, one_of
from app.models.partner import Partner
from app.models.sale import Transaction
from app.models.vendor import Vendor

# What every sale brings; the few entries besides are what people look for.
OF_SALES = "('hold', 'capture', 'release')"


class Account(Base):
    """An account of one currency: a partner's, a vendor's or the platform's.

    Partner and vendor accounts are guarded: `balance_cents` moves with each posting
    and stays at or above `floor_cents` (null: may go negative). Platform accounts
    have no balance and are summed from their postings. `postings` counts those of a
    guarded account.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("id", "currency"),
        Index(
            "uq_account_partner",
            "partner_id",
            "kind",
            "currency",
            unique=True,
            postgresql_where=text("partner_id IS NOT NULL"),
        ),
        Index(
            "uq_account_vendor",
            "vendor_id",
            "kind",
            "currency",
            unique=True,
            postgresql_where=text("vendor_id IS NOT NULL"),
        ),
        Index(
            "uq_account_platform",
            "kind",
            "currency",
            unique=True,
            postgresql_where=text("partner_id IS NULL AND vendor_id IS NULL"),
        ),
        CheckConstraint("balance_cents >= floor_cents", name="floor"),
        CheckConstraint(
            "(balance_cents IS NULL) = (partner_id IS NULL AND vendor_id IS NULL)",
            name="guarded",
        ),
    )

    id: Mapped[Key]
    kind: Mapped[AccountKind] = mapped_column(one_of(AccountKind))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    vendor_id: Mapped[int | None] = mapped_column(ForeignKey("vendor.id"))
    currency: Mapped[Currency]
    balance_cents: Mapped[Cents | None]
    floor_cents: Mapped[Cents | None]
    postings: Mapped[int] = mapped_column(server_default=text("0"))

    partner: Mapped[Partner | None] = relationship(viewonly=True)
    vendor: Mapped[Vendor | None] = relationship(viewonly=True)


class BalanceMark(Base):
    """What an account held after an entry: at every 200th posting of a guarded one.

    The trigger that moves the balance writes it, under the account's lock: an entry
    that comes later to that account has a higher id.
    """

    __tablename__ = "balance_mark"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    balance_cents: Mapped[Cents]


class Entry(Base):
    """A double-entry booking; what it books once, it books once."""

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("id", "currency"),
        Index(
            "uq_entry_transaction_once",
            "transaction_id",
            "kind",
            unique=True,
            postgresql_where=text(f"kind IN {OF_SALES}"),
        ),
        Index(None, "transaction_id"),
        # Entries come in the order of their time: blocks are enough to find a day.
        Index("ix_entry_at", "at", postgresql_using="brin"),
        # Those found among the many: of some kinds, and of all, newest first.
        Index(
            "ix_entry_rare",
            "kind",
            "id",
            postgresql_where=text("kind NOT IN ('hold', 'capture')"),
        ),
        Index(
            "ix_entry_payment", "id", postgresql_where=text(f"kind NOT IN {OF_SALES}")
        ),
    )

    id: Mapped[Key]
    at: Mapped[Stamp]
    kind: Mapped[EntryKind] = mapped_column(one_of(EntryKind))
    currency: Mapped[Currency]
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("transaction.id"))
    reason: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str] = mapped_column(String(60))

    transaction: Mapped[Transaction | None] = relationship(viewonly=True)
    postings: Mapped[list["Posting"]] = relationship(
        viewonly=True, order_by="Posting.id"
    )


class Posting(Base):
    """One line of an entry, in minor units; positive adds to the account.

    `is_rare` is that of every entry but a hold and a capture, which every sale brings.
    """

    __tablename__ = "posting"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "currency"], ["account.id", "account.currency"]
        ),
        ForeignKeyConstraint(["entry_id", "currency"], ["entry.id", "entry.currency"]),
        Index(None, "entry_id"),
        # Statements walk an account by entry, and sum it without the rows.
        Index(None, "account_id", "entry_id", postgresql_include=["amount_cents"]),
        # The few lines that not every sale brings, found among the many that do.
        Index(
            "ix_posting_rare",
            "account_id",
            "entry_id",
            postgresql_where=text("is_rare"),
        ),
        CheckConstraint("amount_cents <> 0", name="amount"),
    )

    id: Mapped[Key]
    entry_id: Mapped[int]
    account_id: Mapped[int]
    currency: Mapped[Currency]
    amount_cents: Mapped[Cents]
    is_rare: Mapped[bool] = mapped_column(server_default=text("true"))

    account: Mapped[Account] = relationship(viewonly=True)
