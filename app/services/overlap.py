"""How long the old of two secrets is still good, once there is a new one."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.errors import InvalidInput

DAY = 24 * 60
MAX_OVERLAP = 7 * DAY


def read_overlap(given: object) -> int:
    """Return the minutes of an overlap, at most a week; None is a day.

    Raises InvalidInput on `overlap_minutes`.
    """
    if given is None:
        return DAY
    if isinstance(given, bool) or not isinstance(given, int):
        raise InvalidInput.one("overlap_minutes", "type", "Send a whole number.")
    if not 0 <= given <= MAX_OVERLAP:
        message = f"Send a number from 0 to {MAX_OVERLAP}."
        raise InvalidInput.one("overlap_minutes", "out_of_range", message)
    return given


def end_of(session: Session, minutes: int) -> datetime | None:
    """Return when an overlap that begins now is over; None if there is none."""
    now: datetime = session.scalars(text("SELECT now()")).one()
    return now + timedelta(minutes=minutes) if minutes else None
