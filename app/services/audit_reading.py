"""Reading the audit log: its actions, and the rows of one person, thing and time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Select, func, select, text

from app.db import transaction
from app.models.audit import Audit

# DISTINCT would read the whole log; this hops from one action to the next.
ACTIONS = text(
    "WITH RECURSIVE known AS (SELECT min(action) AS action FROM audit"
    " UNION ALL SELECT (SELECT min(action) FROM audit WHERE action > known.action)"
    " FROM known WHERE known.action IS NOT NULL)"
    " SELECT action FROM known WHERE action IS NOT NULL"
)
MAX_PEOPLE = 50


def known_actions() -> list[str]:
    """Return every action that was ever recorded, in order."""
    with transaction() as session:
        return list(session.scalars(ACTIONS))


def people_named(email: str) -> Select[Any]:
    """Return a query for the ids of the users whose email begins like that."""
    begins = func.lower(User.email).startswith(email.lower(), autoescape=True)
    return select(User.id).where(begins).limit(MAX_PEOPLE)


def first_after(at: datetime) -> Any:  # noqa: ANN401 - a scalar subquery
    """Return a query for the first row's id at or after that time.

    Rows are dated in their order: the time becomes an id, by which lists are walked.
    """
    query = select(Audit.id).where(Audit.at >= at).order_by(Audit.at, Audit.id)
    return func.coalesce(query.limit(1).scalar_subquery(), 2**62)


def read_time(given: str, *, end: bool = False) -> datetime | None:
    """Return a day or a time, in UTC unless it says otherwise; None for neither.

    A day stands for its beginning, or with `end` for the beginning of the next.
    """
    try:
        if len(given) == len("2026-11-21"):
            day = date.fromisoformat(given) + timedelta(days=end)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        at = datetime.fromisoformat(given)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
