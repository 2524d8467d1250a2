"""The windows within which percentages are kept."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.domain.states import ShareWindow
from app.domain.windows import Window, window_bounds

UTC_ZONE = ZoneInfo("UTC")


def share_window_start(kind: ShareWindow, at: datetime) -> datetime:
    """Return when the window that holds `at` began, in UTC."""
    at_utc = at.astimezone(UTC)
    if kind is ShareWindow.hour:
        return at_utc.replace(minute=0, second=0, microsecond=0)
    starts_at, _ = window_bounds(Window(kind.value), at_utc, UTC_ZONE)
    return starts_at
