"""Figures by day (UTC), counted from leads, sales and hand-overs for the reports.

They repeat what other tables say, so they refer to nothing: a day is deleted and
counted again as a whole.
"""

from datetime import date, datetime

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Cents, Currency


class CountedDay(Base):
    """A day of the reports, and when it was counted last; its row is its lock."""

    __tablename__ = "counted_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))


class LeadDay(Base):
    """The leads that came on a day, by what became of them until now.

    No vendor is 0; `sold` leads were sold at least once.
    """

    __tablename__ = "lead_day"
    __table_args__ = (Index(None, "vendor_id", "day"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vendor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    leads: Mapped[int]
    sold: Mapped[int]


class SaleDay(Base):
    """The sales captured on a day; money net of refunds, no vendor is 0."""

    __tablename__ = "sale_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vendor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[Currency] = mapped_column(primary_key=True)
    sales: Mapped[int]
    net_cents: Mapped[Cents]


class HandoverDay(Base):
    """The hand-overs to a partner that were held on a day and have ended.

    `bucket` says how long they took: how many limits of `app.services.days` they reach.
    """

    __tablename__ = "handover_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(String(20), primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    handovers: Mapped[int]
    late: Mapped[int]


class BookedDay(Base):
    """A day of the books, and when it was counted last; its row is its lock."""

    __tablename__ = "booked_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    counted_at: Mapped[datetime] = mapped_column(server_default=text("'-infinity'"))


class MoneyDay(Base):
    """What was captured and refunded on a day, by whom it concerns; no vendor is 0.

    `vendor_cents` is the vendor's part of the difference, the platform has the rest.
    """

    __tablename__ = "money_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    partner_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    vendor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    currency: Mapped[Currency] = mapped_column(primary_key=True)
    sales: Mapped[int]
    captured_cents: Mapped[Cents]
    refunded_cents: Mapped[Cents]
    vendor_cents: Mapped[Cents]
