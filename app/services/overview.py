"""Today at a glance: what came, what was sold, what is late (UTC days)."""

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import joinedload

from app.db import transaction
from app.models.lead import Lead
from app.models.sale import Delivery, Transaction

TODAY = text("date_trunc('day', now(), 'UTC')")
LAST = 10


def overview_of_today() -> dict[str, Any]:
    """Return today's leads by status, sales by currency, waiting work, last leads."""
    with transaction() as session:
        by_status = session.execute(
            select(Lead.status, func.count())
            .where(Lead.received_at >= TODAY)
            .group_by(Lead.status)
            .order_by(func.count().desc())
        ).all()
        sales = session.execute(
            select(
                Transaction.currency,
                func.count(),
                func.sum(Transaction.price_cents - Transaction.refunded_cents),
            )
            .where(Transaction.captured_at >= TODAY)
            .group_by(Transaction.currency)
            .order_by(Transaction.currency)
        ).all()
        waiting, late, oldest = session.execute(
            select(
                func.count(),
                func.count().filter(Delivery.due_at < func.now()),
                func.min(Delivery.due_at),
            ).where(Delivery.ended_at.is_(None))
        ).one()
        last = session.scalars(
            select(Lead)
            .options(joinedload(Lead.campaign), joinedload(Lead.source))
            .order_by(Lead.id.desc())
            .limit(LAST)
        ).all()
        return {
            "leads": sum(count for _, count in by_status),
            "by_status": [(status, count) for status, count in by_status],
            "sales": [
                (currency, count, int(cents)) for currency, count, cents in sales
            ],
            "waiting": waiting,
            "late": late,
            "oldest_due": oldest,
            "last": last,
        }
