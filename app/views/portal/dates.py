"""Lists that are narrowed by days, and given as a table to keep.

Days are those of the account's own time zone.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask import Response, request

from app.db import db
from app.domain.cells import cell
from app.models.partner import Partner
from app.security import current_actor
from app.views.listing import Listing
from app.views.querying import FilterInput
from app.views.screens import Screen

SINCE, UNTIL = "since", "until"
MAX_ROWS = 10_000


class DatedScreen(Screen):
    """A list with a first and a last day."""

    date_column: ClassVar[str]

    def read_listing(self) -> Listing:
        """Return the list's state, with the days that the address gives."""
        listing = super().read_listing()
        for name in (SINCE, UNTIL):
            if (day := day_of(request.args.get(name, ""))) is not None:
                listing.filters[name] = day.isoformat()  # type: ignore[index]
        return listing

    def narrow(self, query: Any, listing: Listing) -> Any:  # noqa: ANN401 - a query
        """Keep the rows of those days."""
        column = getattr(self.datamodel.obj, self.date_column)
        days = (day_of(listing.filters.get(name, "")) for name in (SINCE, UNTIL))
        since, until = bounds(*days)
        if since is not None:
            query = query.filter(column >= since)
        if until is not None:
            query = query.filter(column < until)
        return query

    def _inputs(self, listing: Listing) -> Sequence[Any]:
        days = [
            FilterInput(name, label, listing.filters.get(name, ""), kind="date")
            for name, label in ((SINCE, "From"), (UNTIL, "To"))
        ]
        return [*super()._inputs(listing), *days]


def bounds(
    since: date | None, until: date | None
) -> tuple[datetime | None, datetime | None]:
    """Return when the first of those days begins, and when the last is over."""
    zone = own_zone()
    return (
        datetime.combine(since, time(), zone) if since else None,
        datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
    )


def day_of(text: str) -> date | None:
    """Return the day that a text spells, of this age; None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None  # noqa: PLR2004 - a sound year


def own_zone() -> ZoneInfo:
    """Return the time zone of the reader's account; vendors count in UTC."""
    partner = db.session.get(Partner, current_actor().partner_id or 0)
    return ZoneInfo(partner.timezone if partner else "UTC")


def table(
    name: str, header: Sequence[str], rows: Iterable[Sequence[object]]
) -> Response:
    """Return rows as a CSV file to keep, safe to open in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(map(cell, row) for row in rows)
    return Response(
        text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
