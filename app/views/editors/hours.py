"""Opening hours: a row for each span, with its days."""

from typing import Any

from app.domain.schedule import DAYS
from app.views.editors.base import Column, EditorField, Filled, Way, only

ROWS = (
    Column("days", "Days", "days", [(day, day.capitalize()) for day in DAYS]),
    Column("from", "From", hint="09:00"),
    Column("to", "To", hint="17:00"),
)


class ScheduleField(EditorField):
    """When a subscription takes leads."""

    ways = (
        Way("always", "At all times"),
        Way("hours", "In these hours", columns=ROWS),
        Way("never", "Never: it takes no leads", value=[]),
    )

    def fill(self, value: Any) -> Filled | None:  # noqa: ANN401 - JSON
        """Return a row for each entry."""
        if not isinstance(value, list):
            return None
        try:
            rows = [dict(only(entry, {"days", "from", "to"})) for entry in value]
        except ValueError:
            return None
        return Filled("hours", {}, rows)

    def read(self, filled: Filled) -> list[dict[str, Any]]:
        """Return the entries; raises ValueError without any."""
        if not filled.rows:
            raise ValueError("Enter the hours, or choose another way.")
        return [dict(row) for row in filled.rows]
