"""Lists that are narrowed by days, and given as a table to keep.

Days are those of the account's own time zone.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from flask import Response, request, stream_with_context

from app.db import db
from app.domain.cells import cell
from app.views.listing import Listing
from app.views.periods import day_of, days_between
from app.views.querying import FilterInput
from app.views.screens import Screen
from app.views.zones import day_zone

SINCE, UNTIL = "since", "until"
# How many rows of a table are read at a time.
PART = 1_000


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
        texts = (listing.filters.get(name, "") for name in (SINCE, UNTIL))
        since, until = days_between(day_zone(), *texts)
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


def table(
    name: str, header: Sequence[str], parts: Iterable[Iterable[Sequence[object]]]
) -> Response:
    """Return rows as a CSV file to keep, safe to open in a spreadsheet.

    Each part is sent before the next is read, and no transaction is open meanwhile: who
    reads slowly holds nothing up, however many rows there are.
    """

    def lines() -> Iterator[str]:
        try:
            yield _written([header])
            for part in parts:
                text = _written(part)
                db.session.commit()
                yield text
        finally:
            # To learn that no part is left, one was asked for; or the reader has gone.
            db.session.rollback()

    return Response(
        stream_with_context(lines()),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _written(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(map(cell, row) for row in rows)
    return text.getvalue()
